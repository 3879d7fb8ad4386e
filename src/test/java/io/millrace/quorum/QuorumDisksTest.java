package io.millrace.quorum;

import static io.millrace.quorum.QuorumCluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.quorum.QuorumCluster.Node;
import io.millrace.quorum.state.QuorumRules.Role;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Replicas whose files are damaged, or whose disks are full or fail. */
class QuorumDisksTest extends ReplicasOnDisks {
  private Path log(int nodeId) {
    return cluster.directory(nodeId).resolve("00000000000000000000.log");
  }

  /** What is wrong with a node that goes on without a vote. */
  private void assertFollowsWithoutAVote(int nodeId, String problem) throws IOException {
    Node damaged = cluster.start(nodeId);
    assertThat(damaged.quorum.status().problem())
        .contains(problem)
        .contains("This node does not vote, and follows")
        .contains("remove the voter " + nodeId)
        .doesNotContain("does not start");
    assertThat(damaged.quorum.status().self()).isNotEqualTo(cluster.id(nodeId));
    cluster.commit("after", 2);
    cluster.awaitEverywhere("after", 2);
    assertSameEverywhere(1, 2, 3);
    assertThat(damaged.quorum.status().role()).isEqualTo(Role.LEARNER);
  }

  private int stopAFollower() throws IOException {
    cluster.form(1, 2, 3);
    for (int i = 0; i < 20; i++) {
      cluster.commit("feature-" + i, i);
    }
    cluster.awaitEverywhere("feature-19", 19);
    int nodeId = cluster.anyFollower().nodeId;
    cluster.stop(nodeId);
    return nodeId;
  }

  @Test
  void shouldNotVoteWithADamagedLog() throws IOException {
    int nodeId = stopAFollower();
    byte[] bytes = Files.readAllBytes(log(nodeId));
    bytes[200] ^= 1;
    Files.write(log(nodeId), bytes);
    assertFollowsWithoutAVote(nodeId, "is damaged");
    assertThat(Files.readAllBytes(log(nodeId))).isEqualTo(bytes);
  }

  @Test
  void shouldNotVoteWithoutItsVote() throws IOException {
    int nodeId = stopAFollower();
    Files.delete(cluster.directory(nodeId).resolve(HardStateFile.NAME));
    assertFollowsWithoutAVote(nodeId, HardStateFile.NAME);
  }

  @Test
  void shouldNotVoteWhenCommittedEntriesAreGone() throws IOException {
    int nodeId = stopAFollower();
    byte[] bytes = Files.readAllBytes(log(nodeId));
    Files.write(log(nodeId), Arrays.copyOf(bytes, bytes.length - 10));
    assertFollowsWithoutAVote(nodeId, "its end is damaged or missing");
  }

  @Test
  void shouldCutATornTailThatWasNotCommitted() throws IOException {
    int nodeId = stopAFollower();
    byte[] bytes = Files.readAllBytes(log(nodeId));
    Files.write(log(nodeId), Arrays.copyOf(bytes, bytes.length + 500));
    Node node = cluster.start(nodeId);
    assertThat(node.quorum.status().problem()).isNull();
    cluster.commit("after", 2);
    cluster.awaitEverywhere("after", 2);
  }

  @Test
  void shouldGoOnWhenAFollowersDiskIsFull() throws IOException {
    cluster.form(1, 2, 3);
    int nodeId = cluster.anyFollower().nodeId;
    cluster.stop(nodeId);
    UnsyncedLossIo io = new UnsyncedLossIo();
    Node node = cluster.start(nodeId, io);
    cluster.commit("before", 1);
    cluster.awaitEverywhere("before", 1);
    io.failNextWrite(10, new IOException("No space left on device"));
    for (int i = 0; i < 20; i++) {
      cluster.commit("feature-" + i, i);
    }
    cluster.awaitEverywhere("feature-19", 19);
    assertThat(node.quorum.status().problem()).isNull();
  }

  /** Starts three nodes of which the leader has the files that can fail. */
  private Node leaderOn(UnsyncedLossIo io) throws IOException {
    cluster.form(1, 2, 3);
    cluster.commit("before", 1);
    cluster.awaitEverywhere("before", 1);
    int nodeId = cluster.anyFollower().nodeId;
    cluster.stop(nodeId);
    Node node = cluster.start(nodeId, io);
    cluster.commit("back", 1);
    cluster.awaitEverywhere("back", 1);
    await(cluster.awaitLeader().quorum.transferLeadership(nodeId));
    cluster.await("it leads", () -> node.term > 0);
    return node;
  }

  @Test
  void shouldGoOnWhenTheLeadersDiskIsFull() throws IOException {
    UnsyncedLossIo io = new UnsyncedLossIo();
    Node leader = leaderOn(io);
    io.failNextWrite(10, new IOException("No space left on device"));
    Future<Long> proposal = leader.propose("unlucky", 1);
    await(proposal.otherwiseEmpty());
    cluster.commit("after", 2);
    cluster.awaitEverywhere("after", 2);
    assertSameEverywhere(1, 2, 3);
  }

  @Test
  void shouldAcknowledgeNothingInADirectoryThatWasMovedAway() throws IOException {
    cluster.form(1, 2, 3);
    Node leader = cluster.awaitLeader();
    Path directory = cluster.directory(leader.nodeId);
    Files.move(directory, directory.resolveSibling("moved"));
    Files.createDirectory(directory);

    Future<Long> lost = leader.propose("lost", 1);

    cluster.await("it is out of service", () -> leader.quorum.status().role() == Role.FAILED);
    cluster.await("it is answered", lost::isComplete);
    assertThat(lost.failed()).isTrue();
    assertThat(leader.quorum.status().problem())
        .contains("is not the directory any more", "put the former back");
    cluster.awaitOtherLeaderThan(leader.nodeId);
    cluster.commit("after", 2);
    cluster.stop(leader.nodeId);
    assertThat(directory).isEmptyDirectory();
  }

  /** Nothing has to be written down, so only the check keeps it from that. */
  @Test
  void shouldWriteNoSnapshotIntoAnotherDirectory() throws IOException {
    cluster.form(1);
    cluster.commit("before", 1);
    Node node = cluster.awaitLeader();
    Path directory = cluster.directory(1);
    Files.move(directory, directory.resolveSibling("moved"));
    Files.createDirectory(directory);

    Future<Void> snapshot = node.quorum.snapshot(0, List.of(new Feature("before", 1)));

    assertThatThrownBy(() -> await(snapshot)).hasMessageContaining("is not the directory any more");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void shouldStepDownWhenAnFsyncFails() throws IOException {
    UnsyncedLossIo io = new UnsyncedLossIo();
    Node leader = leaderOn(io);
    io.failNextForce(new IOException("Input/output error"));
    await(leader.propose("unlucky", 1).otherwiseEmpty());
    cluster.await("it is out of service", () -> leader.quorum.status().role() == Role.FAILED);
    assertThat(leader.term).isZero();
    assertThat(leader.quorum.status().problem()).contains("Input/output error");
    cluster.awaitOtherLeaderThan(leader.nodeId);
    cluster.commit("after", 2);
    assertThat(failureOf(leader.quorum.propose(1, Quorum.ANYWHERE, List.of(new Feature("a", 1)))))
        .isEqualTo(Errors.KAFKA_STORAGE_ERROR);
  }
}
