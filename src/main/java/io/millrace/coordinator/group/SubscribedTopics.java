package io.millrace.coordinator.group;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;

/**
 * The topics that the members of a consumer group subscribed to, read out of their metadata.
 *
 * @param topics null = unknown: not a group of consumers, or metadata in a form of their own
 *     <p>Owner: immutable.
 */
record SubscribedTopics(Set<String> topics) {
  /** The protocol type of consumers. */
  static final String PROTOCOL_TYPE = ConsumerProtocol.PROTOCOL_TYPE;

  static final SubscribedTopics UNKNOWN = new SubscribedTopics(null);

  /** Every version of a subscription begins as this one. */
  private static final short COMMON_VERSION = 0;

  /** What the members of the current generation subscribed to. */
  static SubscribedTopics of(ClassicGroup group) {
    if (!PROTOCOL_TYPE.equals(group.protocolTypeOrNull())) {
      return UNKNOWN;
    }
    if (group.members().isEmpty()) {
      return new SubscribedTopics(Set.of());
    }
    if (group.protocolName() == null) {
      return UNKNOWN;
    }
    Set<String> topics = new HashSet<>();
    try {
      for (ClassicMember member : group.members().all()) {
        ByteBuffer metadata = ByteBuffer.wrap(member.protocols().metadata(group.protocolName()));
        ConsumerProtocol.deserializeVersion(metadata);
        topics.addAll(
            ConsumerProtocol.deserializeConsumerProtocolSubscription(metadata, COMMON_VERSION)
                .topics());
      }
    } catch (RuntimeException e) {
      // Any bytes may come from a member, and the generated classes fail in many ways.
      return UNKNOWN;
    }
    return new SubscribedTopics(topics);
  }
}
