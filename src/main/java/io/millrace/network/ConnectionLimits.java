package io.millrace.network;

import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds connections, all of them and those of each address. Connections come and go rarely and on
 * all loops, so this is one of the few things that the loops share.
 *
 * <p>Owner: any thread.
 */
public final class ConnectionLimits {
  /**
   * How many.
   *
   * @param max {@code max.connections}
   * @param maxPerIp {@code max.connections.per.ip}
   * @param overrides {@code max.connections.per.ip.overrides} by address in text form
   *     <p>Owner: immutable.
   */
  public record Counts(int max, int maxPerIp, Map<String, Integer> overrides) {
    public Counts {
      overrides = Map.copyOf(overrides);
    }
  }

  private volatile Counts counts;
  private final String refusal;
  private final String refusalPerIp;
  private final AtomicInteger total = new AtomicInteger();
  private final ConcurrentHashMap<InetAddress, Integer> perIp = new ConcurrentHashMap<>();

  /**
   * Limits by {@code max.connections} and {@code max.connections.per.ip}.
   *
   * @param overrides {@code max.connections.per.ip.overrides} by address in text form
   */
  public ConnectionLimits(int max, int maxPerIp, Map<String, Integer> overrides) {
    this(
        new Counts(max, maxPerIp, overrides),
        "max.connections=%d is reached",
        "max.connections.per.ip=%d is reached");
  }

  private ConnectionLimits(Counts counts, String refusal, String refusalPerIp) {
    this.counts = counts;
    this.refusal = refusal;
    this.refusalPerIp = refusalPerIp;
  }

  /**
   * Limits that no setting moves.
   *
   * @param what is bounded, such as {@code handshakes}; for people
   */
  static ConnectionLimits fixed(int max, int maxPerIp, String what) {
    return new ConnectionLimits(
        new Counts(max, maxPerIp, Map.of()),
        "there are %d " + what + " already",
        "there are %d " + what + " of this address already");
  }

  /** The limits from now on; connections that are there stay. */
  public void limit(Counts now) {
    counts = now;
  }

  /**
   * Counts a new connection in; the reason if it is one too many, in which case nothing is counted.
   */
  String tryAdd(InetAddress address) {
    Counts now = counts;
    if (total.incrementAndGet() > now.max()) {
      total.decrementAndGet();
      return refusal.formatted(now.max());
    }
    int allowed = now.overrides().getOrDefault(address.getHostAddress(), now.maxPerIp());
    if (perIp.merge(address, 1, Integer::sum) > allowed) {
      remove(address);
      return refusalPerIp.formatted(allowed);
    }
    return null;
  }

  void remove(InetAddress address) {
    total.decrementAndGet();
    perIp.computeIfPresent(address, (any, count) -> count == 1 ? null : count - 1);
  }

  public int count() {
    return total.get();
  }
}
