package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;

/** A group that answers what tests tell it to. */
final class TestGroup implements Group {
  private final String groupId;
  final Set<String> subscriptions = new HashSet<>();
  Errors verdict = Errors.NONE;
  String committedBy;
  boolean empty = true;
  // -1 = no retention; null = since the commit.
  Long retentionStartMs;

  TestGroup(String groupId) {
    this.groupId = groupId;
  }

  @Override
  public String groupId() {
    return groupId;
  }

  @Override
  public String type() {
    return "classic";
  }

  @Override
  public String state() {
    return empty ? "Empty" : "Stable";
  }

  @Override
  public String protocolType() {
    return "consumer";
  }

  @Override
  public boolean isEmpty() {
    return empty;
  }

  @Override
  public Errors validateOffsetCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion) {
    return verdict;
  }

  @Override
  public Errors validateTransactionalCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion) {
    return verdict;
  }

  @Override
  public void onOffsetCommit(String memberId) {
    committedBy = memberId;
  }

  @Override
  public Errors validateOffsetFetch(String memberId, int memberEpoch) {
    return verdict;
  }

  @Override
  public Errors validateOffsetDelete() {
    return verdict;
  }

  @Override
  public Errors validateDelete() {
    return verdict;
  }

  @Override
  public boolean isSubscribedTo(String topic) {
    return subscriptions.contains(topic);
  }

  @Override
  public long retentionStartMs(long commitTimestampMs) {
    return retentionStartMs == null ? commitTimestampMs : retentionStartMs;
  }

  @Override
  public List<CoordinatorRecord> tombstones() {
    return List.of(CoordinatorRecord.tombstone(new GroupMetadataKey().setGroup(groupId)));
  }
}
