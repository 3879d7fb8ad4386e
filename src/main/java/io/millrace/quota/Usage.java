package io.millrace.quota;

import io.millrace.metadata.QuotaEntity;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What those who share one quota have used of it on this node.
 *
 * <p>Owner: any thread.
 */
final class Usage {
  final QuotaKey key;
  final QuotaEntity sharing;
  final SampledRate rate;
  // null = the key is not on permits.
  final TokenBucket bucket;

  private final AtomicLong throttledMs = new AtomicLong();
  private final AtomicLong throttles = new AtomicLong();
  private volatile long lastNanos;
  // Whoever holds it looks for another one.
  private volatile boolean forgotten;

  Usage(QuotaKey key, QuotaEntity sharing, QuotaWindows windows, long nowNanos) {
    this.key = key;
    this.sharing = sharing;
    this.rate = new SampledRate(windows);
    this.bucket =
        key == QuotaKey.CONTROLLER_MUTATION_RATE ? new TokenBucket(windows.burstSeconds()) : null;
    this.lastNanos = nowNanos;
  }

  void add(long amount, long nowNanos) {
    rate.add(amount, nowNanos);
    lastNanos = nowNanos;
  }

  void onThrottled(long ms) {
    throttles.incrementAndGet();
    throttledMs.addAndGet(ms);
  }

  /** How often somebody was held back. */
  long throttles() {
    return throttles.get();
  }

  /** For how long altogether. */
  long throttledMs() {
    return throttledMs.get();
  }

  boolean isForgotten() {
    return forgotten;
  }

  /** Whether a new one would be the same. */
  boolean isIdle(double limit, long nowNanos) {
    return bucket == null ? rate.isIdle(nowNanos) : bucket.isIdle(limit, nowNanos);
  }

  boolean unusedFor(long nanos, long nowNanos) {
    return nowNanos - lastNanos > nanos;
  }

  void forget() {
    forgotten = true;
  }
}
