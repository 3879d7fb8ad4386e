package io.millrace.coordinator.group;

/**
 * Settings of classic groups.
 *
 * @param initialRebalanceDelayMs how long the first rebalance of an empty group waits for more
 *     members; at least 0
 * @param minSessionTimeoutMs shortest session timeout that a member may ask for
 * @param maxSessionTimeoutMs longest session timeout that a member may ask for
 * @param maxSize most members of a group; at least 1
 *     <p>Owner: immutable.
 */
public record ClassicGroupConfig(
    int initialRebalanceDelayMs, int minSessionTimeoutMs, int maxSessionTimeoutMs, int maxSize) {
  /** Checks the values. */
  public ClassicGroupConfig {
    if (initialRebalanceDelayMs < 0) {
      throw new IllegalArgumentException("initialRebalanceDelayMs " + initialRebalanceDelayMs);
    }
    if (maxSize < 1) {
      throw new IllegalArgumentException("maxSize " + maxSize);
    }
  }

  boolean allowsSessionTimeout(int ms) {
    return ms >= minSessionTimeoutMs && ms <= maxSessionTimeoutMs;
  }
}
