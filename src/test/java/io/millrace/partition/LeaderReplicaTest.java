package io.millrace.partition;

import static io.millrace.partition.LeaderFixture.EPOCH;
import static io.millrace.partition.LeaderFixture.NODE;
import static io.millrace.partition.LeaderFixture.OTHER;
import static io.millrace.partition.LeaderFixture.batch;
import static io.millrace.partition.RealLog.ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.cluster.PartitionLive;
import io.millrace.cluster.ReplicaLive;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.model.Clock;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import io.millrace.record.CompressionTarget;
import io.millrace.record.ValidationRules;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A leader on a real log; the test's thread is its loop, and the test runs its compute worker. */
class LeaderReplicaTest {
  @TempDir Path directory;
  private final ArrayDeque<Runnable> worker = new ArrayDeque<>();
  private ValidationRules rules = ValidationRules.DEFAULT;
  private LeaderFixture f;

  @BeforeEach
  void open() {
    f = new LeaderFixture(directory);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private void lead(int minInsyncReplicas, Integer... isr) {
    f.lead(worker::add, rules, minInsyncReplicas, isr);
  }

  private Append append(int acks, ByteBuffer batch) {
    Append append = new Append(acks, batch);
    f.leader.append(append);
    return append;
  }

  /** Of random bytes, so that it stays above what a loop may decompress. */
  private static ByteBuffer heavyBatch() {
    byte[] value = new byte[200_000];
    new java.util.Random(1).nextBytes(value);
    return new BatchBuilder().codec(Codec.LZ4).append(1, null, value).build();
  }

  @Test
  void shouldAcknowledgeOnlyWhatIsPersisted() {
    lead(1, NODE);

    Append append = append(-1, batch("a"));

    assertThat(append.complete).as("before the write").isFalse();
    f.loop.await(() -> append.complete);
    assertThat(append.error()).isEqualTo(Errors.NONE);
    assertThat(append.baseOffset()).isZero();
    assertThat(append.records.released).isOne();
    assertThat(f.leader.state().highWatermark()).isOne();
  }

  @Test
  void shouldAcknowledgeAcksAllWhenTheWholeIsrHasIt() {
    lead(1, NODE, OTHER);

    Append one = append(1, batch("a"));
    Append all = append(-1, batch("b"));
    f.loop.await(() -> one.complete);

    assertThat(all.complete).isFalse();
    f.commitIsr(NODE);
    assertThat(all.complete).isTrue();
    assertThat(all.baseOffset()).isEqualTo(1);
  }

  @Test
  void shouldRefuseAcksAllWithTooFewReplicas() {
    lead(2, NODE);

    Append all = append(-1, batch("a"));

    assertThat(all.error()).isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
    assertThat(all.records.released).isOne();
    assertThat(f.log.nextOffset()).isZero();
  }

  @Test
  void shouldKeepTheOrderBehindABatchThatAWorkerValidates() {
    lead(1, NODE);

    Append heavy = append(1, heavyBatch());
    Append light = append(1, batch("later"));
    assertThat(f.log.nextOffset()).as("nothing has an offset yet").isZero();
    worker.poll().run();
    f.loop.await(() -> light.complete);

    assertThat(heavy.complete).isTrue();
    assertThat(heavy.baseOffset()).isZero();
    assertThat(light.baseOffset()).isEqualTo(1);
  }

  @Test
  void shouldRefuseAcksAllWhenTheIsrHasShrunkDuringTheValidation() {
    lead(1, NODE);

    Append heavy = append(-1, heavyBatch());
    f.leader.reconfigure(new PartitionSettings(f.log.config(), rules, 2));
    worker.poll().run();
    f.loop.await(() -> heavy.complete);

    assertThat(heavy.error()).isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
    assertThat(heavy.records.released).isOne();
    assertThat(f.log.nextOffset()).isZero();
  }

  @Test
  void shouldStoreInTheTopicsCodecByWayOfAWorker() {
    rules = rules.withCompression(CompressionTarget.of(Codec.LZ4));
    lead(1, NODE);

    Append append = append(1, batch("a".repeat(1_000)));
    worker.poll().run();
    f.loop.await(() -> append.complete);

    assertThat(append.error()).isEqualTo(Errors.NONE);
    assertThat(f.log.sizeInBytes()).isLessThan(200);
  }

  @Test
  void shouldRefuseWhatABrokenBatchHoldsAndGoOn() {
    lead(1, NODE);
    ByteBuffer broken = heavyBatch();
    broken.put(100, (byte) ~broken.get(100));

    Append refused = append(1, broken);
    Append good = append(1, batch("good"));
    worker.poll().run();
    f.loop.await(() -> good.complete);

    assertThat(refused.error()).isEqualTo(Errors.CORRUPT_MESSAGE);
    assertThat(refused.records.released).isOne();
    assertThat(good.baseOffset()).isZero();
  }

  @Test
  void shouldAcknowledgeADuplicateOnlyWhenTheOriginalIs() {
    lead(1, NODE, OTHER);
    Append original = append(-1, idempotent());
    Append duplicate = append(-1, idempotent());
    f.loop.await(() -> f.log.logEndOffset() == 1);

    assertThat(original.complete || duplicate.complete).isFalse();
    f.commitIsr(NODE);

    assertThat(duplicate.complete).isTrue();
    assertThat(duplicate.baseOffset()).isEqualTo(original.baseOffset()).isZero();
    assertThat(f.log.logEndOffset()).isOne();
  }

  private static ByteBuffer idempotent() {
    return new BatchBuilder().producer(4, (short) 0, 0).append(1, null, new byte[1]).build();
  }

  @Test
  void shouldTellReadersAndRefuseTheRestWhenItRetires() {
    lead(1, NODE, OTHER);
    Reader reader = new Reader();
    f.leader.read(reader, new FetchAsk(0, -1, -1, 1_000, false, true, null, 1));
    Append written = append(-1, batch("a"));
    Append waiting = append(1, heavyBatch());
    Append behind = append(1, batch("b"));
    f.loop.await(() -> f.log.logEndOffset() == 1);

    f.leader.retire(
        Errors.NOT_LEADER_OR_FOLLOWER,
        new OfflineReplica(Errors.KAFKA_STORAGE_ERROR, "as the successor says"));
    worker.poll().run();
    f.loop.await(() -> waiting.complete);

    assertThat(reader.fired)
        .extracting(FetchAnswer::error)
        .containsExactly(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(written.error()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(waiting.error()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(behind.error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
  }

  @Test
  void shouldAcknowledgeInItsNextEpochWhatWaitsWhenTheIsrOfThatHasIt() {
    lead(1, NODE, OTHER);
    Append waiting = append(-1, batch("a"));
    f.loop.await(() -> f.log.logEndOffset() == 1);

    f.beginNextEpoch(NODE, OTHER);
    assertThat(waiting.complete).isFalse();
    f.commitIsr(NODE);

    assertThat(waiting.error()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldGiveItsNextEpochToWhatAWorkerValidatesMeanwhile() {
    lead(1, NODE);
    Append heavy = append(-1, heavyBatch());

    f.beginNextEpoch(NODE);
    worker.poll().run();
    f.loop.await(() -> heavy.complete);

    assertThat(heavy.error()).isEqualTo(Errors.NONE);
    assertThat(f.log.latestEpoch()).isEqualTo(EPOCH + 1);
  }

  @Test
  void shouldTellWaitingReadersOfItsEpochBeforeWhenTheNextBegins() {
    lead(1, NODE, OTHER);
    Reader follower = new Reader();
    f.leader.read(
        follower, new FetchAsk(0, EPOCH, -1, 1_000, false, true, new Follower(OTHER, 72), 1));
    Reader consumer = new Reader();
    f.leader.read(consumer, new FetchAsk(0, -1, -1, 1_000, false, true, null, 1));

    f.beginNextEpoch(NODE, OTHER);

    assertThat(follower.fired)
        .extracting(FetchAnswer::error)
        .containsExactly(Errors.FENCED_LEADER_EPOCH);
    assertThat(consumer.fired).allMatch(answer -> answer.error() == Errors.NONE);
  }

  @Test
  void shouldStillAcknowledgeWhatHasItsOffsetsWhenItResigns() {
    lead(1, NODE);
    Append assigned = append(-1, batch("a"));

    f.leader.resign(
        Errors.NOT_LEADER_OR_FOLLOWER, new OfflineReplica(Errors.NOT_LEADER_OR_FOLLOWER, null));
    f.loop.await(() -> assigned.complete);

    assertThat(assigned.error()).isEqualTo(Errors.NONE);
    assertThat(f.log.logEndOffset()).isOne();
  }

  @Test
  void shouldFireAWatcherOnceWhenItsBytesAreCommitted() {
    lead(1, NODE);
    Reader reader = new Reader();
    f.leader.read(reader, new FetchAsk(0, -1, -1, 1_000, false, true, null, 1));
    assertThat(reader.read).hasSize(1);

    Append first = append(1, batch("a"));
    f.loop.await(() -> first.complete);
    Append second = append(1, batch("b"));
    f.loop.await(() -> second.complete);

    assertThat(reader.fired).hasSize(1);
    assertThat(reader.fired.get(0).slice().length()).isPositive();
    reader.fired.get(0).slice().release();
  }

  @Test
  void shouldNotTakeForNewsWhatDoesNotFit() {
    lead(1, NODE);
    Append large = append(1, batch("x".repeat(500)));
    f.loop.await(() -> large.complete);
    Reader reader = new Reader();

    f.leader.read(reader, new FetchAsk(0, -1, -1, 100, false, false, null, 1));

    assertThat(reader.read.get(0).slice()).isNull();
    assertThat(reader.read.get(0).heldBack(reader.ask())).isTrue();
    assertThat(reader.armed()).as("nobody would tell it of these bytes").isFalse();
  }

  @Test
  void shouldFenceReadersOfAnotherEpoch() {
    lead(1, NODE);
    Reader old = new Reader();
    Reader ahead = new Reader();

    f.leader.read(old, new FetchAsk(0, EPOCH - 1, -1, 1_000, false, true, null, 1));
    f.leader.read(ahead, new FetchAsk(0, EPOCH + 1, -1, 1_000, false, true, null, 1));

    assertThat(old.read.get(0).error()).isEqualTo(Errors.FENCED_LEADER_EPOCH);
    assertThat(ahead.read.get(0).error()).isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);
  }

  @Test
  void shouldTellAReaderWhereItsHistoryEnds() {
    lead(1, NODE);
    Append append = append(1, batch("a"));
    f.loop.await(() -> append.complete);
    Reader reader = new Reader();

    // It says that it has offset 4 of an epoch that ended at 1.
    f.leader.read(reader, new FetchAsk(5, EPOCH, EPOCH, 1_000, false, true, null, 1));

    assertThat(reader.read.get(0).diverging().leaderEpoch()).isEqualTo(EPOCH);
    assertThat(reader.read.get(0).diverging().endOffset()).isEqualTo(1);
  }

  private static FetchAsk ofConsumerIn(String rack) {
    return new FetchAsk(0, -1, -1, 1_000, false, true, null, 1, rack, -1);
  }

  private static FetchAsk ofFollower(long offset) {
    Follower other = new Follower(OTHER, 70 + OTHER);
    return new FetchAsk(offset, EPOCH, -1, 1_000, false, true, other, 0, null, 0);
  }

  /** Both replicas have one record, and consumers in the east may read from the other one. */
  private void replicateToTheEast() {
    f.racks = (node, rack) -> node == OTHER && rack.equals("east");
    lead(1, NODE, OTHER);
    Append append = append(1, batch("a"));
    f.loop.await(() -> append.complete);
    f.leader.read(new Reader(), ofFollower(1));
  }

  @Test
  void shouldSendAConsumerToTheReplicaInItsRack() {
    replicateToTheEast();
    Reader reader = new Reader();

    f.leader.read(reader, ofConsumerIn("east"));

    FetchAnswer answer = reader.read.get(0);
    assertThat(answer.preferredReplica()).isEqualTo(OTHER);
    assertThat(answer.slice()).isNull();
    assertThat(reader.armed()).as("it is not to wait here").isFalse();
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "west"})
  void shouldServeAConsumerOfNoOrAnotherRack(String rack) {
    replicateToTheEast();
    Reader reader = new Reader();

    f.leader.read(reader, ofConsumerIn(rack));

    assertThat(reader.read.get(0).preferredReplica()).isEqualTo(-1);
    assertThat(reader.read.get(0).slice().length()).isPositive();
    reader.read.get(0).slice().release();
  }

  @Test
  void shouldTellHowFarItsReplicasAre() {
    replicateToTheEast();
    Append second = append(1, batch("b"));
    f.loop.await(() -> second.complete);

    PartitionLive live = f.leader.live();

    assertThat(live.leader()).isEqualTo(NODE);
    assertThat(live.leaderEpoch()).isEqualTo(EPOCH);
    assertThat(live.highWatermark()).isEqualTo(1);
    assertThat(live.replicas())
        .extracting(ReplicaLive::nodeId, ReplicaLive::inSync, ReplicaLive::logEndOffset)
        .containsExactly(tuple(NODE, true, 2L), tuple(OTHER, true, 1L));
  }

  @Test
  void shouldCountWhoJoinsAndLeavesTheIsr() {
    lead(1, NODE);
    f.commitIsr(NODE, OTHER);
    f.commitIsr(NODE);

    assertThat(f.metrics.scrape())
        .contains(
            "millrace_isr_expands_total{reason=\"caught_up\"} 1",
            "millrace_isr_shrinks_total{reason=\"fenced\"} 1",
            "millrace_isr_shrinks_total{reason=\"lag\"} 0");
  }

  private int bytesForFollower() {
    Reader reader = new Reader();
    Follower other = new Follower(OTHER, 1);
    f.leader.read(reader, new FetchAsk(0, EPOCH, -1, 1_000, false, true, other, 1, null, -1));
    FetchAnswer answer = reader.read.get(0);
    if (answer.slice() != null) {
      answer.slice().release();
    }
    return answer.sizeInBytes();
  }

  @Test
  void shouldHoldBackBytesFromAFollowerOutOfSyncOverTheThrottledRate() {
    lead(1, NODE);
    Append append = append(1, batch("a"));
    f.loop.await(() -> append.complete);
    throttleAt(10);

    assertThat(bytesForFollower()).isPositive();
    assertThat(bytesForFollower()).isZero();
    f.throttleClock.advanceMs(60_000);
    assertThat(bytesForFollower()).isPositive();
  }

  @Test
  void shouldNeverThrottleAFollowerInSync() {
    lead(1, NODE, OTHER);
    Append append = append(1, batch("a"));
    f.loop.await(() -> append.complete);
    throttleAt(10);

    for (int i = 0; i < 3; i++) {
      assertThat(bytesForFollower()).isPositive();
    }
  }

  private void throttleAt(long bytesPerSecond) {
    String key = "leader.replication.throttled.replicas";
    f.throttle.update(
        new ImageBuilder(MetadataImage.EMPTY)
            .apply(
                0,
                List.of(
                    new MetadataRecord.Topic(ID.topicId(), ID.topic()),
                    new MetadataRecord.Config(ConfigResource.topic(ID.topic()), key, "*")))
            .build()
            .image(),
        key,
        NODE,
        bytesPerSecond);
  }

  /** A batch with a memory of what became of it. */
  private static final class Append extends ProduceAppend {
    private boolean complete;
    private final DirectRecords records;

    Append(int acks, ByteBuffer batch) {
      this(acks, new DirectRecords(batch));
    }

    private Append(int acks, DirectRecords records) {
      super(records, (short) acks, Clock.SYSTEM.wallMs() + 60_000, true);
      this.records = records;
    }

    @Override
    protected void onComplete() {
      assertThat(complete).as("complete before").isFalse();
      complete = true;
    }
  }

  private static final class Reader extends FetchRead {
    private final List<FetchAnswer> read = new ArrayList<>();
    private final List<FetchAnswer> fired = new ArrayList<>();

    @Override
    protected void onRead(FetchAnswer answer) {
      read.add(answer);
    }

    @Override
    protected void onFired(FetchAnswer answer) {
      fired.add(answer);
    }
  }
}
