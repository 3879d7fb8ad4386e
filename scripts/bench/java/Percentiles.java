import java.util.Arrays;
import java.util.Locale;

/** Times in nanoseconds, printed as percentiles in microseconds. */
final class Percentiles {
  private long[] values = new long[1 << 14];
  private int count;

  void add(long ns) {
    if (count == values.length) {
      values = Arrays.copyOf(values, count * 2);
    }
    values[count++] = ns;
  }

  void addAll(Percentiles other) {
    for (int i = 0; i < other.count; i++) {
      add(other.values[i]);
    }
  }

  int count() {
    return count;
  }

  /** {@code NAME_p50=… NAME_p99=… NAME_p999=… NAME_max=…}. */
  String line(String name) {
    long[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        "%1$s_p50=%2$.1f %1$s_p99=%3$.1f %1$s_p999=%4$.1f %1$s_max=%5$.1f",
        name,
        at(sorted, 0.5),
        at(sorted, 0.99),
        at(sorted, 0.999),
        at(sorted, 1));
  }

  private static double at(long[] sorted, double quantile) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.min(sorted.length - 1, (int) (sorted.length * quantile))] / 1e3;
  }
}
