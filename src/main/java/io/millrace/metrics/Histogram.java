package io.millrace.metrics;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Durations counted in fixed buckets from 10 µs to 10 s. Recording finds the bucket by a few
 * comparisons and adds to two adders: some 20 ns, no allocation.
 *
 * <p>Invariant: the count of the whole is the sum of the buckets, so a reader needs no snapshot.
 *
 * <p>Owner: any thread.
 */
final class Histogram implements Metrics.Timer {
  private static final long[] UPPER_BOUNDS_NANOS = nanos();

  private final LongAdder[] buckets = new LongAdder[UPPER_BOUNDS_NANOS.length + 1];
  private final LongAdder sumNanos = new LongAdder();

  Histogram() {
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = new LongAdder();
    }
  }

  private static long[] nanos() {
    long[] micros = {
      10,
      25,
      50,
      100,
      250,
      500,
      1_000,
      2_500,
      5_000,
      10_000,
      25_000,
      50_000,
      100_000,
      250_000,
      500_000,
      1_000_000,
      2_500_000,
      5_000_000,
      10_000_000
    };
    long[] nanos = new long[micros.length];
    for (int i = 0; i < micros.length; i++) {
      nanos[i] = TimeUnit.MICROSECONDS.toNanos(micros[i]);
    }
    return nanos;
  }

  @Override
  public void recordNanos(long nanos) {
    long duration = Math.max(0, nanos);
    buckets[bucketOf(duration)].increment();
    sumNanos.add(duration);
  }

  /** The first bucket whose bound (inclusive) is not below the duration. */
  private static int bucketOf(long nanos) {
    int low = 0;
    int high = UPPER_BOUNDS_NANOS.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (UPPER_BOUNDS_NANOS[middle] < nanos) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Bounds of all buckets in seconds, the last one infinite. */
  static double[] upperBoundsSeconds() {
    double[] bounds = new double[UPPER_BOUNDS_NANOS.length + 1];
    for (int i = 0; i < UPPER_BOUNDS_NANOS.length; i++) {
      bounds[i] = UPPER_BOUNDS_NANOS[i] / 1e9;
    }
    bounds[UPPER_BOUNDS_NANOS.length] = Double.POSITIVE_INFINITY;
    return bounds;
  }

  /** Counts of the buckets, each for itself. */
  long[] counts() {
    long[] counts = new long[buckets.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = buckets[i].sum();
    }
    return counts;
  }

  double sumSeconds() {
    return sumNanos.sum() / 1e9;
  }
}
