package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Groups go on by themselves when their coordinator goes, in both protocols: three real nodes that
 * all have {@code __consumer_offsets}, of one partition. Each test leaves all nodes serving.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterGroupsIT {
  private static final TopicPartition OFFSETS = new TopicPartition("__consumer_offsets", 0);
  private static final int PARTITIONS = 4;

  private TestCluster cluster;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    Map<String, String> settings = new HashMap<>(ConsumerGroupsIT.PROMPT);
    settings.put("offsets.topic.num.partitions", "1");
    cluster = TestCluster.onLoopback(dir, 3, settings).startAll();
    clients = new Clients(cluster);
  }

  @AfterAll
  void stop() {
    clients.close();
    cluster.close();
  }

  /** Lets another node than this one coordinate. */
  private interface Change {
    void from(int coordinator) throws Exception;
  }

  @Test
  void shouldGoOnWhenTheCoordinatorIsKilled() throws Exception {
    int[] killed = new int[1];
    goOn(
        "killed",
        coordinator -> {
          cluster.node(coordinator).kill();
          killed[0] = coordinator;
        });

    cluster.node(killed[0]).startAndAwaitReady();
    awaitOffsetsReplicas(List.of(1, 2, 3));
  }

  @Test
  void shouldGoOnWhenTheCoordinatorIsMoved() throws Exception {
    goOn("moved", this::moveAwayFrom);

    reassign(List.of(1, 2, 3));
    awaitOffsetsReplicas(List.of(1, 2, 3));
  }

  private void moveAwayFrom(int coordinator) throws Exception {
    List<Integer> others = cluster.allBut(coordinator);
    reassign(others);
    awaitOffsetsReplicas(others);
  }

  /** In both protocols two members read and commit, before and after the change. */
  private void goOn(String topic, Change change) throws Exception {
    clients.createTopic(topic, PARTITIONS, 3, Map.of());
    String classic = topic + "-classic";
    String consumer = topic + "-consumer";
    List<String> groups = List.of(classic, consumer);
    try (ConsumerGroup ofClassic = begin(classic, topic, "classic");
        ConsumerGroup ofConsumer = begin(consumer, topic, "consumer")) {
      List<ConsumerGroup> members = List.of(ofClassic, ofConsumer);
      Numbers.produce(clients, topic, PARTITIONS, 0, 200);
      for (ConsumerGroup each : members) {
        each.awaitBalanced(PARTITIONS);
        each.awaitNumbers(200);
      }
      groups.forEach(group -> awaitCommitted(group, 200));
      awaitOffsetsReplicas(List.of(1, 2, 3));
      int before = awaitCoordinator(1, classic);

      change.from(before);

      for (String group : groups) {
        assertMoved(group, topic, before);
      }
      Numbers.produce(clients, topic, PARTITIONS, 200, 400);
      for (ConsumerGroup each : members) {
        each.awaitNumbers(400);
        each.awaitBalanced(PARTITIONS);
        each.assertInOrder();
        Numbers.assertAllBelow(400, each.numbers());
      }
      groups.forEach(group -> awaitCommitted(group, 400));
    }
  }

  private ConsumerGroup begin(String group, String topic, String protocol) {
    ConsumerGroup members = new ConsumerGroup(clients, group, Map.of("group.protocol", protocol));
    members.join("a", topic);
    members.join("b", topic);
    return members;
  }

  private void assertMoved(String group, String topic, int before) {
    int after = awaitCoordinatorBut(before, group);
    assertAllCommitted(group, topic, after);
    for (MillraceProcess node : cluster.nodes()) {
      if (node.isAlive()) {
        Await.until(
            "node " + node.nodeId() + " knows that node " + after + " coordinates " + group,
            TestCluster.PATIENCE,
            () -> coordinator(node.nodeId(), group).equals(OptionalInt.of(after)));
      }
    }
    if (cluster.node(before).isAlive()) {
      assertRefusedBy(before, group, topic);
    }
  }

  private void awaitCommitted(String group, int count) {
    Await.until(
        () -> count + " are committed: " + clients.committed(group),
        Clients.PATIENCE,
        () -> clients.committedInAll(group) == count);
  }

  // ---- where the offsets are

  private void reassign(List<Integer> replicas) throws Exception {
    Clients.await(
        clients
            .admin()
            .alterPartitionReassignments(
                Map.of(OFFSETS, Optional.of(new NewPartitionReassignment(replicas))))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
  }

  private void awaitOffsetsReplicas(List<Integer> nodes) {
    Object[] seen = new Object[1];
    Await.until(
        () -> OFFSETS + " is on " + nodes + " and in sync there: " + seen[0],
        TestCluster.PATIENCE,
        () -> {
          TopicPartitionInfo offsets = clients.partitions(OFFSETS.topic()).get(0);
          seen[0] = offsets;
          return offsets.replicas().stream().map(node -> node.id()).sorted().toList().equals(nodes)
              && offsets.isr().size() == nodes.size();
        });
  }

  // ---- what single nodes answer

  private int awaitCoordinatorBut(int former, String group) {
    int[] found = {-1};
    Await.until(
        "another one than node " + former + " coordinates " + group,
        TestCluster.PATIENCE,
        () -> {
          found[0] = coordinator(cluster.allBut(former).get(0), group).orElse(former);
          return found[0] != former;
        });
    return found[0];
  }

  private int awaitCoordinator(int asked, String group) {
    OptionalInt[] found = {OptionalInt.empty()};
    Await.until(
        "node " + asked + " knows the coordinator of " + group,
        TestCluster.PATIENCE,
        () -> {
          found[0] = coordinator(asked, group);
          return found[0].isPresent();
        });
    return found[0].getAsInt();
  }

  /** Empty = the node knows none at the moment. */
  private OptionalInt coordinator(int asked, String group) {
    try (WireClient node = WireClient.connect(cluster.node(asked).address())) {
      var answer =
          (FindCoordinatorResponseData)
              node.call(
                  ApiKeys.FIND_COORDINATOR,
                  4,
                  new FindCoordinatorRequestData().setCoordinatorKeys(List.of(group)));
      FindCoordinatorResponseData.Coordinator found = answer.coordinators().get(0);
      return found.errorCode() == Errors.NONE.code()
          ? OptionalInt.of(found.nodeId())
          : OptionalInt.empty();
    }
  }

  /** The node loads what there is, and has all of it then. */
  private void assertAllCommitted(String group, String topic, int node) {
    OffsetFetchResponseGroup[] answer = new OffsetFetchResponseGroup[1];
    Await.until(
        () -> "node " + node + " has the offsets of " + group + ": " + answer[0],
        TestCluster.PATIENCE,
        () -> {
          answer[0] = fetchOffsets(node, group, topic);
          return answer[0].errorCode() == Errors.NONE.code();
        });
    assertThat(answer[0].topics().get(0).partitions())
        .extracting(OffsetFetchResponsePartitions::committedOffset)
        .containsOnly(200L / PARTITIONS)
        .hasSize(PARTITIONS);
  }

  private void assertRefusedBy(int node, String group, String topic) {
    assertThat(Errors.forCode(fetchOffsets(node, group, topic).errorCode()))
        .isEqualTo(Errors.NOT_COORDINATOR);
    try (WireClient client = WireClient.connect(cluster.node(node).address())) {
      var answer =
          (HeartbeatResponseData)
              client.call(
                  ApiKeys.HEARTBEAT,
                  4,
                  new HeartbeatRequestData()
                      .setGroupId(group)
                      .setGenerationId(1)
                      .setMemberId("any"));
      assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NOT_COORDINATOR);
    }
  }

  private OffsetFetchResponseGroup fetchOffsets(int node, String group, String topic) {
    OffsetFetchRequestTopics partitions =
        new OffsetFetchRequestTopics()
            .setName(topic)
            .setPartitionIndexes(IntStream.range(0, PARTITIONS).boxed().toList());
    OffsetFetchRequestData request =
        new OffsetFetchRequestData()
            .setGroups(
                List.of(
                    new OffsetFetchRequestGroup()
                        .setGroupId(group)
                        .setTopics(List.of(partitions))));
    try (WireClient client = WireClient.connect(cluster.node(node).address())) {
      var answer = (OffsetFetchResponseData) client.call(ApiKeys.OFFSET_FETCH, 8, request);
      return answer.groups().get(0);
    }
  }
}
