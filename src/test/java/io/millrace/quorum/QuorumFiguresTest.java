package io.millrace.quorum;

import static io.millrace.quorum.QuorumCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.quorum.QuorumCluster.Node;
import io.millrace.quorum.state.QuorumTiming;
import io.vertx.core.Future;
import java.io.IOException;
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

  private static void say(String what, long startNanos, int count) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    LOG.warn(
        "FIGURE {}: {} s, {} a second",
        what,
        String.format(Locale.ROOT, "%.2f", seconds),
        Math.round(count / seconds));
  }

  private static void proposeMany(Node leader, int groupSize) {
    List<Future<Long>> proposals = new ArrayList<>();
    for (int i = 0; i < RECORDS; i += groupSize) {
      List<MetadataRecord> group = new ArrayList<>();
      for (int j = i; j < i + groupSize; j++) {
        group.add(new Feature("a-feature-with-a-name-of-some-length-" + j, j));
      }
      proposals.add(leader.quorum.propose(leader.term, group));
    }
    await(Future.all(proposals));
  }

  private void catchUp(String what, long snapshotBytes, int groupSize) throws IOException {
    try (QuorumCluster cluster = new QuorumCluster(temp)) {
      cluster.timing(QuorumTiming.DEFAULT).snapshotEvery(snapshotBytes).form(1, 2, 3);
      int away = cluster.anyFollower().nodeId;
      cluster.kill(away);
      Node leader = cluster.awaitLeader();
      long start = System.nanoTime();
      proposeMany(leader, groupSize);
      say("commit " + RECORDS + " records in groups of " + groupSize, start, RECORDS);
      start = System.nanoTime();
      Node late = cluster.start(away);
      cluster.await("it has all", () -> late.applied() >= leader.applied());
      say(what, start, RECORDS);
      assertThat(late.state()).hasSize(RECORDS);
    }
  }

  @Test
  void shouldCatchUpByTheLog() throws IOException {
    catchUp("catch up by the log", 1L << 30, 1);
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
      long start = System.nanoTime();
      for (int i = 0; i < count; i++) {
        await(leader.propose("feature-" + i, i));
      }
      say("1000 proposals, one after the other", start, count);
      List<Future<Long>> proposals = new ArrayList<>();
      start = System.nanoTime();
      for (int i = 0; i < 10 * count; i++) {
        proposals.add(leader.propose("feature-" + i, i));
      }
      await(Future.all(proposals));
      say("10000 proposals at once", start, 10 * count);
    }
  }
}
