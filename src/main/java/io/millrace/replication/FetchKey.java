package io.millrace.replication;

import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;

/**
 * What a partition is to leader and follower alike.
 *
 * <p>Owner: immutable.
 */
record FetchKey(TopicId topic, int partition) {
  static FetchKey of(TopicIdPartition id) {
    return new FetchKey(id.topicId(), id.partition());
  }
}
