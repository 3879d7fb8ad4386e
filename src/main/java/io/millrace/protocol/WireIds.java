package io.millrace.protocol;

import io.millrace.model.TopicId;
import java.util.UUID;
import org.apache.kafka.common.Uuid;

/**
 * Ids of topics, directories and incarnations between the generated messages and the rest of the
 * broker (KIP-516).
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

  /** The id of a directory or an incarnation as the generated messages have it; null = none. */
  public static Uuid uuid(UUID id) {
    return id == null
        ? Uuid.ZERO_UUID
        : new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits());
  }

  /** The id of a directory or an incarnation; null = none is given. */
  public static UUID javaUuid(Uuid uuid) {
    return uuid.equals(Uuid.ZERO_UUID)
        ? null
        : new UUID(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
  }
}
