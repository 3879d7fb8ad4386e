package io.millrace.api;

import io.millrace.model.TopicId;
import org.apache.kafka.common.Uuid;

/**
 * Topic ids between the generated messages and the rest of the broker (KIP-516).
 *
 * <p>Owner: any thread.
 */
public final class WireIds {
  private WireIds() {}

  /** The id as the generated messages have it. */
  public static Uuid uuid(TopicId id) {
    return id.isZero()
        ? Uuid.ZERO_UUID
        : new Uuid(id.mostSignificantBits(), id.leastSignificantBits());
  }

  /** The id of a generated message. */
  public static TopicId topicId(Uuid uuid) {
    return new TopicId(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
  }
}
