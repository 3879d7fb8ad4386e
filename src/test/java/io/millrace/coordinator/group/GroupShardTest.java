package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitValue;
import org.junit.jupiter.api.Test;

/** Offsets of simple groups and of groups of another kind. */
class GroupShardTest {
  private static final long RETENTION_MS = TimeUnit.DAYS.toMillis(7);
  private static final long CHECK_MS = TimeUnit.MINUTES.toMillis(10);
  private static final short NEWEST = 10;
  private static final Uuid TOPIC = new Uuid(1, 2);

  /** A kind of groups that keeps no durable state but tombstones. */
  private static final class TestKind implements GroupKind {
    TestGroupCoordinator coordinator;
    Decision onImage = new Decision();

    @Override
    public boolean owns(short recordType) {
      return recordType == new GroupMetadataKey().apiKey();
    }

    @Override
    public void replay(CoordinatorRecord record) {
      coordinator.shard.groups().remove(((GroupMetadataKey) record.key()).group());
    }

    @Override
    public void onLoaded(ClusterImage image) {}

    @Override
    public Decision onImage(ImageDelta delta) {
      return onImage;
    }

    @Override
    public void onUnloaded(Errors why) {}
  }

  private final TestKind kind = new TestKind();
  private final TestGroupCoordinator coordinator =
      new TestGroupCoordinator(new OffsetConfig(10, RETENTION_MS, CHECK_MS), kind);
  private final GroupShard shard = coordinator.shard;

  GroupShardTest() {
    kind.coordinator = coordinator;
    shard.onLoaded(MetadataImage.EMPTY);
  }

  private static OffsetCommitRequestData request(
      String group, String topic, Integer... partitions) {
    List<OffsetCommitRequestPartition> wanted = new ArrayList<>();
    for (int partition : partitions) {
      wanted.add(
          new OffsetCommitRequestPartition()
              .setPartitionIndex(partition)
              .setCommittedOffset(100 + partition)
              .setCommittedLeaderEpoch(3)
              .setCommittedMetadata("m" + partition));
    }
    return new OffsetCommitRequestData()
        .setGroupId(group)
        .setTopics(
            List.of(
                new OffsetCommitRequestTopic()
                    .setName(topic)
                    .setTopicId(TOPIC)
                    .setPartitions(wanted)));
  }

  private Said<OffsetCommitResponseData> commit(OffsetCommitRequestData request, int version) {
    Said<OffsetCommitResponseData> said = new Said<>();
    coordinator.submit(
        request.groupId(), (s, reply) -> s.commitOffsets(request, (short) version, reply), said);
    return said;
  }

  private void commit(String group, String topic, Integer... partitions) {
    assertThat(commit(request(group, topic, partitions), NEWEST).error).isEqualTo(Errors.NONE);
  }

  private TestGroup member(String groupId) {
    TestGroup group = new TestGroup(groupId);
    shard.groups().put(group);
    return group;
  }

  private Said<OffsetFetchResponseGroup> fetch(String group, Uuid topicId, Integer... partitions) {
    Said<OffsetFetchResponseGroup> said = new Said<>();
    OffsetFetchRequestGroup request =
        new OffsetFetchRequestGroup()
            .setGroupId(group)
            .setTopics(
                partitions.length == 0
                    ? null
                    : List.of(
                        new OffsetFetchRequestTopics()
                            .setName("t")
                            .setTopicId(topicId)
                            .setPartitionIndexes(Arrays.asList(partitions))));
    coordinator.submit(group, (s, reply) -> s.fetchOffsets(request, false, reply), said);
    return said;
  }

  private List<Long> offsets(String group, Integer... partitions) {
    return fetch(group, Uuid.ZERO_UUID, partitions).value.topics().stream()
        .flatMap(topic -> topic.partitions().stream())
        .map(OffsetFetchResponsePartitions::committedOffset)
        .toList();
  }

  // ---- commit

