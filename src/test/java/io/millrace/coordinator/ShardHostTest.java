package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.group.GroupRecordTypes;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.log.LogConfig;
import io.millrace.log.ReadResult;
import io.millrace.metadata.MetadataImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import io.millrace.model.TransactionMarker;
import io.millrace.record.BatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.coordinator.group.generated.ShareGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupMetadataValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One shard on a real log; the test's thread is its loop and its worker. */
class ShardHostTest {
  /** A clock that a test can push. */
  private static final class PushedClock implements Clock {
    long ahead;

    @Override
    public long wallMs() {
      return System.currentTimeMillis();
    }

    @Override
    public long nanos() {
      return System.nanoTime() + ahead;
    }
  }

  /** What a reply said. */
  private final class Said implements Reply<Long> {
    private final String name;
    boolean done;
    Long value;
    Errors error = Errors.NONE;

    Said(String name) {
      this.name = name;
    }

    @Override
    public void complete(Long given) {
      assertThat(done).isFalse();
      done = true;
      value = given;
      order.add(name);
    }

    @Override
    public void fail(Errors why, String message) {
      assertThat(done).isFalse();
      done = true;
      error = why;
      order.add(name);
    }
  }

  @TempDir Path directory;
  private final TestLoop loop = new TestLoop();
  private final PushedClock clock = new PushedClock();
  private final List<String> order = new ArrayList<>();
  private final List<RegisterShard> shards = new ArrayList<>();
  private final AtomicInteger loadedShards = new AtomicInteger();
  private TestLeaderLog log;
  private IntSupplier epoch;
  private ShardHost<RegisterShard> host;

  @BeforeEach
  void start() {
    log = new TestLeaderLog(loop, directory, LogConfig.defaults());
    load();
  }

  @AfterEach
  void stop() {
    log.close();
  }

  /** A new leader epoch: the shard is loaded from the log. */
  private void load() {
    beginToLoad();
    awaitLoaded();
  }

  private void beginToLoad() {
    ShardHost.Figures figures =
        new ShardHost.Figures(
            loadedShards, Metrics.NONE.timer("load", ""), Metrics.NONE.counter("records", ""));
    host =
        new ShardHost<>(
            new ShardHost.Parts<>(
                new CoordinatorConfig(TestLeaderLog.ID.topic(), 5_000, 4096),
                (partition, timers, leaderEpoch) -> {
                  epoch = leaderEpoch;
                  shards.add(new RegisterShard(timers));
                  return shard();
                },
                new RecordCodec(new GroupRecordTypes(Set.of())),
                clock,
                loop,
                () -> MetadataImage.EMPTY,
                figures),
            TestLeaderLog.ID,
            log);
    log.resident = host;
    host.load();
  }

  private void awaitLoaded() {
    loop.await(() -> shard().loaded);
  }

  private RegisterShard shard() {
    return shards.get(shards.size() - 1);
  }

  private Said run(String name, Command<RegisterShard, Long> command) {
    Said said = new Said(name);
    host.run(command, said);
    return said;
  }

  private Said set(String name, Long number) {
    return run(name, (shard, reply) -> shard.set(name, number, reply));
  }

  private Said await(Said said) {
    loop.await(() -> said.done);
    return said;
  }

  @Test
  void shouldAnswerWhenTheHighWatermarkCoversTheRecords() {
    log.holding = true;
    Said said = set("a", 1L);
    loop.await(() -> log.log.logEndOffset() == 1);
    assertThat(said.done).isFalse();

    log.releaseHighWatermark();

    assertThat(said.done).isTrue();
    assertThat(said.value).isEqualTo(1);
  }

  @Test
  void shouldLetTheNextCommandOfTheTurnSeeTheRecords() {
    Said first = run("first", (shard, reply) -> shard.increment("n", reply));
    Said second = run("second", (shard, reply) -> shard.increment("n", reply));

    assertThat(await(first).value).isZero();
    assertThat(await(second).value).isEqualTo(1);
  }

  @Test
  void shouldAppendWhatIsDecidedInOneTurnAsOneBatch() {
    set("a", 1L);
    set("b", 2L);
    await(set("c", 3L));

    assertThat(log.appends).isEqualTo(1);
    assertThat(log.log.logEndOffset()).isEqualTo(3);
  }

