package io.millrace.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.telemetry.Push.Point;
import io.millrace.telemetry.Series.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientSeriesTest {
  private final ClientSeries series = new ClientSeries();

  private static Point point(String name, Kind kind, boolean delta, double value) {
    return new Point(new Series.Id(name, Map.of()), kind, delta, Reading.of(value));
  }

  private static Point histogram(double[] bounds, long... buckets) {
    long count = 0;
    for (long bucket : buckets) {
      count += bucket;
    }
    return new Point(
        new Series.Id("h", Map.of()),
        Kind.HISTOGRAM,
        true,
        new Reading(count * 10, count, bounds, buckets));
  }

  private int take(int room, Point... points) {
    return series.take(new Push(Map.of(), List.of(points), 0), room, Long.MAX_VALUE);
  }

  private double value(String name) {
    return series.list().stream()
        .filter(one -> one.id().metric().equals(name))
        .findFirst()
        .orElseThrow()
        .reading()
        .value();
  }

  @Test
  void shouldAddDeltasAndReplaceEverythingElse() {
    take(9, point("d", Kind.COUNTER, true, 2), point("c", Kind.COUNTER, false, 5));
    take(
        9,
        point("d", Kind.COUNTER, true, 3),
        point("c", Kind.COUNTER, false, 6),
        point("g", Kind.GAUGE, false, 1));
    take(
        9,
        point("d", Kind.COUNTER, true, 4),
        point("c", Kind.COUNTER, false, 7),
        point("g", Kind.GAUGE, false, 0.5));

    assertThat(value("d")).isEqualTo(9);
    assertThat(value("c")).isEqualTo(7);
    assertThat(value("g")).isEqualTo(0.5);
  }

  @Test
  void shouldNotSpoilACounterWithWhatIsNoNumber() {
    take(9, point("d", Kind.COUNTER, true, 2));

    assertThat(take(9, point("d", Kind.COUNTER, true, Double.NaN))).isEqualTo(1);
    assertThat(value("d")).isEqualTo(2);
  }

  @Test
  void shouldAddHistogramsWithTheSameBuckets() {
    take(9, histogram(new double[] {1, 2}, 1, 2, 3));
    take(9, histogram(new double[] {1, 2}, 1, 0, 1));

    Reading reading = series.list().get(0).reading();
    assertThat(reading.buckets()).containsExactly(2, 2, 4);
    assertThat(reading.count()).isEqualTo(8);
    assertThat(reading.value()).isEqualTo(80);
  }

  @Test
  void shouldBeginAnewWhenBucketsChange() {
    take(9, histogram(new double[] {1, 2}, 1, 2, 3));
    take(9, histogram(new double[] {5}, 1, 0));

    assertThat(series.list().get(0).reading().buckets()).containsExactly(1, 0);
  }

  @Test
  void shouldForgetWhatThreePushesLack() {
    take(9, point("old", Kind.GAUGE, false, 1));
    take(9, point("new", Kind.GAUGE, false, 1));
    take(9, point("new", Kind.GAUGE, false, 1));
    assertThat(series.size()).isEqualTo(2);
    take(9, point("new", Kind.GAUGE, false, 1));

    assertThat(series.list()).extracting(one -> one.id().metric()).containsExactly("new");
  }

  @Test
  void shouldCountWhatThereIsNoRoomFor() {
    assertThat(
            take(
                1,
                point("a", Kind.GAUGE, false, 1),
                point("b", Kind.GAUGE, false, 1),
                point("a", Kind.GAUGE, false, 2)))
        .isEqualTo(1);
    assertThat(value("a")).isEqualTo(2);
  }

  @Test
  void shouldForgetOnlyWhatThreePushesInARowLack() {
    Point old = point("old", Kind.GAUGE, false, 1);
    Point other = point("new", Kind.GAUGE, false, 1);
    take(9, old);
    take(9, other);
    take(9, other);
    take(9, other, old);
    take(9, other);
    take(9, other);

    assertThat(series.size()).isEqualTo(2);
  }

  @Test
  void shouldCountTheBytesOfASeriesOnceHoweverOftenItIsPushed() {
    take(9, point("a", Kind.GAUGE, false, 1));
    long once = series.bytes();
    take(9, point("a", Kind.GAUGE, false, 2));

    assertThat(series.bytes()).isEqualTo(once).isPositive();
  }

  @Test
  void shouldCountNoBytesOfWhatIsForgotten() {
    take(9, point("old", Kind.GAUGE, false, 1));
    long one = series.bytes();
    take(9, point("new", Kind.GAUGE, false, 1));
    take(9, point("new", Kind.GAUGE, false, 1));
    assertThat(series.bytes()).isEqualTo(2 * one);
    take(9, point("new", Kind.GAUGE, false, 1));

    assertThat(series.bytes()).isEqualTo(one);
  }

  @Test
  void shouldTakeWhatShrinksThoughThereIsNoRoom() {
    take(9, histogram(new double[] {1, 2}, 1, 2, 3));
    Push smaller = new Push(Map.of(), List.of(histogram(new double[] {5}, 1, 0)), 0);

    assertThat(series.take(smaller, 9, 1)).isZero();
    assertThat(series.list().get(0).reading().buckets()).containsExactly(1, 0);
  }

  @Test
  void shouldCountAllThatAClientCanMakeLong() {
    String text = "x".repeat(500);
    int least = 2 * text.length();
    Reading number = Reading.of(1);
    Reading histogram = new Reading(0, 0, new double[99], new long[100]);

    assertThat(bytes(text, Map.of(), number)).isGreaterThan(least);
    assertThat(bytes("m", Map.of(text, ""), number)).isGreaterThan(least);
    assertThat(bytes("m", Map.of("", text), number)).isGreaterThan(least);
    assertThat(bytes("m", Map.of(), histogram)).isGreaterThan(199 * Long.BYTES);
  }

  private static int bytes(String metric, Map<String, String> attributes, Reading reading) {
    return new Series(new Series.Id(metric, attributes), Kind.GAUGE, reading).bytes();
  }
}
