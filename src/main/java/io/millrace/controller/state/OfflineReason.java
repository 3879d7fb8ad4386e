package io.millrace.controller.state;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.List;

/**
 * Says why a partition has no leader, to whoever has to bring it back.
 *
 * <p>Owner: any thread.
 */
public final class OfflineReason {
  private OfflineReason() {}

  /** The reason, with what to do; null = it has a leader. */
  public static String of(ClusterImage image, TopicId topic, PartitionImage partition) {
    if (partition.leader() != PartitionImage.NO_LEADER) {
      return null;
    }
    if (partition.awaitsLogEnds()) {
      return awaiting(image, topic, partition);
    }
    List<Integer> eligible = new ArrayList<>(partition.isr());
    eligible.addAll(partition.lastIsr());
    List<String> missing = new ArrayList<>();
    for (int nodeId : eligible) {
      missing.add(nodeId + " (" + state(image, nodeId, topic, partition.partition()) + ")");
    }
    String why =
        "no broker that has every acknowledged record serves it: " + String.join(", ", missing);
    boolean others =
        partition.replicas().stream()
            .anyMatch(
                nodeId ->
                    !eligible.contains(nodeId)
                        && Assignments.isActive(image, nodeId)
                        && !isOffline(image, nodeId, topic, partition.partition()));
    return why
        + (others
            ? ". Start one of them; if none can come back, an unclean election gives up what the"
                + " other replicas lack"
            : ". Start one of them");
  }

  private static boolean isOffline(ClusterImage image, int nodeId, TopicId topic, int partition) {
    return image.condition(nodeId, topic, partition) == ReplicaCondition.OFFLINE;
  }

  private static String state(ClusterImage image, int nodeId, TopicId topic, int partition) {
    String state = state(image.brokers().get(nodeId));
    return isOffline(image, nodeId, topic, partition)
        ? state + ", its log cannot be used: see the log directories there"
        : state;
  }

  /** Who serves reports by itself, every few seconds. */
  private static String awaiting(ClusterImage image, TopicId topic, PartitionImage partition) {
    List<String> serving = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (int nodeId : partition.maybeCut()) {
      if (Assignments.isActive(image, nodeId)
          && !isOffline(image, nodeId, topic, partition.partition())) {
        serving.add(Integer.toString(nodeId));
      } else {
        missing.add(nodeId + " (" + state(image, nodeId, topic, partition.partition()) + ")");
      }
    }
    String why =
        "all in-sync replicas lost their power or disk, and the one leads whose log has the most: ";
    return missing.isEmpty()
        ? why
            + String.join(", ", serving)
            + " serve and report it, unless unclean.recovery.strategy is None: then an unclean"
            + " election takes the best of those that have reported"
        : why
            + "not yet reported by "
            + String.join(", ", missing)
            + ". Start them; if one cannot come back, stop and unregister it, or an unclean election"
            + " takes the best of those that have reported";
  }

  private static String state(BrokerImage broker) {
    if (broker == null) {
      return "not registered";
    }
    if (broker.fenced()) {
      return "fenced";
    }
    return broker.shuttingDown() ? "stopping" : "serving";
  }
}