  @Test
  void shouldHoldTheAnswerOfAReadUntilWhatItReadIsCommitted() {
    log.holding = true;
    set("a", 1L);
    Said inTheSameTurn = run("r1", (shard, reply) -> shard.get("a", reply));
    loop.await(() -> log.log.logEndOffset() == 1);
    Said later = run("r2", (shard, reply) -> shard.get("a", reply));
    assertThat(inTheSameTurn.done).isFalse();
    assertThat(later.done).isFalse();

    log.releaseHighWatermark();

    assertThat(order).containsExactly("a", "r1", "r2");
    assertThat(later.value).isEqualTo(1);
  }

  @Test
  void shouldAnswerAReadAtOnceWhenEverythingIsCommitted() {
    await(set("a", 7L));

    assertThat(run("r", (shard, reply) -> shard.get("a", reply)).value).isEqualTo(7);
  }

  private Said getCurrent(String name) {
    return run("r", (shard, reply) -> shard.get(name, reply).current());
  }

  @Test
  void shouldAnswerACurrentReadWhenItIsSureThatNobodyElseLeads() {
    await(set("a", 7L));
    log.sure = null;
    Said read = getCurrent("a");
    assertThat(read.done).isFalse();

    log.unsure.get(0).complete(true);

    assertThat(read.value).isEqualTo(7);
  }

