package io.millrace.controller.state;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * What happens to partitions when a broker comes or goes: leaders move, the ISR shrinks, partitions
 * that had no leader get one.
 *
 * <p>Owner: any thread.
 */
public final class Failover {
  private final TopicPolicies policies;

  public Failover(TopicPolicies policies) {
    this.policies = policies;
  }

  /** How much of its logs a broker may have lost. */
  enum Logs {
    WHOLE,
    /** Nothing, although the process stopped uncleanly. */
    RECOVERED,
    /** A tail of any of them. */
    CUT,
    /** Everything: its directories are others than before. */
    GONE
  }

  /** Fences a broker, while others are heard of; nothing if it is fenced already. */
  public List<MetadataRecord> fence(MetadataImage image, int nodeId) {
    return fence(image, nodeId, other -> true);
  }

  /**
   * Fences a broker that is not heard of; nothing if it is fenced already.
   *
   * @param heard whether a node was heard of lately
   */
  public List<MetadataRecord> fence(MetadataImage image, int nodeId, IntPredicate heard) {
    BrokerImage broker = image.brokers().get(nodeId);
    if (broker == null || broker.fenced()) {
      return List.of();
    }
    List<MetadataRecord> records = new ArrayList<>();
    records.add(new MetadataRecord.FenceBroker(nodeId, broker.epoch()));
    records.addAll(onGone(image, nodeId, Logs.WHOLE, heard));
    return records;
  }

  /** Lets a broker serve; nothing if it does. */
  public List<MetadataRecord> unfence(MetadataImage image, int nodeId) {
    BrokerImage broker = image.brokers().get(nodeId);
    if (broker == null || !broker.fenced()) {
      return List.of();
    }
    List<MetadataRecord> records = new ArrayList<>();
    records.add(new MetadataRecord.UnfenceBroker(nodeId, broker.epoch()));
    records.addAll(onBack(image, nodeId));
    return records;
  }

  /** Changes of partitions when a broker is no longer to lead and to be in sync. */
  List<MetadataRecord> onGone(MetadataImage image, int nodeId, Logs logs) {
    return onGone(image, nodeId, logs, other -> true);
  }

  /**
   * Changes of partitions when a broker is no longer to lead and to be in sync.
   *
   * @param heard whether a node was heard of lately
   */
  List<MetadataRecord> onGone(MetadataImage image, int nodeId, Logs logs, IntPredicate heard) {
    return changesWithout(image, nodeId)
        .inAll(
            partition -> concerns(partition, nodeId, logs),
            update ->
                (losesTail(logs)
                        ? update.loseTail(nodeId, logs == Logs.GONE)
                        : recovered(update, nodeId, logs).goMissing(nodeId, heard))
                    .elect());
  }

  private PartitionChanges changesWithout(MetadataImage image, int nodeId) {
    return new PartitionChanges(
        image, policies, other -> other != nodeId && Assignments.isActive(image, other));
  }

  /**
   * Changes of partitions when a broker serves from now on, after it may have lost something.
   *
   * @param logs what it may have lost while it served
   */
  List<MetadataRecord> onBack(MetadataImage image, int nodeId, Logs logs) {
    PartitionChanges changes =
        new PartitionChanges(
            image, policies, other -> other == nodeId || Assignments.isActive(image, other));
    return changes.inAll(
        partition ->
            (partition.leader() == PartitionImage.NO_LEADER
                    && partition.replicas().contains(nodeId))
                || (logs != Logs.WHOLE && concerns(partition, nodeId, logs)),
        update ->
            (losesTail(logs)
                    ? update.loseTail(nodeId, logs == Logs.GONE)
                    : recovered(update, nodeId, logs))
                .elect());
  }

  List<MetadataRecord> onBack(MetadataImage image, int nodeId) {
    return onBack(image, nodeId, Logs.WHOLE);
  }

  private static boolean concerns(PartitionImage partition, int nodeId, Logs logs) {
    return partition.leader() == nodeId
        || partition.isr().contains(nodeId)
        || (losesTail(logs) && mayBeTheBest(partition, nodeId));
  }

  private static boolean mayBeTheBest(PartitionImage partition, int nodeId) {
    return partition.lastIsr().contains(nodeId)
        || partition.maybeCut().contains(nodeId)
        || (partition.leader() == PartitionImage.NO_LEADER
            && partition.replicas().contains(nodeId));
  }

  private static PartitionUpdate recovered(PartitionUpdate update, int nodeId, Logs logs) {
    return logs == Logs.RECOVERED ? update.recover(nodeId) : update;
  }

  private static boolean losesTail(Logs logs) {
    return logs == Logs.CUT || logs == Logs.GONE;
  }
}