  @Test
  void shouldKeepWhatASimpleConsumerCommits() {
    commit("g", "t", 0, 1);

    OffsetFetchResponsePartitions one =
        fetch("g", Uuid.ZERO_UUID, 1).value.topics().get(0).partitions().get(0);
    assertThat(one.committedOffset()).isEqualTo(101);
    assertThat(one.committedLeaderEpoch()).isEqualTo(3);
    assertThat(one.metadata()).isEqualTo("m1");
    assertThat(shard.groups().get("g")).isEqualTo(new SimpleGroup("g"));
    assertThat(shard.offsets().get("g", "t", 0).topicId()).isEqualTo(TOPIC);
  }

  @Test
  void shouldRefuseAGenerationOfAGroupThatDoesNotExist() {
    assertThat(commit(request("g", "t", 0).setGenerationIdOrMemberEpoch(1), 8).error)
        .isEqualTo(Errors.ILLEGAL_GENERATION);
    assertThat(commit(request("g", "t", 0).setGenerationIdOrMemberEpoch(1), 9).error)
        .isEqualTo(Errors.GROUP_ID_NOT_FOUND);
    assertThat(coordinator.records).isEmpty();
  }

  @Test
  void shouldRefuseAMemberOfASimpleGroup() {
    commit("g", "t", 0);

    assertThat(
            commit(request("g", "t", 0).setMemberId("m").setGenerationIdOrMemberEpoch(1), 9).error)
        .isEqualTo(Errors.UNKNOWN_MEMBER_ID);
  }

  @Test
  void shouldAskTheGroupWhetherTheMemberMayCommit() {
    TestGroup group = member("g");
    group.verdict = Errors.REBALANCE_IN_PROGRESS;

    assertThat(commit(request("g", "t", 0).setMemberId("m"), NEWEST).error)
        .isEqualTo(Errors.REBALANCE_IN_PROGRESS);

    assertThat(group.committedBy).isNull();
    group.verdict = Errors.NONE;
    assertThat(commit(request("g", "t", 0).setMemberId("m"), NEWEST).value).isNotNull();
    assertThat(group.committedBy).isEqualTo("m");
  }

  @Test
  void shouldRefuseTooLongMetadataForItsPartitionOnly() {
    OffsetCommitRequestData request = request("g", "t", 0, 1);
    request.topics().get(0).partitions().get(0).setCommittedMetadata("x".repeat(11));

    OffsetCommitResponseData response = commit(request, NEWEST).value;

    assertThat(response.topics().get(0).partitions())
        .extracting(p -> Errors.forCode(p.errorCode()))
        .containsExactly(Errors.OFFSET_METADATA_TOO_LARGE, Errors.NONE);
    assertThat(offsets("g", 0, 1)).containsExactly(-1L, 101L);
  }

  @Test
  void shouldTakeNoMetadataForEmptyMetadata() {
    OffsetCommitRequestData request = request("g", "t", 0);
    request.topics().get(0).partitions().get(0).setCommittedMetadata(null);

    commit(request, NEWEST);

    assertThat(shard.offsets().get("g", "t", 0).metadata()).isEmpty();
  }

  // ---- fetch

  @Test
  void shouldAnswerWhatNobodyCommitted() {
    assertThat(offsets("nobody", 0, 1)).containsExactly(-1L, -1L);
    commit("g", "t", 0);
    assertThat(offsets("g", 0, 1)).containsExactly(100L, -1L);
  }

  @Test
  void shouldAnswerAllThatIsCommitted() {
    commit("g", "t", 0, 1);
    commit("g", "u", 7);
    commit("other", "t", 5);

    assertThat(offsets("g")).containsExactlyInAnyOrder(100L, 101L, 107L);
    assertThat(offsets("nobody")).isEmpty();
  }

  @Test
  void shouldNotAnswerWhatWasCommittedForAnotherTopicOfTheName() {
    commit("g", "t", 0);

    assertThat(
            fetch("g", new Uuid(8, 8), 0)
                .value
                .topics()
                .get(0)
                .partitions()
                .get(0)
                .committedOffset())
        .isEqualTo(-1);
    assertThat(fetch("g", TOPIC, 0).value.topics().get(0).partitions().get(0).committedOffset())
        .isEqualTo(100);
  }