  @Test
  void shouldRefuseACurrentReadWhenAnotherMayLead() {
    await(set("a", 7L));
    log.sure = false;

    assertThat(getCurrent("a").error).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void shouldRefuseACurrentReadOfWhatTheDiskHasLostSince() {
    await(set("a", 1L));
    log.sure = null;
    Said read = getCurrent("a");
    host.onAppendFailed(1, new IOException("No space left on device"));
    awaitLoaded();

    log.unsure.get(0).complete(true);

    assertThat(read.error).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void shouldLoadWhatEarlierLeadersAppended() {
    for (long i = 0; i < 500; i++) {
      set("n" + i, i);
      if (i % 50 == 0) {
        await(set("turn", i));
      }
    }
    set("n3", null);
    await(set("n4", 44L));

    load();

    assertThat(shards).hasSize(2);
    assertThat(shard().numbers)
        .hasSize(500)
        .doesNotContainKey("n3")
        .containsEntry("n4", 44L)
        .containsEntry("n499", 499L);
  }

  @Test
  void shouldSkipRecordsOfTypesThatMeanNothingHere() {
    await(set("a", 1L));
    byte[] key = MessageUtil.toCoordinatorTypePrefixedBytes(new ShareGroupMetadataKey());
    byte[] value =
        MessageUtil.toVersionPrefixedBytes((short) 0, new ShareGroupMetadataValue().setEpoch(1));
    log.append(new BatchBuilder().append(1, key, value).append(1, key, null).build());
    log.write();
    await(set("b", 2L));

    load();

    assertThat(shard().numbers).containsOnlyKeys("a", "b");
  }

  @Test
  void shouldServeWhenCompactionLeftNothingOfTheEnd() {
    await(set("a", 1L));
    await(set("b", 2L));
    log.hole = 1;

    load();

    assertThat(shard().numbers).containsOnlyKeys("a");
  }

  @Test
  void shouldNotServeWhatItCannotRead() {
    byte[] key = RecordCodec.key(RegisterShard.record("a", 1L));
    byte[] newer = {0, 99, 1, 2, 3};
    log.append(new BatchBuilder().append(1, key, newer).build());
    log.write();
    beginToLoad();

    loop.await(() -> shard().unloaded != null);

    assertThat(set("b", 1L).error).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void shouldRefuseCommandsWhileLoading() {
    await(set("a", 1L));
    beginToLoad();

    assertThat(set("b", 2L).error).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);

    awaitLoaded();
  }

  @Test
  void shouldLoadAgainWhenRecordsThatWereReplayedCannotBeAppended() {
    await(set("a", 1L));
    log.surprise = Errors.KAFKA_STORAGE_ERROR;
    Said kept = run("kept", (shard, reply) -> shard.keep(reply));
    Said lost = set("a", 2L);
    Said read = run("read", (shard, reply) -> shard.get("a", reply));

    assertThat(await(lost).error).isEqualTo(Errors.NOT_COORDINATOR);

    assertThat(read.error).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(kept.error).isEqualTo(Errors.NOT_COORDINATOR);
    log.surprise = Errors.NONE;
    awaitLoaded();
    assertThat(shards).hasSize(2);
    assertThat(shard().numbers).containsEntry("a", 1L);
    assertThat(await(set("b", 5L)).value).isEqualTo(5);
  }

  @Test
  void shouldLoadAgainWhenTheDiskLosesAnAppend() {
    await(set("a", 1L));
    log.holding = true;
    Said lost = set("a", 2L);
    loop.await(() -> log.log.logEndOffset() == 2);

    host.onAppendFailed(1, new IOException("No space left on device"));

    assertThat(lost.error).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(shards).hasSize(2);
    awaitLoaded();
  }

  @Test
  void shouldLoadAgainWhenARecordCannotBeApplied() {
    await(set("a", 1L));
    shard().poison = "p";

    Said said = set("p", 2L);

    assertThat(said.error).isEqualTo(Errors.NOT_COORDINATOR);
    awaitLoaded();
    assertThat(shard().numbers).containsOnlyKeys("a");
  }

  @Test
  void shouldChangeNothingWhileReplicasAreMissing() {
    await(set("a", 1L));
    log.refusal = Errors.NOT_ENOUGH_REPLICAS;

    Said said = set("a", 2L);

    assertThat(said.error).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    assertThat(shard().numbers).containsEntry("a", 1L);
    assertThat(shards).hasSize(1);
  }

  @Test
  void shouldGiveUpACommitThatTakesTooLong() {
    log.holding = true;
    Said said = set("a", 1L);
    loop.await(() -> log.log.logEndOffset() == 1);

    clock.ahead = TimeUnit.SECONDS.toNanos(6);

    assertThat(await(said).error).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    log.releaseHighWatermark();
  }

  @Test
  void shouldSpreadADivisibleDecisionOverBatches() {
    log.maxBatchBytes = 1000;
    Said said =
        run(
            "many",
            (shard, reply) -> {
              Decision decision = new Decision().divisible().answer(reply, 1L);
              for (long i = 0; i < 100; i++) {
                decision.append(RegisterShard.record("n" + i, i));
              }
              return decision;
            });

    assertThat(await(said).value).isEqualTo(1);

    assertThat(log.appends).isBetween(5, 20);
    load();
    assertThat(shard().numbers).hasSize(100);
  }

  @Test
  void shouldRefuseADecisionThatFitsIntoNoBatch() {
    log.maxBatchBytes = 1000;

    Said said = set("x".repeat(2000), 1L);

    assertThat(said.error).isEqualTo(Errors.UNKNOWN_SERVER_ERROR);
    assertThat(shard().numbers).isEmpty();
  }

  @Test
  void shouldBeginANewBatchWhenOneIsFull() {
    log.maxBatchBytes = 1000;
    set("a".repeat(600), 1L);

    await(set("b".repeat(600), 2L));

    assertThat(log.appends).isEqualTo(2);
    assertThat(shard().numbers).hasSize(2);
  }

  @Test
  void shouldRefuseEverythingWhenItLeadsNoMore() {
    Said kept = run("kept", (shard, reply) -> shard.keep(reply));
    Said notYetAppended = set("a", 1L);

    host.onResigned();

    assertThat(kept.error).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(notYetAppended.error).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(set("b", 1L).error).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(loadedShards).hasValue(0);
  }

  @Test
  void shouldAnswerWhatIsCommittedAfterItResigned() {
    log.holding = true;
    Said committed = set("a", 1L);
    loop.await(() -> log.log.logEndOffset() == 1);
    host.onResigned();
    assertThat(committed.done).isFalse();

    log.releaseHighWatermark();

    assertThat(committed.value).isEqualTo(1);
  }

  @Test
  void shouldRefuseWhatNobodyWillHearOfAnyMore() {
    log.holding = true;
    Said unknown = set("a", 1L);
    loop.await(() -> log.log.logEndOffset() == 1);
    host.onResigned();

    host.onEnded();

    assertThat(unknown.error).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void shouldCarryOutWhatATimerDecides() {
    shard()
        .timers
        .schedule("tick", 1, () -> new Decision().append(RegisterShard.record("ticked", 1L)));

    loop.await(() -> log.log.logEndOffset() == 1);

    assertThat(shard().numbers).containsEntry("ticked", 1L);
  }

  @Test
  void shouldForgetTheTimersOfAShardThatIsGone() {
    RegisterShard old = shard();
    old.timers.schedule("tick", 1, () -> new Decision().append(RegisterShard.record("x", 1L)));
    host.onResigned();

    load();
    // Of the same loop and later, so that the old one's turn has come before.
    shard()
        .timers
        .schedule("later", 200, () -> new Decision().append(RegisterShard.record("later", 1L)));
    loop.await(() -> shard().numbers.containsKey("later"));

    assertThat(old.numbers).isEmpty();
    assertThat(shard().numbers).containsOnlyKeys("later");
  }

  @Test
  void shouldAnswerACommandThatFails() {
    Said said =
        run(
            "bad",
            (shard, reply) -> {
              throw new IllegalStateException("a bug");
            });

    assertThat(said.error).isEqualTo(Errors.UNKNOWN_SERVER_ERROR);
    assertThat(await(set("a", 1L)).value).isEqualTo(1);
  }

  // ---- transactions

  private Said setInTransaction(long producerId, String name, Long number) {
    return run(name, (shard, reply) -> shard.setInTransaction(producerId, name, number, reply));
  }

  private static TransactionMarker marker(long producerId, boolean commits) {
    return new TransactionMarker(producerId, (short) 0, commits, 5, 0);
  }

  /** What became of the marker; empty = not known yet. */
  private List<Errors> end(TransactionMarker marker) {
    List<Errors> said = new ArrayList<>();
    host.endTransaction(marker, said::add);
    return said;
  }

  private void awaitEnd(TransactionMarker marker) {
    List<Errors> said = end(marker);
    loop.await(() -> !said.isEmpty());
    assertThat(said).containsExactly(Errors.NONE);
  }

  @Test
  void shouldTellTheShardTheEpochInWhichItIsLed() {
    assertThat(epoch.getAsInt()).isEqualTo(log.leaderEpoch());
  }

  @Test
  void shouldApplyRecordsOfATransactionWhenItIsCommitted() {
    await(setInTransaction(7, "a", 1L));
    assertThat(shard().numbers).isEmpty();

    awaitEnd(marker(7, true));

    assertThat(shard().numbers).containsEntry("a", 1L);
  }

  @Test
  void shouldDropRecordsOfATransactionThatIsAborted() {
    await(setInTransaction(7, "a", 1L));

    awaitEnd(marker(7, false));

    assertThat(shard().numbers).isEmpty();
    assertThat(shard().pending).isEmpty();
  }

  @Test
  void shouldKeepTheOrderOfATurnAcrossTransactions() {
    set("a", 1L);
    setInTransaction(7, "b", 2L);
    set("c", 3L);
    List<Errors> ended = end(marker(7, true));
    run("read", (shard, reply) -> shard.get("b", reply));
    await(set("d", 4L));

    assertThat(ended).containsExactly(Errors.NONE);
    assertThat(order).containsExactly("a", "b", "c", "read", "d");
    assertThat(log.appends).isEqualTo(5);
    assertThat(log.log.logEndOffset()).isEqualTo(5);
  }

  @Test
  void shouldAnswerAMarkerOnceItIsCommitted() {
    log.holding = true;
    List<Errors> ended = end(marker(7, true));
    loop.await(() -> log.log.logEndOffset() == 1);
    assertThat(ended).isEmpty();

    log.releaseHighWatermark();

    assertThat(ended).containsExactly(Errors.NONE);
  }

  @Test
  void shouldWriteMarkersAsKafkaReadsThem() throws IOException {
    await(setInTransaction(7, "a", 1L));
    awaitEnd(marker(7, true));

    ReadResult.Data data = (ReadResult.Data) log.read(0, 1 << 20);
    ByteBuffer bytes = ByteBuffer.allocate(data.slice().length());
    data.slice().channel().read(bytes, data.slice().position());
    data.slice().release();
    List<MutableRecordBatch> batches = new ArrayList<>();
    MemoryRecords.readableRecords(bytes.flip()).batches().forEach(batches::add);
    assertThat(batches).hasSize(2);
    assertThat(batches.get(0).isTransactional()).isTrue();
    assertThat(batches.get(0).isControlBatch()).isFalse();
    assertThat(batches.get(0).producerId()).isEqualTo(7);
    assertThat(batches.get(1).isControlBatch()).isTrue();
    assertThat(
            EndTransactionMarker.deserialize(batches.get(1).iterator().next()).coordinatorEpoch())
        .isEqualTo(5);
  }

  @Test
  void shouldLoadTransactionsAsTheyWere() {
    await(setInTransaction(7, "a", 1L));
    await(setInTransaction(8, "b", 2L));
    await(setInTransaction(9, "c", 3L));
    awaitEnd(marker(7, true));
    awaitEnd(marker(8, false));
    await(set("d", 4L));

    load();

    assertThat(shards).hasSize(2);
    assertThat(shard().numbers).containsOnlyKeys("a", "d");
    assertThat(shard().pending).containsOnlyKeys(9L);
    assertThat(shard().ended).containsExactly(marker(7, true), marker(8, false));
  }

  @Test
  void shouldRefuseNothingElseWhenTheLogRefusesAProducer() {
    await(set("a", 1L));
    log.surprise = Errors.INVALID_PRODUCER_EPOCH;
    Said fenced = setInTransaction(7, "b", 2L);
    List<Errors> ended = end(marker(7, true));
    log.surprise = Errors.NONE;

    assertThat(fenced.error).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(ended).containsExactly(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(await(set("c", 3L)).error).isEqualTo(Errors.NONE);
    assertThat(shards).hasSize(1);
    assertThat(shard().pending).isEmpty();
    assertThat(shard().ended).isEmpty();
  }

  @Test
  void shouldRefuseATransactionWhenItsTurnIsLost() {
    await(set("a", 1L));
    log.surprise = Errors.KAFKA_STORAGE_ERROR;
    Said before = set("b", 2L);

    Said inTransaction = setInTransaction(7, "c", 3L);

    assertThat(before.error).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(inTransaction.error).isEqualTo(Errors.NOT_COORDINATOR);
    log.surprise = Errors.NONE;
    awaitLoaded();
    assertThat(shard().numbers).containsOnlyKeys("a");
    assertThat(shard().pending).isEmpty();
  }

  @Test
  void shouldSayInTheWordsOfAPartitionWhyAMarkerIsNotWritten() {
    log.refusal = Errors.NOT_ENOUGH_REPLICAS;
    assertThat(end(marker(7, true))).containsExactly(Errors.NOT_ENOUGH_REPLICAS);
    log.refusal = Errors.NONE;
    beginToLoad();
    assertThat(end(marker(7, true))).containsExactly(Errors.COORDINATOR_LOAD_IN_PROGRESS);
    awaitLoaded();
    host.onResigned();

    assertThat(end(marker(7, true))).containsExactly(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void shouldNotSayThatAMarkerIsWrittenWhenNobodyKnows() {
    log.holding = true;
    List<Errors> late = end(marker(7, true));
    loop.await(() -> log.log.logEndOffset() == 1);
    clock.ahead = TimeUnit.SECONDS.toNanos(6);
    loop.await(() -> !late.isEmpty());
    assertThat(late).containsExactly(Errors.REQUEST_TIMED_OUT);
    List<Errors> unknown = end(marker(8, true));
    loop.await(() -> log.log.logEndOffset() == 2);
    host.onResigned();

    host.onEnded();

    assertThat(unknown).containsExactly(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void shouldRefuseATransactionThatFitsIntoNoBatch() {
    log.maxBatchBytes = 1000;
    Said said =
        run(
            "many",
            (shard, reply) -> {
              Decision decision = new Decision().divisible().inTransaction(7, (short) 0);
              for (long i = 0; i < 100; i++) {
                decision.append(RegisterShard.record("n" + i, i));
              }
              return decision.answer(reply, 1L);
            });

    assertThat(said.error).isEqualTo(Errors.UNKNOWN_SERVER_ERROR);
    assertThat(shard().pending).isEmpty();
  }

  @Test
  void shouldWriteRecordsAsKafkaDoes() {
    CoordinatorRecord record = RegisterShard.record("g", 5L);

    assertThat(RecordCodec.key(record))
        .startsWith(0, 1, 0, 1)
        .contains("g".getBytes(StandardCharsets.UTF_8));
    assertThat(RecordCodec.value(record)).startsWith(0, 4, 0, 0, 0, 0, 0, 0, 0, 5);
    assertThat(RecordCodec.value(RegisterShard.record("g", null))).isNull();
  }
}
