package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.Decision;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** What a shard answers, and when; how its records come into the log. */
class ShardHostTest extends ShardFixture {
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
  void shouldRefuseACurrentReadWhenAnotherMayLead() {
    await(set("a", 7L));
    log.sure = false;

    assertThat(getCurrent("a").error).isEqualTo(Errors.NOT_COORDINATOR);
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
  void shouldCarryOutWhatATimerDecides() {
    shard()
        .timers
        .schedule("tick", 1, () -> new Decision().append(RegisterShard.record("ticked", 1L)));

    loop.await(() -> log.log.logEndOffset() == 1);

    assertThat(shard().numbers).containsEntry("ticked", 1L);
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
}
