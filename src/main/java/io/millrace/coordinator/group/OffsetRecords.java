package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;

/**
 * Committed offsets as records of {@code __consumer_offsets}.
 *
 * <p>Owner: any thread.
 */
public final class OffsetRecords {
  /** The newest version: leader epoch and topic id, no time to expire. */
  private static final short VERSION = 4;

  /** The only version with a time to expire. */
  private static final short VERSION_WITH_EXPIRY = 1;

  private OffsetRecords() {}

  /** The record of a commit. */
  public static CoordinatorRecord commit(
      String groupId, String topic, int partition, CommittedOffset committed) {
    OffsetCommitValue value =
        new OffsetCommitValue()
            .setOffset(committed.offset())
            .setLeaderEpoch(committed.leaderEpoch())
            .setMetadata(committed.metadata())
            .setCommitTimestamp(committed.commitTimestampMs())
            .setExpireTimestamp(committed.expireTimestampMs())
            .setTopicId(committed.topicId());
    boolean expires = committed.expireTimestampMs() != CommittedOffset.NO_EXPIRE_TIMESTAMP;
    return new CoordinatorRecord(
        key(groupId, topic, partition), value, expires ? VERSION_WITH_EXPIRY : VERSION);
  }

  /** The record that takes a commit back. */
  public static CoordinatorRecord tombstone(String groupId, String topic, int partition) {
    return CoordinatorRecord.tombstone(key(groupId, topic, partition));
  }

  private static OffsetCommitKey key(String groupId, String topic, int partition) {
    return new OffsetCommitKey().setGroup(groupId).setTopic(topic).setPartition(partition);
  }

  static CommittedOffset committed(OffsetCommitValue value) {
    return new CommittedOffset(
        value.offset(),
        value.leaderEpoch(),
        // One text for the many that have none.
        value.metadata().isEmpty() ? "" : value.metadata(),
        value.commitTimestamp(),
        value.expireTimestamp(),
        value.topicId());
  }

  /** The key of the first brokers that kept offsets in a topic; it has the same fields. */
  static OffsetCommitKey modern(LegacyOffsetCommitKey key) {
    return key(key.group(), key.topic(), key.partition());
  }

  static CommittedOffset committed(LegacyOffsetCommitValue value) {
    return new CommittedOffset(
        value.offset(),
        -1,
        value.metadata(),
        value.commitTimestamp(),
        CommittedOffset.NO_EXPIRE_TIMESTAMP,
        Uuid.ZERO_UUID);
  }
}
