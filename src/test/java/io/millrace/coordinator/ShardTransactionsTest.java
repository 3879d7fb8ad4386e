package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.Decision;
import io.millrace.log.ReadResult;
import io.millrace.model.TransactionMarker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;

/** What a shard decides in transactions, and how these end. */
class ShardTransactionsTest extends ShardFixture {
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
}
