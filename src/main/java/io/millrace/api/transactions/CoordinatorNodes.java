package io.millrace.api.transactions;

import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;

/**
 * Who leads what of a cluster, as a node sends its requests there.
 *
 * <p>Owner: immutable.
 */
final class CoordinatorNodes {
  /** Nobody leads it now, or it does not exist. */
  static final int NOBODY = PartitionImage.NO_LEADER;

  private CoordinatorNodes() {}

  /** The coordinator of a transactional id. */
  static int ofTransactionalId(ClusterImage image, String transactionalId) {
    int shard = shardOf(image, transactionalId);
    return shard < 0 ? NOBODY : leaderOf(image, CoordinatorTopic.TRANSACTIONS, shard);
  }

  /** The partition of {@code __transaction_state} of a transactional id; -1 = there is none yet. */
  static int shardOf(ClusterImage image, String transactionalId) {
    TopicImage topic = image.topic(CoordinatorTopic.TRANSACTIONS);
    return topic == null
        ? -1
        : CoordinatorRuntime.partitionFor(transactionalId, topic.partitions().size());
  }

  /** The leader of a partition. */
  static int leaderOf(ClusterImage image, String topic, int partition) {
    TopicImage known = image.topic(topic);
    PartitionImage found = known == null ? null : known.partition(partition);
    return found == null ? NOBODY : found.leader();
  }

  /** Whether there is no such partition, perhaps in a newer topic of the same name. */
  static boolean isUnknown(ClusterImage image, String topic, int partition) {
    TopicImage known = image.topic(topic);
    return known == null || known.partition(partition) == null;
  }
}
