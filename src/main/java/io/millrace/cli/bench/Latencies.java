package io.millrace.cli.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Durations in microseconds to three digits, up to ten minutes; longer ones count as that.
 *
 * <p>Owner: one thread at a time.
 */
final class Latencies {
  private static final long MAX_MICROS = 600_000_000;
  private final Histogram histogram = new Histogram(MAX_MICROS, 3);

  void recordNanos(long nanos) {
    histogram.recordValue(Math.min(MAX_MICROS, Math.max(0, nanos / 1_000)));
  }

  /** Counts what the other has counted as well. */
  void add(Latencies other) {
    histogram.add(other.histogram);
  }

  boolean isEmpty() {
    return histogram.getTotalCount() == 0;
  }

  boolean isSingle() {
    return histogram.getTotalCount() == 1;
  }

  /** Name of each figure and its value in microseconds. */
  Map<String, Long> figures() {
    Map<String, Long> figures = new LinkedHashMap<>();
    figures.put("min", histogram.getMinValue());
    figures.put("mean", Math.round(histogram.getMean()));
    figures.put("p50", histogram.getValueAtPercentile(50));
    figures.put("p90", histogram.getValueAtPercentile(90));
    figures.put("p99", histogram.getValueAtPercentile(99));
    figures.put("p99.9", histogram.getValueAtPercentile(99.9));
    figures.put("p99.99", histogram.getValueAtPercentile(99.99));
    figures.put("max", histogram.getMaxValue());
    return figures;
  }
}
