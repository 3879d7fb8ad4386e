package io.millrace.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AppendOutcome;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogDirectoryOptions;
import io.millrace.log.LogListener;
import io.millrace.log.PartitionLog;
import io.millrace.log.SystemFileIo;
import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.state.LeaderState;
import io.millrace.record.BatchBuilder;
import io.millrace.record.ValidationRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a resident hears of the replica it lives with, on a real log. */
class ResidentBondTest {
  private static final int NODE = 1;
  private static final int OTHER = 2;
  private static final int EPOCH = 7;
  private static final TopicIdPartition ID = new TopicIdPartition(new TopicId(1, 2), "t", 0);

  /** Writes down what it hears. */
  private static final class Diary implements Resident {
    final List<String> heard = new ArrayList<>();

    @Override
    public void onHighWatermark(long highWatermark) {
      heard.add("high watermark " + highWatermark);
    }

    @Override
    public void onAppendFailed(long fromOffset, IOException cause) {
      heard.add("lost from " + fromOffset);
    }

    @Override
    public void onResigned() {
      heard.add("resigned");
    }

    @Override
    public void onEnded() {
      heard.add("ended");
    }
  }

  private final class Told implements LogListener {
    @Override
    public void onPersisted(long logEndOffset) {
      leader.onPersisted(logEndOffset);
    }

    @Override
    public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {
      leader.onAppendFailed(fromOffset, cause);
    }

    @Override
    public void onOffline(IOException cause) {}

    @Override
    public void onLogStartOffset(long logStartOffset) {}
  }

  @TempDir Path directory;
  private final TestLoop loop = new TestLoop();
  private final Diary diary = new Diary();
  private LogDirectory logs;
  private PartitionLog log;
  private LeaderReplica leader;
  private LeaderLog given;

  @BeforeEach
  void openLog() {
    LogDirectoryOptions options = new LogDirectoryOptions(1, 10, 0, 1_000, 60_000, Long.MAX_VALUE);
    logs =
        loop.await(
            LogDirectory.open(directory, options, SystemFileIo.INSTANCE, Clock.SYSTEM, loop));
    log =
        loop.await(
            PartitionLog.open(logs, ID, LogConfig.defaults(), loop, new Told(), Clock.SYSTEM));
  }

  @AfterEach
  void closeLog() {
    loop.await(log.close());
    loop.await(logs.close(loop));
  }

  private void lead(int minInsyncReplicas, Integer... isr) {
    log.startEpoch(EPOCH);
    LeaderState state =
        new LeaderState(
            NODE, EPOCH, List.of(isr), minInsyncReplicas, log.logEndOffset(), log.logStartOffset());
    leader =
        new LeaderReplica(
            new LeaderReplica.Context(NODE, Clock.SYSTEM, loop),
            loop,
            log,
            state,
            new PartitionSettings(log.config(), ValidationRules.DEFAULT, minInsyncReplicas));
    leader.moveIn(
        (id, leaderLog) -> {
          assertThat(id).isEqualTo(ID);
          given = leaderLog;
          return diary;
        });
  }

  private static ByteBuffer batch(String value) {
    return new BatchBuilder().append(1, null, value.getBytes(StandardCharsets.UTF_8)).build();
  }

  @Test
  void shouldAppendWithThePromiseOfAllReplicas() {
    lead(1, NODE, OTHER);
    AppendOutcome outcome = given.append(batch("a"));
    given.write();
    loop.await(() -> log.logEndOffset() == 1);
    assertThat(outcome).isEqualTo(new AppendOutcome.Assigned(0, 0, -1));
    assertThat(diary.heard).isEmpty();

    leader.onCommittedIsr(List.of(NODE));

    assertThat(diary.heard).containsExactly("high watermark 1");
    assertThat(given.highWatermark()).isEqualTo(1);
    assertThat(given.nextOffset()).isEqualTo(1);
    assertThat(given.leaderEpoch()).isEqualTo(EPOCH);
  }

  @Test
  void shouldRefuseAppendsWhileReplicasAreMissing() {
    lead(2, NODE);

    assertThat(given.refusal()).isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
    assertThat(given.append(batch("a"))).isInstanceOf(AppendOutcome.Refused.class);
    assertThat(given.nextOffset()).isZero();
  }

  @Test
  void shouldPassOnWhatTheLogLoses() {
    lead(1, NODE);

    leader.onAppendFailed(5, new IOException("full"));

    assertThat(diary.heard).containsExactly("lost from 5");
  }

  @Test
  void shouldEndWithTheEpoch() {
    lead(1, NODE);

    leader.retire(Errors.NOT_LEADER_OR_FOLLOWER, new OfflineReplica(Errors.NONE, null));

    assertThat(diary.heard).containsExactly("resigned", "ended");
    assertThat(given.append(batch("a"))).isInstanceOf(AppendOutcome.Refused.class);
  }

  @Test
  void shouldHearOfCommitsBetweenResignationAndEnd() {
    lead(1, NODE);
    given.append(batch("a"));
    OfflineReplica successor = new OfflineReplica(Errors.NOT_LEADER_OR_FOLLOWER, null);

    leader.resign(Errors.NOT_LEADER_OR_FOLLOWER, successor);
    given.write();
    loop.await(() -> log.logEndOffset() == 1);
    leader.retire(Errors.NOT_LEADER_OR_FOLLOWER, successor);

    assertThat(diary.heard).containsExactly("resigned", "high watermark 1", "ended");
  }

  @Test
  void shouldSayWhoLivesThere() {
    lead(1, NODE);

    assertThat(leader.resident()).isSameAs(diary);
    assertThat(new OfflineReplica(Errors.NONE, null).resident()).isNull();
    assertThat(new OpeningReplica().resident()).isSameAs(Resident.ARRIVING);
  }
}
