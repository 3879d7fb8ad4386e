package io.millrace.partition;

import static io.millrace.partition.LeaderFixture.EPOCH;
import static io.millrace.partition.LeaderFixture.NODE;
import static io.millrace.partition.LeaderFixture.OTHER;
import static io.millrace.partition.LeaderFixture.batch;
import static io.millrace.partition.RealLog.ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AppendOutcome;
import io.millrace.record.ValidationRules;
import java.io.IOException;
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

  @TempDir Path directory;
  private final Diary diary = new Diary();
  private LeaderFixture f;
  private LeaderLog given;

  @BeforeEach
  void open() {
    f = new LeaderFixture(directory);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private void lead(int minInsyncReplicas, Integer... isr) {
    f.lead(f.loop, ValidationRules.DEFAULT, minInsyncReplicas, isr);
    f.leader.moveIn(
        (id, leaderLog) -> {
          assertThat(id).isEqualTo(ID);
          given = leaderLog;
          return diary;
        });
  }

  @Test
  void shouldAppendWithThePromiseOfAllReplicas() {
    lead(1, NODE, OTHER);
    AppendOutcome outcome = given.append(batch("a"));
    given.write();
    f.loop.await(() -> f.log.logEndOffset() == 1);
    assertThat(outcome).isEqualTo(new AppendOutcome.Assigned(0, 0, -1));
    assertThat(diary.heard).isEmpty();

    f.commitIsr(NODE);

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

    f.leader.onAppendFailed(5, new IOException("full"));

    assertThat(diary.heard).containsExactly("lost from 5");
  }

  @Test
  void shouldEndWithTheEpoch() {
    lead(1, NODE);

    f.leader.retire(Errors.NOT_LEADER_OR_FOLLOWER, new OfflineReplica(Errors.NONE, null));

    assertThat(diary.heard).containsExactly("resigned", "ended");
    assertThat(given.append(batch("a"))).isInstanceOf(AppendOutcome.Refused.class);
  }

  @Test
  void shouldHearOfCommitsBetweenResignationAndEnd() {
    lead(1, NODE);
    given.append(batch("a"));
    OfflineReplica successor = new OfflineReplica(Errors.NOT_LEADER_OR_FOLLOWER, null);

    f.leader.resign(Errors.NOT_LEADER_OR_FOLLOWER, successor);
    given.write();
    f.loop.await(() -> f.log.logEndOffset() == 1);
    f.leader.retire(Errors.NOT_LEADER_OR_FOLLOWER, successor);

    assertThat(diary.heard).containsExactly("resigned", "high watermark 1", "ended");
  }

  @Test
  void shouldSayWhoLivesThere() {
    lead(1, NODE);

    assertThat(f.leader.resident()).isSameAs(diary);
    assertThat(new OfflineReplica(Errors.NONE, null).resident()).isNull();
    assertThat(new OpeningReplica().resident()).isSameAs(Resident.ARRIVING);
  }
}
