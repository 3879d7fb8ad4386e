package io.millrace.api.quorum;

import io.millrace.controller.state.TopicNames;

/**
 * The name under which Kafka's requests speak of the metadata log. There is no such topic.
 *
 * <p>Owner: immutable.
 */
public final class MetadataTopic {
  public static final String NAME = TopicNames.CLUSTER_METADATA;

  /** Its only partition, in DescribeQuorum. */
  static final int PARTITION = 0;

  private MetadataTopic() {}
}
