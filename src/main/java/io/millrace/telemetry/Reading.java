package io.millrace.telemetry;

import java.util.Arrays;

/**
 * What a series says: a number or, with {@code bounds}, a histogram. The arrays are never changed.
 *
 * @param value the number; of a histogram the sum of what was measured
 * @param count of a histogram how often was measured; else 0
 * @param bounds upper bounds of the buckets (inclusive) but for the last, which has none; null =
 *     this is no histogram
 * @param buckets how often was measured in each bucket alone; one more than bounds; null with them
 *     <p>Owner: immutable.
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record Reading(double value, long count, double[] bounds, long[] buckets) {
  static Reading of(double value) {
    return new Reading(value, 0, null, null);
  }

  public boolean isHistogram() {
    return bounds != null;
  }

  /**
   * Both together; histograms with other buckets cannot be, and then the newer one stands alone.
   */
  Reading plus(Reading newer) {
    if (!isHistogram() && !newer.isHistogram()) {
      return of(value + newer.value);
    }
    if (!Arrays.equals(bounds, newer.bounds)) {
      return newer;
    }
    long[] sums = buckets.clone();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += newer.buckets[i];
    }
    return new Reading(value + newer.value, count + newer.count, bounds, sums);
  }
}
