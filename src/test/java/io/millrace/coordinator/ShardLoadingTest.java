package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.Decision;
import io.millrace.record.BatchBuilder;
import java.io.IOException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.ShareGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupMetadataValue;
import org.junit.jupiter.api.Test;

/**
 * A shard is loaded when its partition is led, again when its state is not that of the log, and
 * gone when it resigns.
 */
class ShardLoadingTest extends ShardFixture {
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
}
