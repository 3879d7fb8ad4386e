package io.millrace.coordinator.group.consumer;

import java.util.List;
import java.util.Map;

/**
 * Settings of consumer groups.
 *
 * @param sessionTimeout {@code group.consumer.session.timeout.ms}: how long a member may be silent
 * @param heartbeatInterval {@code group.consumer.heartbeat.interval.ms}: told to the members
 * @param assignmentInterval {@code group.consumer.assignment.interval.ms}: the least time between
 *     two target assignments of a group (KIP-1263)
 * @param regexRefreshIntervalMs {@code group.consumer.regex.refresh.interval.ms}: how often the
 *     topics that regular expressions match are looked for anew, whatever happens
 * @param maxSize most members of a group
 * @param assignors names of those that members may ask for; the first is used when they do not
 * @param migration whether groups change between the protocols
 *     <p>Owner: immutable.
 */
public record ConsumerGroupConfig(
    Bounded sessionTimeout,
    Bounded heartbeatInterval,
    Bounded assignmentInterval,
    int regexRefreshIntervalMs,
    int maxSize,
    List<String> assignors,
    MigrationPolicy migration) {
  /** Dynamic config of a group. */
  public static final String SESSION_TIMEOUT_MS = "consumer.session.timeout.ms";

  /** Dynamic config of a group. */
  public static final String HEARTBEAT_INTERVAL_MS = "consumer.heartbeat.interval.ms";

  /** Dynamic config of a group. */
  public static final String ASSIGNMENT_INTERVAL_MS = "consumer.assignment.interval.ms";

  /**
   * A time that each group can have its own value of.
   *
   * @param defaultMs of a group that has none
   * @param minMs a smaller value of a group counts as this
   * @param maxMs a larger value of a group counts as this
   */
  public record Bounded(int defaultMs, int minMs, int maxMs) {
    int in(Map<String, String> ofGroup, String key) {
      String text = ofGroup.get(key);
      return text == null
          ? defaultMs
          : Math.max(minMs, Math.min(maxMs, Integer.parseInt(text.trim())));
    }
  }

  public ConsumerGroupConfig {
    assignors = List.copyOf(assignors);
    if (maxSize < 1 || assignors.isEmpty()) {
      throw new IllegalArgumentException("maxSize " + maxSize + ", assignors " + assignors);
    }
    for (String assignor : assignors) {
      Assignors.find(assignor);
    }
  }

  int sessionTimeoutMs(Map<String, String> ofGroup) {
    return sessionTimeout.in(ofGroup, SESSION_TIMEOUT_MS);
  }

  int heartbeatIntervalMs(Map<String, String> ofGroup) {
    return heartbeatInterval.in(ofGroup, HEARTBEAT_INTERVAL_MS);
  }

  int assignmentIntervalMs(Map<String, String> ofGroup) {
    return assignmentInterval.in(ofGroup, ASSIGNMENT_INTERVAL_MS);
  }
}
