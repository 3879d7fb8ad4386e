package io.millrace.controller.state;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
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
  public static String of(ClusterImage image, PartitionImage partition) {
    if (partition.leader() != PartitionImage.NO_LEADER) {
      return null;
    }
    if (partition.awaitsLogEnds()) {
      return awaiting(image, partition);
    }
    List<Integer> eligible = new ArrayList<>(partition.isr());
    eligible.addAll(partition.lastIsr());
    List<String> missing = new ArrayList<>();
    for (int nodeId : eligible) {
      missing.add(nodeId + " (" + state(image.brokers().get(nodeId)) + ")");
    }
    String why =
        "no broker that has every acknowledged record serves: " + String.join(", ", missing);
    boolean others =
        partition.replicas().stream()
            .anyMatch(nodeId -> !eligible.contains(nodeId) && Assignments.isActive(image, nodeId));
    return why
        + (others
            ? ". Start one of them; if none can come back, an unclean election gives up what the"
                + " other replicas lack"
            : ". Start one of them");
  }

  /** Who serves reports by itself, every few seconds. */
  private static String awaiting(ClusterImage image, PartitionImage partition) {
    List<String> serving = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (int nodeId : partition.maybeCut()) {
      if (Assignments.isActive(image, nodeId)) {
        serving.add(Integer.toString(nodeId));
      } else {
        missing.add(nodeId + " (" + state(image.brokers().get(nodeId)) + ")");
      }
    }
    String why =
        "the power of all in-sync replicas failed, and the one leads whose log has the most: ";
    return missing.isEmpty()
        ? why
            + String.join(", ", serving)
            + " serve and report it, unless their logs cannot be opened or"
            + " unclean.recovery.strategy is None: then an unclean election takes the best of those"
            + " that have reported"
        : why
            + "not yet reported by "
            + String.join(", ", missing)
            + ". Start them; if one cannot come back, unregister it, or an unclean election takes"
            + " the best of those that have reported";
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
