package io.millrace.api;

import io.millrace.controller.state.TopicNames;
import org.apache.kafka.common.internals.Topic;

/**
 * The topics that are not the clients'.
 *
 * <p>Owner: any thread.
 */
public final class InternalTopics {
  private InternalTopics() {}

  /** Whether coordinators keep their state in the topic of this name. */
  public static boolean isInternal(String topic) {
    return Topic.isInternal(topic);
  }

  /** Whether a client that merely names the topic must not bring it into being. */
  public static boolean neverAutoCreated(String topic) {
    return isInternal(topic) || topic.equals(TopicNames.CLUSTER_METADATA);
  }
}
