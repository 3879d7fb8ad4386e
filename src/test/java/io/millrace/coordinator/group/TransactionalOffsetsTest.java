package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
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
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.junit.jupiter.api.Test;

/** Offsets that are committed in transactions. */
class TransactionalOffsetsTest {
  private static final long RETENTION_MS = TimeUnit.DAYS.toMillis(7);
  private static final long CHECK_MS = TimeUnit.MINUTES.toMillis(10);
  private static final Uuid TOPIC = new Uuid(1, 2);
  private static final short NEWEST = 5;

  private final TestGroupCoordinator coordinator =
      new TestGroupCoordinator(new OffsetConfig(10, RETENTION_MS, CHECK_MS));
  private final GroupShard shard = coordinator.shard;

  TransactionalOffsetsTest() {
    shard.onLoaded(MetadataImage.EMPTY);
  }

  private <R> Said<R> ask(Function<Reply<R>, Decision> command) {
    Said<R> said = new Said<>();
    coordinator.submit("g", (s, reply) -> command.apply(reply), said);
    return said;
  }

  /** Of partition 0 of topic t, unless the test says more. */
  private static TxnOffsetCommitRequestData request(long producerId, long offset) {
    return new TxnOffsetCommitRequestData()
        .setTransactionalId("id")
        .setGroupId("g")
        .setProducerId(producerId)
        .setProducerEpoch((short) 3)
        .setGenerationId(-1)
        .setTopics(List.of(topic(0, offset)));
  }

  private static TxnOffsetCommitRequestTopic topic(int partition, long offset) {
    List<TxnOffsetCommitRequestPartition> partitions = new ArrayList<>();
    partitions.add(
        new TxnOffsetCommitRequestPartition()
            .setPartitionIndex(partition)
            .setCommittedOffset(offset)
            .setCommittedLeaderEpoch(4)
            .setCommittedMetadata("m"));
    return new TxnOffsetCommitRequestTopic().setName("t").setPartitions(partitions);
  }

  private Said<TxnOffsetCommitResponseData> commit(TxnOffsetCommitRequestData request) {
    return ask(
        reply ->
            shard.commitOffsets(request, Map.of("t", TOPIC), NEWEST, CommitTicket.NONE, reply));
  }

  private void commit(long producerId, long offset) {
    assertThat(commit(request(producerId, offset)).error).isEqualTo(Errors.NONE);
  }

  private void commitAlone(long offset) {
    OffsetCommitRequestData request =
        new OffsetCommitRequestData()
            .setGroupId("g")
            .setTopics(
                List.of(
                    new OffsetCommitRequestTopic()
                        .setName("t")
                        .setTopicId(TOPIC)
                        .setPartitions(
                            List.of(
                                new OffsetCommitRequestPartition()
                                    .setPartitionIndex(0)
                                    .setCommittedOffset(offset)))));
    Said<OffsetCommitResponseData> said =
        ask(reply -> shard.commitOffsets(request, (short) 9, reply));
    assertThat(said.error).isEqualTo(Errors.NONE);
  }

  private OffsetFetchResponsePartitions fetch(boolean requireStable, int partition) {
    OffsetFetchRequestGroup wanted =
        new OffsetFetchRequestGroup()
            .setGroupId("g")
            .setTopics(
                List.of(
                    new OffsetFetchRequestTopics()
                        .setName("t")
                        .setPartitionIndexes(List.of(partition))));
    Said<OffsetFetchResponseGroup> said =
        ask(reply -> shard.fetchOffsets(wanted, requireStable, reply));
    return said.value.topics().get(0).partitions().get(0);
  }

  private long committed() {
    return fetch(false, 0).committedOffset();
  }

  private Errors stability() {
    return Errors.forCode(fetch(true, 0).errorCode());
  }

  // ---- commit and abort

  @Test
  void shouldCountWhenTheTransactionIsCommitted() {
    commit(7, 100);
    assertThat(committed()).isEqualTo(-1);

    coordinator.endTransaction(7, true);

    CommittedOffset offset = shard.offsets().get("g", "t", 0);
    assertThat(offset.offset()).isEqualTo(100);
    assertThat(offset.leaderEpoch()).isEqualTo(4);
    assertThat(offset.metadata()).isEqualTo("m");
    assertThat(offset.topicId()).isEqualTo(TOPIC);
    assertThat(offset.expireTimestampMs()).isEqualTo(CommittedOffset.NO_EXPIRE_TIMESTAMP);
    assertThat(shard.offsets().count()).isEqualTo(1);
  }

