package io.millrace.quota;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * How fast connections of clients may come (KIP-612): to the node as a whole, and of each address
 * that has a quota. Those of other nodes do not count.
 *
 * <p>Owner: any thread.
 */
public final class ConnectionRates {
  /** No limit of the node. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  /** Of so many addresses it is known how fast they come; those that come on top share one pace. */
  static final int MAX_ADDRESSES = 20_000;

  private static final String ALL_OTHERS = "";
  private static final long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long LONGEST_REFUSAL_MS = 1_000;

  /**
   * What becomes of a connection.
   *
   * @param admitted whether it may be used; else it is to be closed
   * @param afterMs when that is to happen
   */
  public record Verdict(boolean admitted, long afterMs) {
    static final Verdict AT_ONCE = new Verdict(true, 0);
  }

  private final Supplier<QuotaPlan> plan;
  private final double burstSeconds;
  private final Pace ofNode;
  private final ConcurrentHashMap<String, Pace> byAddress = new ConcurrentHashMap<>();
  private final AtomicLong delayed = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private volatile int perSecond = UNLIMITED;

  /**
   * No limit of the node.
   *
   * @param plan the quotas of addresses
   */
  public ConnectionRates(Supplier<QuotaPlan> plan, QuotaWindows windows, long nowNanos) {
    this.plan = plan;
    this.burstSeconds = windows.burstSeconds();
    this.ofNode = new Pace(burstSeconds, nowNanos);
  }

  /** The limit of the node from now on: {@code max.connection.creation.rate}. */
  public void limit(int newPerSecond) {
    perSecond = newPerSecond;
  }

  /**
   * Somebody has connected.
   *
   * @param ip as {@code InetAddress.getHostAddress} writes it
   */
  public Verdict onConnected(String ip, long nowNanos) {
    Double ofAddress = plan.get().ofAddress(ip);
    if (ofAddress != null) {
      Pace pace = pace(ip, nowNanos);
      long wait = pace.waitNanos(nowNanos);
      if (wait > 0) {
        refused.incrementAndGet();
        return new Verdict(false, Math.min(LONGEST_REFUSAL_MS, ms(wait)));
      }
      pace.take(ofAddress, nowNanos);
    }
    int limit = perSecond;
    if (limit == UNLIMITED) {
      return Verdict.AT_ONCE;
    }
    if (ofNode.waitNanos(nowNanos) > LONGEST_WAIT_NANOS) {
      refused.incrementAndGet();
      return new Verdict(false, LONGEST_REFUSAL_MS);
    }
    long wait = ofNode.take(limit, nowNanos);
    if (wait == 0) {
      return Verdict.AT_ONCE;
    }
    delayed.incrementAndGet();
    return new Verdict(true, ms(wait));
  }

  private static long ms(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
  }

  private Pace pace(String ip, long nowNanos) {
    Pace known = byAddress.get(ip);
    if (known != null) {
      return known;
    }
    String key = byAddress.size() < MAX_ADDRESSES ? ip : ALL_OTHERS;
    return byAddress.computeIfAbsent(key, any -> new Pace(burstSeconds, nowNanos));
  }

  /** Forgets addresses from which nobody has come lately; to be called every minute or so. */
  public void forgetIdle(long nowNanos) {
    byAddress.values().removeIf(pace -> pace.isIdle(nowNanos));
  }

  /** Connections that had to wait. */
  public long delayed() {
    return delayed.get();
  }

  /** Connections that were closed because too many came. */
  public long refused() {
    return refused.get();
  }
}
