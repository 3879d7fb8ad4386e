package io.millrace.metrics;

import java.util.function.DoubleSupplier;

/**
 * The one way in which the broker's parts report figures; they do not know the library behind it.
 * Names are {@code lower_snake_case} with unit as suffix; labels are key, value, key, value … of
 * bounded cardinality.
 *
 * <p>Owner: any thread.
 */
public interface Metrics {
  /** A figure that only grows. */
  interface Counter {
    void add(long amount);

    default void increment() {
      add(1);
    }
  }

  /** A distribution of durations. */
  interface Timer {
    void recordNanos(long nanos);
  }

  Counter counter(String name, String help, String... labels);

  Timer timer(String name, String help, String... labels);

  /**
   * Registers a figure read at each scrape, on the scraping thread: {@code value} must be
   * thread-safe and quick.
   */
  void gauge(String name, String help, DoubleSupplier value, String... labels);

  /** Takes a gauge away. */
  void removeGauge(String name, String... labels);

  /** Counts nothing. */
  Metrics NONE =
      new Metrics() {
        @Override
        public Counter counter(String name, String help, String... labels) {
          return amount -> {};
        }

        @Override
        public Timer timer(String name, String help, String... labels) {
          return nanos -> {};
        }

        @Override
        public void gauge(String name, String help, DoubleSupplier value, String... labels) {}

        @Override
        public void removeGauge(String name, String... labels) {}
      };
}