  @Test
  void shouldNeverCountWhenTheTransactionIsAborted() {
    commitAlone(50);
    commit(7, 100);

    coordinator.endTransaction(7, false);

    assertThat(committed()).isEqualTo(50);
    assertThat(stability()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldWriteTheRecordsInTheProducersTransaction() {
    Decision decision =
        shard.commitOffsets(request(7, 100), Map.of(), NEWEST, CommitTicket.NONE, new Said<>());

    assertThat(decision.producerId()).isEqualTo(7);
    assertThat(decision.producerEpoch()).isEqualTo((short) 3);
    assertThat(decision.isDivisible()).isFalse();
    assertThat(((OffsetCommitValue) decision.records().get(0).value()).offset()).isEqualTo(100);
  }

  @Test
  void shouldKeepTheNewestOfATransaction() {
    commit(7, 100);
    commit(7, 110);

    coordinator.endTransaction(7, true);

    assertThat(committed()).isEqualTo(110);
  }

  @Test
  void shouldLetTheNewestInTheLogWin() {
    commit(7, 100);
    commitAlone(200);

    coordinator.endTransaction(7, true);

    assertThat(committed()).isEqualTo(200);
  }

  @Test
  void shouldLetTheNewestInTheLogWinWhicheverTransactionEndsFirst() {
    commit(7, 100);
    commit(8, 90);

    coordinator.endTransaction(8, true);
    assertThat(committed()).isEqualTo(90);
    coordinator.endTransaction(7, true);

    assertThat(committed()).isEqualTo(90);
  }

  @Test
  void shouldFallBackToTheOlderWhenTheNewerIsAborted() {
    commit(7, 100);
    commit(8, 90);

    coordinator.endTransaction(7, true);
    coordinator.endTransaction(8, false);

    assertThat(committed()).isEqualTo(100);
  }

  @Test
  void shouldTakeAnEndOfNothing() {
    coordinator.endTransaction(7, true);

    assertThat(shard.groups().all()).isEmpty();
  }

  @Test
  void shouldReplayCommitsOfTheFirstBrokers() {
    LegacyOffsetCommitKey key =
        new LegacyOffsetCommitKey().setGroup("g").setTopic("t").setPartition(0);
    shard.replay(
        7,
        new CoordinatorRecord(
            key, new LegacyOffsetCommitValue().setOffset(5).setMetadata(""), (short) 0));
    assertThat(committed()).isEqualTo(-1);

    coordinator.endTransaction(7, true);

    assertThat(committed()).isEqualTo(5);
  }

  @Test
  void shouldApplyAtOnceWhatIsNoCommit() {
    commitAlone(50);

    shard.replay(7, OffsetRecords.tombstone("g", "t", 0));

    assertThat(shard.offsets().count()).isZero();
  }

  // ---- who may

  @Test
  void shouldRefuseAGenerationOfAGroupThatDoesNotExist() {
    assertThat(commit(request(7, 100).setGenerationId(1)).error)
        .isEqualTo(Errors.ILLEGAL_GENERATION);
    assertThat(coordinator.records).isEmpty();
  }

  @Test
  void shouldRefuseAMemberOfASimpleGroup() {
    commitAlone(50);

    assertThat(commit(request(7, 100).setMemberId("m").setGenerationId(1)).error)
        .isEqualTo(Errors.UNKNOWN_MEMBER_ID);
  }

  @Test
  void shouldAskTheGroupWhetherTheMemberMayCommit() {
    TestGroup group = new TestGroup("g");
    shard.groups().put(group);
    group.verdict = Errors.FENCED_INSTANCE_ID;

    assertThat(commit(request(7, 100)).error).isEqualTo(Errors.FENCED_INSTANCE_ID);

    assertThat(coordinator.records).isEmpty();
  }

  @Test
  void shouldSayStaleEpochsInTheWordsOfTheProtocol() {
    TestGroup group = new TestGroup("g");
    shard.groups().put(group);
    group.verdict = Errors.STALE_MEMBER_EPOCH;

    assertThat(commit(request(7, 100)).error).isEqualTo(Errors.ILLEGAL_GENERATION);
  }

  @Test
  void shouldRefuseTooLongMetadataForItsPartitionOnly() {
    TxnOffsetCommitRequestData request = request(7, 100);
    TxnOffsetCommitRequestTopic topic = request.topics().get(0);
    topic.partitions().get(0).setCommittedMetadata("x".repeat(11));
    topic.partitions().add(topic(1, 101).partitions().get(0).setCommittedMetadata(null));

    TxnOffsetCommitResponseData response = commit(request).value;

    assertThat(response.topics().get(0).partitions())
        .extracting(p -> Errors.forCode(p.errorCode()))
        .containsExactly(Errors.OFFSET_METADATA_TOO_LARGE, Errors.NONE);
    coordinator.endTransaction(7, true);
    assertThat(shard.offsets().get("g", "t", 1).metadata()).isEmpty();
    assertThat(shard.offsets().count()).isEqualTo(1);
  }

  // ---- fetch

  @Test
  void shouldSayThatAnOffsetMayChange() {
    commitAlone(50);
    commit(7, 100);

    OffsetFetchResponsePartitions unstable = fetch(true, 0);
    assertThat(Errors.forCode(unstable.errorCode())).isEqualTo(Errors.UNSTABLE_OFFSET_COMMIT);
    assertThat(unstable.committedOffset()).isEqualTo(-1);
    assertThat(unstable.committedLeaderEpoch()).isEqualTo(-1);
    assertThat(unstable.metadata()).isEmpty();
    assertThat(committed()).isEqualTo(50);
    assertThat(Errors.forCode(fetch(true, 1).errorCode())).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldSayThatAnOffsetMayChangeWhileAnyTransactionIsUnderWay() {
    commit(7, 100);
    commit(8, 90);
    coordinator.endTransaction(7, true);
    assertThat(stability()).isEqualTo(Errors.UNSTABLE_OFFSET_COMMIT);

    coordinator.endTransaction(8, false);

    assertThat(stability()).isEqualTo(Errors.NONE);
    assertThat(committed()).isEqualTo(100);
  }

  @Test
  void shouldSayOfAllThatIsCommittedWhatMayChange() {
    commitAlone(50);
    commit(7, 100);
    OffsetFetchRequestGroup all = new OffsetFetchRequestGroup().setGroupId("g").setTopics(null);

    Said<OffsetFetchResponseGroup> said = ask(reply -> shard.fetchOffsets(all, true, reply));

    assertThat(said.value.topics().get(0).partitions())
        .extracting(p -> Errors.forCode(p.errorCode()))
        .containsExactly(Errors.UNSTABLE_OFFSET_COMMIT);
  }

  // ---- groups

  @Test
  void shouldBeASimpleGroupWhileATransactionCommitsForIt() {
    commit(7, 100);
    assertThat(shard.groups().get("g")).isEqualTo(new SimpleGroup("g"));

    coordinator.endTransaction(7, false);

    assertThat(shard.groups().get("g")).isNull();
  }

  @Test
  void shouldKeepAGroupWithoutOffsetsWhileATransactionCommitsForIt() {
    commit(7, 100);
    TestGroup group = new TestGroup("g");
    shard.groups().put(group);

    coordinator.advance(2 * RETENTION_MS);

    assertThat(shard.groups().get("g")).isSameAs(group);
  }

  @Test
  void shouldNotExpireWhatATransactionCommitsFor() {
    commitAlone(50);
    commit(7, 100);

    coordinator.advance(2 * RETENTION_MS);
    assertThat(committed()).isEqualTo(50);
    coordinator.endTransaction(7, false);
    coordinator.advance(CHECK_MS);

    assertThat(committed()).isEqualTo(-1);
    assertThat(shard.groups().get("g")).isNull();
  }

  @Test
  void shouldForgetWhatIsPendingWithTheGroup() {
    commitAlone(50);
    commit(7, 100);
    commit(request(7, 0).setTopics(List.of(topic(1, 101))));

    Said<Errors> said = ask(reply -> shard.deleteGroup("g", reply));

    assertThat(said.value).isEqualTo(Errors.NONE);
    coordinator.endTransaction(7, true);
    assertThat(shard.offsets().count()).isZero();
    assertThat(shard.groups().get("g")).isNull();
  }

  @Test
  void shouldForgetWhatIsPendingWithTheOffset() {
    commit(7, 100);
    commit(8, 101);
    OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId("g");
    request
        .topics()
        .add(
            new OffsetDeleteRequestTopic()
                .setName("t")
                .setPartitions(List.of(new OffsetDeleteRequestPartition().setPartitionIndex(0))));

    Said<OffsetDeleteResponseData> said = ask(reply -> shard.deleteOffsets(request, reply));
    assertThat(said.error).isEqualTo(Errors.NONE);

    assertThat(stability()).isEqualTo(Errors.NONE);
    coordinator.endTransaction(7, true);
    coordinator.endTransaction(8, true);
    assertThat(committed()).isEqualTo(-1);
  }

  @Test
  void shouldTakeWhatTheTransactionCommitsAfterATombstone() {
    commit(7, 100);
    shard.replay(OffsetRecords.tombstone("g", "t", 0));
    commit(7, 110);

    coordinator.endTransaction(7, true);

    assertThat(committed()).isEqualTo(110);
  }

  private static ImageDelta deleted(Uuid id) {
    TopicId gone = new TopicId(id.getMostSignificantBits(), id.getLeastSignificantBits());
    return new ImageDelta(
        MetadataImage.EMPTY,
        MetadataImage.EMPTY,
        Map.of(),
        Map.of(gone, new TopicImage(gone, "t", List.of())),
        Set.of(),
        Set.of());
  }

  @Test
  void shouldForgetWhatIsPendingForDeletedTopics() {
    commitAlone(50);
    commit(7, 100);
    commit(8, 100);
    commit(request(7, 0).setTopics(List.of(topic(1, 101))));
    coordinator.records.clear();

    coordinator.carryOut(shard.onImage(deleted(TOPIC)));

    assertThat(coordinator.records).hasSize(2);
    assertThat(shard.groups().get("g")).isNull();
    coordinator.endTransaction(7, true);
    assertThat(shard.offsets().count()).isZero();
  }

  @Test
  void shouldKeepWhatIsPendingForTheNextTopicOfTheName() {
    commit(7, 100);

    coordinator.carryOut(shard.onImage(deleted(new Uuid(5, 5))));
    coordinator.endTransaction(7, true);

    assertThat(committed()).isEqualTo(100);
  }
}