  @Test
  void shouldAskTheGroupWhetherTheMemberMayFetch() {
    commit("g", "t", 0);
    TestGroup group = member("g");
    group.verdict = Errors.STALE_MEMBER_EPOCH;
    assertThat(fetch("g", TOPIC, 0).error).isEqualTo(Errors.STALE_MEMBER_EPOCH);

    group.verdict = Errors.GROUP_ID_NOT_FOUND;
    assertThat(offsets("g", 0)).containsExactly(-1L);
  }

  // ---- delete

  private Said<OffsetDeleteResponseData> delete(String group, String topic, int partition) {
    OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId(group);
    request
        .topics()
        .add(
            new OffsetDeleteRequestTopic()
                .setName(topic)
                .setPartitions(
                    List.of(new OffsetDeleteRequestPartition().setPartitionIndex(partition))));
    Said<OffsetDeleteResponseData> said = new Said<>();
    coordinator.submit(group, (s, reply) -> s.deleteOffsets(request, reply), said);
    return said;
  }

  @Test
  void shouldForgetTheGroupWithItsLastOffset() {
    commit("g", "t", 0, 1);

    assertThat(delete("g", "t", 0).error).isEqualTo(Errors.NONE);
    assertThat(shard.groups().get("g")).isNotNull();
    assertThat(delete("g", "t", 1).error).isEqualTo(Errors.NONE);

    assertThat(shard.groups().get("g")).isNull();
    assertThat(shard.offsets().count()).isZero();
    assertThat(delete("g", "t", 1).error).isEqualTo(Errors.GROUP_ID_NOT_FOUND);
  }

  @Test
  void shouldNotDeleteOffsetsOfATopicThatIsRead() {
    commit("g", "t", 0);
    member("g").subscriptions.add("t");

    assertThat(delete("g", "t", 0).value.topics().find("t").partitions().find(0).errorCode())
        .isEqualTo(Errors.GROUP_SUBSCRIBED_TO_TOPIC.code());
    assertThat(offsets("g", 0)).containsExactly(100L);
  }

  @Test
  void shouldWriteNothingForAnOffsetThatIsNotThere() {
    commit("g", "t", 0);
    coordinator.records.clear();

    assertThat(delete("g", "t", 9).value.topics().find("t").partitions().find(9).errorCode())
        .isZero();
    assertThat(coordinator.records).isEmpty();
  }

  // ---- expiry

  @Test
  void shouldExpireOffsetsOfSimpleGroupsAfterTheirCommit() {
    commit("g", "t", 0);
    coordinator.advance(RETENTION_MS - CHECK_MS);
    commit("g", "t", 1);
    assertThat(offsets("g", 0, 1)).containsExactly(100L, 101L);

    coordinator.advance(CHECK_MS);
    assertThat(offsets("g", 0, 1)).containsExactly(-1L, 101L);

    coordinator.advance(RETENTION_MS);
    assertThat(shard.groups().get("g")).isNull();
  }

  @Test
  void shouldCountTheRetentionFromWhenTheGroupBecameEmpty() {
    commit("g", "t", 0);
    TestGroup group = member("g");
    group.retentionStartMs = coordinator.nowMs() + CHECK_MS;

    coordinator.advance(RETENTION_MS);
    assertThat(offsets("g", 0)).containsExactly(100L);

    coordinator.advance(CHECK_MS);
    assertThat(shard.offsets().has("g")).isFalse();
    assertThat(shard.groups().get("g")).isNull();
  }

  @Test
  void shouldNotExpireWhatTheStateOfTheGroupKeeps() {
    commit("g", "t", 0);
    TestGroup group = member("g");
    group.retentionStartMs = Group.OFFSETS_RETAINED;

    coordinator.advance(3 * RETENTION_MS);

    assertThat(offsets("g", 0)).containsExactly(100L);
  }

  @Test
  void shouldExpireOnlyTopicsThatNobodyReads() {
    commit("g", "t", 0);
    commit("g", "u", 0);
    TestGroup group = member("g");
    group.empty = false;
    group.subscriptions.add("t");

    coordinator.advance(2 * RETENTION_MS);

    assertThat(shard.offsets().of("g")).containsOnlyKeys("t");
    assertThat(shard.groups().get("g")).isSameAs(group);
  }

