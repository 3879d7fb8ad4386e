package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What disks do to the metadata of voters. One cluster for all tests; each leaves it with three
 * voters that are well, and loses nothing that was acknowledged in one before.
 */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("long")
class ClusterDisksIT {
  private TestCluster cluster;
  private LeaderWatch leaders;
  private TopicLoad load;
  private int loads;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    cluster = TestCluster.onLoopback(dir, 3, Map.of()).startAll();
    leaders = new LeaderWatch(cluster);
  }

  @AfterAll
  void stop() {
    if (leaders != null) {
      leaders.close();
    }
    cluster.close();
  }

  @BeforeEach
  void startLoad() {
    cluster.awaitVoters(3);
    cluster.awaitSameImage();
    load = TopicLoad.start(cluster, "load" + ++loads);
    load.awaitMore(10);
  }

  @AfterEach
  void mustHold() {
    try {
      load.awaitMore(5);
      load.stopAndAwaitOn(cluster);
      cluster.awaitVoters(3);
      cluster.awaitSameImage();
      leaders.assertOneOfEachTerm();
    } finally {
      load.close();
    }
  }

  private MillraceProcess follower() {
    return cluster.node(cluster.awaitFollower());
  }

  private static String problem(MillraceProcess node) {
    return ClusterView.of(node).map(ClusterView::problem).orElse(null);
  }

  /** Damages a voter that is down, and sees how it comes back and becomes a voter again. */
  private void damage(Consumer<MillraceProcess> damage, String message) throws Exception {
    MillraceProcess voter = follower();
    voter.kill();
    damage.accept(voter);
    voter.expectInOutput(message + ".*This node does not vote");
    voter.startAndAwaitReady();

    assertThat(voter.output().find(Pattern.compile(message + ".*This node does not vote")))
        .as(voter.output().tail(40))
        .isPresent();
    assertThat(problem(voter)).containsPattern(message);
    assertThat(ClusterView.health(voter).orElseThrow().encode()).containsPattern(message);
    load.awaitMore(10);

    TestCluster.removeVoter(voter);
    voter.stop();
    Disks.wipe(Disks.metadata(voter));
    voter.startAndAwaitReady();
    cluster.awaitVoters(3);
    assertThat(problem(voter)).isNull();
  }

  @Test
  void shouldCutATornTail() {
    MillraceProcess voter = follower();
    voter.kill();
    List<Path> segments = Disks.segments(voter);
    Disks.tearEnd(segments.get(segments.size() - 1));
    voter.startAndAwaitReady();
    assertThat(problem(voter)).isNull();
  }

  @Test
  void shouldNotVoteWithAFlippedBit() throws Exception {
    damage(voter -> Disks.flipBit(Disks.segments(voter).get(0)), "is damaged");
  }

  @Test
  void shouldNotVoteWithoutItsQuorumState() throws Exception {
    damage(
        voter -> delete(Disks.metadata(voter).resolve("quorum-state")), "quorum-state is missing");
  }

  @Test
  void shouldNotVoteWithoutASegment() throws Exception {
    damage(voter -> delete(Disks.segments(voter).get(0)), "is damaged or missing");
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldBeANewVoterWithAWipedDisk() throws Exception {
    MillraceProcess voter = follower();
    voter.kill();
    Disks.wipe(voter.logDir());
    voter.startAndAwaitReady();
    assertThat(
            voter
                .output()
                .find(Pattern.compile("was one of the first voters .* with another disk")))
        .isPresent();
    load.awaitMore(10);

    TestCluster.removeVoter(voter);
    cluster.awaitVoters(3);
  }
}
