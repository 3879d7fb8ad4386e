package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * A group without members: consumers that choose their partitions themselves, or an administrator,
 * commit under its name. It exists while it has offsets and has no record of its own. The first
 * member that joins makes it a group of another kind, which keeps the offsets.
 *
 * <p>Owner: immutable.
 */
public record SimpleGroup(String groupId) implements Group {
  @Override
  public String type() {
    return "classic";
  }

  @Override
  public String state() {
    return "Empty";
  }

  @Override
  public String protocolType() {
    return "";
  }

  @Override
  public boolean isEmpty() {
    return true;
  }

  @Override
  public Errors validateOffsetCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion) {
    return generationOrEpoch < 0 ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
  }

  @Override
  public Errors validateTransactionalCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion) {
    return validateOffsetCommit(memberId, groupInstanceId, generationOrEpoch, apiVersion);
  }

  @Override
  public Errors validateOffsetFetch(String memberId, int memberEpoch) {
    return Errors.NONE;
  }

  @Override
  public Errors validateOffsetDelete() {
    return Errors.NONE;
  }

  @Override
  public Errors validateDelete() {
    return Errors.NONE;
  }

  @Override
  public boolean isSubscribedTo(String topic) {
    return false;
  }

  @Override
  public long retentionStartMs(long commitTimestampMs) {
    return commitTimestampMs;
  }

  @Override
  public List<CoordinatorRecord> tombstones() {
    return List.of();
  }
}
