package io.millrace.api.cluster;

import io.millrace.api.RequestContext;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;

/**
 * Where the leader of a partition is, for clients that came to another node (KIP-951).
 *
 * @param nodeId -1 = there is none
 * @param leaderEpoch -1 = unknown
 * @param broker null = it cannot be reached by the client's listener
 *     <p>Owner: immutable.
 */
public record CurrentLeader(int nodeId, int leaderEpoch, ReachableBrokers.Reached broker) {
  /** Nothing is known. */
  public static final CurrentLeader UNKNOWN = new CurrentLeader(-1, -1, null);

  /**
   * The leader as the newest image has it: a request that has waited may have seen another one.
   *
   * @param asked as the request's image has it; null = there is none
   */
  public static CurrentLeader of(RequestContext context, TopicImage asked, int partition) {
    ClusterImage newest = context.newestImage();
    TopicImage topic = asked == null ? null : newest.topic(asked.id());
    PartitionImage image = topic == null ? null : topic.partition(partition);
    if (image == null || image.leader() == PartitionImage.NO_LEADER) {
      return UNKNOWN;
    }
    return new CurrentLeader(
        image.leader(),
        image.leaderEpoch(),
        ReachableBrokers.reached(newest, context, image.leader()));
  }
}
