package io.millrace.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/**
 * All series of one name.
 *
 * <p>Owner: any thread.
 */
final class Family {
  /** What the series are. */
  enum Kind {
    COUNTER,
    TIMER,
    GAUGE
  }

  /**
   * So many series of one name and no more: a mistake in the labels must not eat the heap, nor the
   * scraper's.
   */
  static final int MAX_SERIES = 2_000;

  private static final double[] BOUNDS = Histogram.upperBoundsSeconds();

  private final String name;
  private final String help;
  private final Kind kind;
  private final Map<List<String>, Object> series = new ConcurrentHashMap<>();

  Family(String name, String help, Kind kind) {
    this.name = name;
    this.help = help;
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  boolean hasRoomFor(List<String> labels) {
    return series.size() < MAX_SERIES || series.containsKey(labels);
  }

  LongAdder counter(List<String> labels) {
    return (LongAdder) series.computeIfAbsent(labels, key -> new LongAdder());
  }

  Histogram histogram(List<String> labels) {
    return (Histogram) series.computeIfAbsent(labels, key -> new Histogram());
  }

  void gauge(List<String> labels, DoubleSupplier value) {
    series.put(labels, value);
  }

  void remove(List<String> labels) {
    series.remove(labels);
  }

  boolean isEmpty() {
    return series.isEmpty();
  }

  MetricSnapshot snapshot() {
    return switch (kind) {
      case COUNTER -> counters();
      case TIMER -> histograms();
      case GAUGE -> gauges();
    };
  }

  private MetricSnapshot counters() {
    CounterSnapshot.Builder snapshot = CounterSnapshot.builder().name(name).help(help);
    series.forEach(
        (labels, adder) ->
            snapshot.dataPoint(
                CounterSnapshot.CounterDataPointSnapshot.builder()
                    .labels(labels(labels))
                    .value((double) ((LongAdder) adder).sum())
                    .build()));
    return snapshot.build();
  }

  private MetricSnapshot histograms() {
    HistogramSnapshot.Builder snapshot = HistogramSnapshot.builder().name(name).help(help);
    series.forEach(
        (labels, histogram) ->
            snapshot.dataPoint(
                HistogramSnapshot.HistogramDataPointSnapshot.builder()
                    .labels(labels(labels))
                    .classicHistogramBuckets(
                        ClassicHistogramBuckets.of(BOUNDS, ((Histogram) histogram).counts()))
                    .sum(((Histogram) histogram).sumSeconds())
                    .build()));
    return snapshot.build();
  }

  private MetricSnapshot gauges() {
    GaugeSnapshot.Builder snapshot = GaugeSnapshot.builder().name(name).help(help);
    series.forEach(
        (labels, value) ->
            snapshot.dataPoint(
                GaugeSnapshot.GaugeDataPointSnapshot.builder()
                    .labels(labels(labels))
                    .value(read((DoubleSupplier) value))
                    .build()));
    return snapshot.build();
  }

  /** A gauge that fails must not take the others with it: it is NaN. */
  private static double read(DoubleSupplier value) {
    try {
      return value.getAsDouble();
    } catch (RuntimeException e) {
      return Double.NaN;
    }
  }

  private static Labels labels(List<String> namesAndValues) {
    return namesAndValues.isEmpty()
        ? Labels.EMPTY
        : Labels.of(namesAndValues.toArray(String[]::new));
  }

  /** Checks labels in the form of {@link Metrics}. */
  static List<String> checked(String... labels) {
    if (labels.length % 2 != 0) {
      throw new IllegalArgumentException("A label without a value: " + Arrays.toString(labels));
    }
    return List.of(labels);
  }
}
