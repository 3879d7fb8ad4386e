package io.millrace.quota;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicIdPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The replication quota of a node in one direction (KIP-73): how fast followers that are not in
 * sync may copy partitions that are named as throttled. Who is in sync is never throttled.
 *
 * <p>Owner: any thread; {@link #update} is for one at a time.
 */
public final class ReplicationThrottle {
  private static final String ALL = "*";

  /** No partition has a number with more. */
  private static final int MAX_DIGITS = 9;

  /** Partitions of a topic; null = all. */
  private record Throttled(Set<Integer> partitions) {
    boolean has(int partition) {
      return partitions == null || partitions.contains(partition);
    }
  }

  private final LongSupplier nanos;
  private final ByteRate rate;
  // Replaced, never changed.
  private volatile Map<String, Throttled> topics = Map.of();

  /**
   * Nothing is throttled.
   *
   * @param nanos monotonic time
   */
  public ReplicationThrottle(LongSupplier nanos) {
    this.nanos = nanos;
    this.rate = new ByteRate(nanos.getAsLong());
  }

  /**
   * As it is set from now on.
   *
   * @param key the topics' config that names the throttled replicas: {@code *}, or a list of {@code
   *     partition:broker}
   */
  public void update(ClusterImage image, String key, int nodeId, long bytesPerSecond) {
    Map<String, Throttled> next = new HashMap<>();
    if (bytesPerSecond != ByteRate.UNLIMITED) {
      for (TopicImage topic : image.topics()) {
        String replicas = image.configs(ConfigResource.topic(topic.name())).get(key);
        if (replicas != null && !replicas.isBlank()) {
          next.put(topic.name(), throttled(replicas, nodeId));
        }
      }
    }
    rate.limit(bytesPerSecond, nanos.getAsLong());
    topics = Map.copyOf(next);
  }

  private static Throttled throttled(String replicas, int nodeId) {
    List<String> names = new ArrayList<>();
    for (String name : replicas.split(",", -1)) {
      names.add(name.trim());
    }
    if (names.contains(ALL)) {
      return new Throttled(null);
    }
    Set<Integer> partitions = new HashSet<>();
    for (String name : names) {
      int colon = name.indexOf(':');
      // The form was checked when it was set, but not the length.
      if (colon > 0
          && colon <= MAX_DIGITS
          && name.substring(colon + 1).equals(Integer.toString(nodeId))) {
        partitions.add(Integer.parseInt(name.substring(0, colon)));
      }
    }
    return new Throttled(partitions);
  }

  /** Whether this node's replica of a partition is named. */
  public boolean names(TopicIdPartition id) {
    Map<String, Throttled> now = topics;
    Throttled throttled = now.isEmpty() ? null : now.get(id.topic());
    return throttled != null && throttled.has(id.partition());
  }

  /** Whether nothing of a partition may be copied at the moment, by whom is not in sync. */
  public boolean holds(TopicIdPartition id) {
    return names(id) && rate.isSpent(nanos.getAsLong());
  }

  /** So much was copied by somebody who is not in sync. */
  public void count(TopicIdPartition id, long bytes) {
    if (bytes > 0 && names(id)) {
      rate.spend(bytes, nanos.getAsLong());
    }
  }

  /** How long until something may be copied again. */
  public long waitMs() {
    return rate.waitMs(nanos.getAsLong());
  }
}
