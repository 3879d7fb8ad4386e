package io.millrace.quorum;

import static io.millrace.quorum.QuorumCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.quorum.QuorumCluster.Node;
import io.millrace.quorum.state.QuorumTiming;
import io.vertx.core.Future;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says how fast it is; how fast it must be depends on the machine, so that nothing is asserted. */
class QuorumFiguresTest {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumFiguresTest.class);
  private static final int RECORDS = 100_000;

  @TempDir Path temp;

  private static long cpuNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  /** A stopwatch for the wall and for the processors. */
  private record Start(long nanos, long cpuNanos) {
    static Start now() {
      return new Start(System.nanoTime(), QuorumFiguresTest.cpuNanos());
    }

    void say(String what, int count) {
      double seconds = (System.nanoTime() - nanos) / 1e9;
      LOG.warn(
          "FIGURE {}: {} s, {} a second; {} s of all processors",
          what,
          String.format(Locale.ROOT, "%.2f", seconds),
          Math.round(count / seconds),
          String.format(Locale.ROOT, "%.2f", (QuorumFiguresTest.cpuNanos() - cpuNanos) / 1e9));
    }
  }

  private static void proposeMany(Node leader, int groupSize) {
    List<Future<Long>> proposals = new ArrayList<>();
    for (int i = 0; i < RECORDS; i += groupSize) {
      List<MetadataRecord> group = new ArrayList<>();
      for (int j = i; j < i + groupSize; j++) {
        group.add(new Feature("a-feature-with-a-name-of-some-length-" + j, j));
      }
      proposals.add(leader.quorum.propose(leader.lead, Quorum.ANYWHERE, group));
    }
    await(Future.all(proposals));
  }

  private void catchUp(String what, long snapshotBytes, int groupSize) throws IOException {
    try (QuorumCluster cluster = new QuorumCluster(temp)) {
      cluster.timing(QuorumTiming.DEFAULT).snapshotEvery(snapshotBytes).form(1, 2, 3);
      int away = cluster.anyFollower().nodeId;
      cluster.kill(away);
      Node leader = cluster.awaitLeader();
      Start start = Start.now();
      proposeMany(leader, groupSize);
      start.say("commit " + RECORDS + " records in groups of " + groupSize, RECORDS);
      start = Start.now();
      Node late = cluster.start(away);
      cluster.await("it has all", () -> late.applied() >= leader.applied());
      start.say(what, RECORDS);
      assertThat(late.state()).hasSize(RECORDS);
    }
  }

  @Test
  void shouldCatchUpByTheLog() throws IOException {
    catchUp("catch up by the log", 1L << 30, 10);
  }

  @Test
  void shouldCatchUpBySnapshotAndLog() throws IOException {
    catchUp("catch up by a snapshot and the log", 2L << 20, 100);
  }

  @Test
  void shouldCommitProposals() throws IOException {
    try (QuorumCluster cluster = new QuorumCluster(temp)) {
      cluster.timing(QuorumTiming.DEFAULT).form(1, 2, 3);
      cluster.commit("warm", 1);
      Node leader = cluster.awaitLeader();
      int count = 1_000;
      Start start = Start.now();
      for (int i = 0; i < count; i++) {
        await(leader.propose("feature-" + i, i));
      }
      start.say("1000 proposals, one after the other", count);
      List<Future<Long>> proposals = new ArrayList<>();
      start = Start.now();
      for (int i = 0; i < 10 * count; i++) {
        proposals.add(leader.propose("feature-" + i, i));
      }
      await(Future.all(proposals));
      start.say("10000 proposals at once", 10 * count);
    }
  }
}
