package io.millrace.network;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the connections of the node ({@code max.connections}) and of each address ({@code
 * max.connections.per.ip}). Connections come and go rarely and on all loops, so this is one of the
 * few things that the loops share.
 *
 * <p>Owner: any thread.
 */
public final class ConnectionLimits {
  private final int max;
  private final int maxPerIp;
  private final Map<String, Integer> overrides;
  private final AtomicInteger total = new AtomicInteger();
  private final ConcurrentHashMap<InetAddress, Integer> perIp = new ConcurrentHashMap<>();

  /**
   * Limits.
   *
   * @param overrides {@code max.connections.per.ip.overrides} by address in text form
   */
  public ConnectionLimits(int max, int maxPerIp, Map<String, Integer> overrides) {
    this.max = max;
    this.maxPerIp = maxPerIp;
    this.overrides = new HashMap<>(overrides);
  }

  /**
   * Counts a new connection in; the reason if it is one too many, in which case nothing is counted.
   */
  String tryAdd(InetAddress address) {
    if (total.incrementAndGet() > max) {
      total.decrementAndGet();
      return "max.connections=" + max + " is reached";
    }
    int allowed = overrides.getOrDefault(address.getHostAddress(), maxPerIp);
    if (perIp.merge(address, 1, Integer::sum) > allowed) {
      remove(address);
      return "max.connections.per.ip=" + allowed + " is reached";
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
