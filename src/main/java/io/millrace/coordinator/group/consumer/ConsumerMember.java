package io.millrace.coordinator.group.consumer;

/**
 * A member of a consumer group.
 *
 * <p>Owner: immutable.
 */
public record ConsumerMember(MemberMetadata metadata, CurrentAssignment current) {
  public String id() {
    return metadata.memberId();
  }

  /** null = a dynamic member. */
  String instanceId() {
    return metadata.identity().instanceId();
  }

  int epoch() {
    return current.epoch();
  }

  boolean isClassic() {
    return metadata.isClassic();
  }

  ConsumerMember with(MemberMetadata newMetadata) {
    return new ConsumerMember(newMetadata, current);
  }

  ConsumerMember with(CurrentAssignment newCurrent) {
    return new ConsumerMember(metadata, newCurrent);
  }
}