  @Test
  void shouldKeepAGroupWithMembersThatHasNoOffsets() {
    TestGroup group = member("g");
    group.empty = false;

    coordinator.advance(2 * CHECK_MS);

    assertThat(shard.groups().get("g")).isSameAs(group);
    group.empty = true;
    coordinator.advance(CHECK_MS);
    assertThat(shard.groups().get("g")).isNull();
  }

  @Test
  void shouldExpireWhenAnOldClientSaysSo() {
    commit(request("g", "t", 0).setRetentionTimeMs(CHECK_MS / 2), 4);
    assertThat(coordinator.records.get(0).valueVersion()).isEqualTo((short) 1);

    coordinator.advance(CHECK_MS);

    assertThat(shard.offsets().has("g")).isFalse();
  }

  @Test
  void shouldLookAtManyGroupsInSteps() {
    for (int i = 0; i < 30; i++) {
      for (int topic = 0; topic < 5; topic++) {
        commit("g" + i, "t" + topic, IntStream.range(0, 100).boxed().toArray(Integer[]::new));
      }
    }
    coordinator.records.clear();

    coordinator.advance(RETENTION_MS);

    assertThat(coordinator.records).hasSize(15_000);
    assertThat(shard.offsets().count()).isZero();
    assertThat(shard.groups().all()).isEmpty();
  }

  // ---- deleted topics

  private static ImageDelta deleted(String topic, Uuid id) {
    TopicId gone = new TopicId(id.getMostSignificantBits(), id.getLeastSignificantBits());
    return new ImageDelta(
        MetadataImage.EMPTY,
        MetadataImage.EMPTY,
        Map.of(),
        Map.of(gone, new TopicImage(gone, topic, List.of())),
        Set.of(),
        Set.of());
  }

  @Test
  void shouldForgetOffsetsOfDeletedTopics() {
    commit("g", "t", 0, 1);
    commit("g", "u", 0);
    commit("h", "t", 0);

    coordinator.carryOut(shard.onImage(deleted("t", TOPIC)));

    assertThat(shard.offsets().of("g")).containsOnlyKeys("u");
    assertThat(shard.groups().get("h")).isNull();
  }

  @Test
  void shouldKeepWhatIsCommittedForTheNextTopicOfTheName() {
    commit("g", "t", 0);

    coordinator.carryOut(shard.onImage(deleted("t", new Uuid(5, 5))));

    assertThat(offsets("g", 0)).containsExactly(100L);
  }

  @Test
  void shouldForgetOffsetsOfDeletedTopicsBesideWhatKindsDecide() {
    commit("g", "t", 0);
    member("other");
    kind.onImage = new Decision().append(new TestGroup("other").tombstones());

    coordinator.carryOut(shard.onImage(deleted("t", TOPIC)));

    assertThat(shard.groups().get("other")).isNull();
    coordinator.advance(1);
    assertThat(shard.offsets().count()).isZero();
  }

  // ---- replay

  @Test
  void shouldReplayCommitsOfTheFirstBrokers() {
    LegacyOffsetCommitKey key =
        new LegacyOffsetCommitKey().setGroup("g").setTopic("t").setPartition(0);
    shard.replay(
        new CoordinatorRecord(
            key, new LegacyOffsetCommitValue().setOffset(5).setMetadata("m"), (short) 0));
    assertThat(offsets("g", 0)).containsExactly(5L);

    shard.replay(CoordinatorRecord.tombstone(key));

    assertThat(shard.groups().get("g")).isNull();
  }

  @Test
  void shouldKeepTheOffsetsOfAGroupThatGetsMembers() {
    commit("g", "t", 0);
    TestGroup group = member("g");

    commit("g", "t", 1);

    assertThat(offsets("g", 0, 1)).containsExactly(100L, 101L);
    assertThat(shard.groups().get("g")).isSameAs(group);
  }

  @Test
  void shouldFindItsKinds() {
    assertThat(shard.kind(TestKind.class)).isSameAs(kind);
  }
}
