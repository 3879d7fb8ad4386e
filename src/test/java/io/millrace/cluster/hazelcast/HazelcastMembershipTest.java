package io.millrace.cluster.hazelcast;

import static io.millrace.cluster.hazelcast.Waiting.await;
import static io.millrace.cluster.hazelcast.Waiting.awaitUntil;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cluster.Address;
import io.millrace.cluster.Discovery;
import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.Member;
import io.millrace.cluster.Membership;
import io.millrace.cluster.MembershipChange;
import io.millrace.cluster.MembershipConfig;
import io.millrace.cluster.NodeLive;
import io.millrace.cluster.PartitionLive;
import io.millrace.cluster.ReplicaLive;
import io.millrace.config.Seed;
import io.millrace.model.FreePorts;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.protocol.peer.ClusterSecret;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several members in one process, each with a port of its own on loopback. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HazelcastMembershipTest {
  private static final HazelcastMembership.Times QUICK =
      new HazelcastMembership.Times(100, 1_000, 100, 2, 500);

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final String clusterName = "test-" + UUID.randomUUID();
  private final Map<Integer, Integer> ports = new HashMap<>();
  private final Map<Integer, HazelcastMembership> nodes = new HashMap<>();
  private final Map<Integer, List<MembershipChange>> changes = new ConcurrentHashMap<>();
  private final Map<Integer, Set<Integer>> heard = new ConcurrentHashMap<>();

  @BeforeEach
  void choosePorts() {
    for (int id = 1; id <= 4; id++) {
      ports.put(id, FreePorts.next());
    }
  }

  @AfterEach
  void closeAll() {
    await(Future.join(nodes.values().stream().map(Membership::close).toList()));
    await(vertx.close());
  }

  @Test
  void shouldFindEachOtherWhenStartedTogether() {
    startTogether(1, 2, 3);

    awaitUntil(() -> nodesAt(1).size() == 3 && nodesAt(2).size() == 3 && nodesAt(3).size() == 3);

    assertThat(nodesAt(2)).isEqualTo(nodesAt(1)).containsExactlyInAnyOrder(1, 2, 3);
    assertThat(nodesAt(3)).isEqualTo(nodesAt(1));
    Member second =
        nodes.get(1).members().stream().filter(m -> m.nodeId() == 2).findFirst().orElseThrow();
    assertThat(second).isEqualTo(nodes.get(2).self());
    assertThat(second.directoryId()).isEqualTo(new UUID(7, 2));
    assertThat(second.roles()).containsExactly("broker", "controller");
    assertThat(second.internalAddress()).isEqualTo(new Address("127.0.0.1", 9002));
    assertThat(second.clusterAddress()).isEqualTo(new Address("127.0.0.1", ports.get(2)));
    assertThat(second.incarnation()).isEqualTo(new UUID(8, 2));
    assertThat(second.startedMs()).isEqualTo(1002);
  }

  @Test
  void shouldNoticeWhoComesAndGoes() {
    start(1, seeds(1, 2, 3));
    start(2, seeds(1, 2, 3));
    start(3, seeds(2)); // knows only one of them
    awaitNodes(1, 1, 2, 3);
    awaitNodes(2, 1, 2, 3);
    awaitNodes(3, 1, 2, 3);

    await(nodes.get(1).close());
    awaitNodes(2, 2, 3);
    awaitNodes(3, 2, 3);
    await(nodes.get(3).terminateInstance());
    awaitUntil(() -> seenBy(2).contains("-3"));
    // Not closed, so it starts again by itself.
    awaitNodes(2, 2, 3);
    awaitUntil(() -> seenBy(2).size() == 6 && seenBy(3).size() == 6);

    assertThat(seenBy(2)).containsExactly("+1", "+2", "+3", "-1", "-3", "+3");
    assertThat(seenBy(3)).containsExactly("+1", "+2", "+3", "-1", "-3", "+3");
    assertThat(nodesAt(3)).containsExactly(2, 3);
    assertThat(nodes.get(1).members()).as("closed, nothing is told any more").hasSize(3);
  }

  @Test
  void shouldTellALateSubscriberWhoIsThere() {
    start(1, seeds(1, 2));
    start(2, seeds(1, 2));
    awaitNodes(1, 1, 2);
    List<MembershipChange> late = new CopyOnWriteArrayList<>();
    List<Thread> threads = new CopyOnWriteArrayList<>();
    nodes
        .get(1)
        .subscribe(
            change -> {
              late.add(change);
              threads.add(Thread.currentThread());
            });

    awaitUntil(() -> late.size() == 2);

    assertThat(texts(late)).containsExactly("+1", "+2");
    assertThat(late.get(0).members()).extracting(Member::nodeId).containsExactly(1);
    assertThat(threads).allMatch(thread -> thread.getName().contains("eventloop"));
  }

  @Test
  void shouldBecomeANewMemberWhenHalvesMerge() {
    start(2, seeds(1, 2));
    start(1, seeds(1)); // does not ask 2, so there are two clusters
    UUID first = nodes.get(1).self().memberUuid();
    UUID second = nodes.get(2).self().memberUuid();

    awaitUntil(() -> nodesAt(1).size() == 2 && nodesAt(2).size() == 2);

    int moved = nodes.get(1).self().memberUuid().equals(first) ? 2 : 1;
    assertThat(nodes.get(moved).self().memberUuid()).isNotEqualTo(moved == 1 ? first : second);
    int stayed = 3 - moved;
    awaitUntil(() -> seenBy(moved).size() == 4 && seenBy(stayed).size() == 2);
    assertThat(nodesAt(1)).containsExactly(stayed, moved).isEqualTo(nodesAt(2));
    assertThat(seenBy(moved)).containsExactly("+" + moved, "-" + moved, "+" + stayed, "+" + moved);
    assertThat(seenBy(stayed)).containsExactly("+" + stayed, "+" + moved);
  }

  @Test
  void shouldStartAgainWhenItMissesWhomTheNodeHears() {
    start(1, seeds(1));
    start(2, seeds(2));
    UUID before = nodes.get(2).self().memberUuid();
    NodeLive told = node(2);
    nodes.get(2).live().publishNode(told);
    awaitUntil(() -> nodes.get(2).live().nodes().containsValue(told));

    heard.put(2, Set.of(1));

    awaitUntil(() -> !nodes.get(2).self().memberUuid().equals(before));
    heard.remove(2);
    assertThat(nodesAt(2)).containsExactly(2);
    assertThat(nodes.get(2).self().clusterAddress().port()).isEqualTo(ports.get(2));
    awaitUntil(() -> nodes.get(2).live().nodes().containsValue(told));
  }

  @Test
  void shouldShowThePictureOnEveryNodeAsLongAsItsTellerIsThere() {
    start(1, seeds(1, 2));
    start(2, seeds(1, 2));
    LiveMaps one = nodes.get(1).live();
    one.publishNode(node(1));
    nodes.get(2).live().publishNode(node(2));
    one.publishPartitions(
        IntStream.range(0, 50).mapToObj(p -> partition("orders", p, 1, 5)).toList());
    nodes
        .get(2)
        .live()
        .publishPartitions(List.of(partition("orders", 7, 2, 6), partition("other", 0, 2, 1)));

    PartitionLive newer = partition("orders", 7, 2, 6);
    awaitUntil(() -> newer.equals(one.partitions().get(newer.partition())));
    awaitUntil(() -> one.nodes().size() == 2 && one.partitions().size() == 51);
    assertThat(one.nodes()).isEqualTo(Map.of(1, node(1), 2, node(2)));

    start(3, seeds(1, 2));
    LiveMaps three = nodes.get(3).live();
    awaitUntil(() -> three.nodes().size() == 2 && three.partitions().size() == 51);

    one.publishPartitions(List.of(partition("orders", 1, 1, 5)));
    awaitUntil(() -> three.partitions().size() == 3);

    await(nodes.get(2).close());
    awaitUntil(() -> three.nodes().size() == 1 && three.partitions().size() == 1);
    awaitUntil(() -> one.nodes().size() == 1 && one.partitions().size() == 1);
  }

  @Test
  void shouldSayWhichPortCannotBeOpened() throws IOException {
    try (ServerSocket taken = new ServerSocket(ports.get(1), 1, InetAddress.getLoopbackAddress())) {
      assertThat(taken.isBound()).isTrue();

      assertThatThrownBy(() -> start(1, seeds(1, 2)))
          .isInstanceOf(CompletionException.class)
          .cause()
          .hasMessageContaining("cluster.port 127.0.0.1:" + ports.get(1));
    }
  }

  @Test
  void shouldTakeAnyFreePort() {
    ports.put(1, 0);

    start(1, new Discovery.Seeds(List.of()));

    assertThat(nodes.get(1).self().clusterAddress().port()).isPositive();
  }

  @Test
  void shouldFindAllAddressesOfAName() {
    ports.put(2, ports.get(1));
    start(1, new Discovery.Kubernetes("localhost", ports.get(1)));
    MembershipConfig second = config(2, new Discovery.Kubernetes("localhost", ports.get(1)));

    open(2, onHost("127.0.0.2", second));

    awaitNodes(1, 1, 2);
    awaitNodes(2, 1, 2);
  }

  @Test
  void shouldFindOthersOnThisMachineByMulticast() {
    Discovery ask = new Discovery.Multicast("224.2.2.9", ports.get(4));
    ports.put(1, 0);
    ports.put(2, 0);
    start(1, ask);
    start(2, ask);

    awaitNodes(1, 1, 2);
    awaitNodes(2, 1, 2);
  }

  // ---- fixture

  private void startTogether(Integer... ids) {
    Map<Integer, Future<HazelcastMembership>> starting = new HashMap<>();
    for (int id : ids) {
      starting.put(id, starting(id, config(id, seeds(ids))));
    }
    starting.forEach((id, future) -> nodes.put(id, await(future)));
  }

  private void start(int id, Discovery discovery) {
    open(id, config(id, discovery));
  }

  private void open(int id, MembershipConfig config) {
    nodes.put(id, await(starting(id, config)));
  }

  private Future<HazelcastMembership> starting(int id, MembershipConfig config) {
    changes.put(id, new CopyOnWriteArrayList<>());
    return HazelcastMembership.start(context, config, () -> heard.getOrDefault(id, Set.of()), QUICK)
        .onSuccess(started -> started.subscribe(changes.get(id)::add));
  }

  private Discovery seeds(Integer... ids) {
    return new Discovery.Seeds(
        Arrays.stream(ids).map(id -> new Seed("127.0.0.1", ports.get(id))).toList());
  }

  private MembershipConfig config(int id, Discovery discovery) {
    return new MembershipConfig(
        clusterName,
        id,
        new UUID(7, id),
        List.of("broker", "controller"),
        new Address("127.0.0.1", 9000 + id),
        "127.0.0.1",
        ports.get(id),
        discovery,
        new UUID(8, id),
        1000 + id,
        ClusterSecret.of("for tests"));
  }

  private static MembershipConfig onHost(String host, MembershipConfig config) {
    return new MembershipConfig(
        config.clusterName(),
        config.nodeId(),
        config.directoryId(),
        config.roles(),
        config.internalAddress(),
        host,
        config.port(),
        config.discovery(),
        config.incarnation(),
        config.startedMs(),
        config.secret());
  }

  private static NodeLive node(int id) {
    return new NodeLive(
        id,
        new Address("127.0.0.1", 9000 + id),
        List.of("PLAINTEXT://127.0.0.1:" + (9100 + id)),
        List.of("broker"),
        "rack" + id,
        "test",
        10L * id,
        0,
        1,
        2);
  }

  private static PartitionLive partition(String topic, int number, int leader, int epoch) {
    return new PartitionLive(
        new TopicIdPartition(new TopicId(1, topic.length()), topic, number),
        leader,
        epoch,
        0,
        42,
        List.of(new ReplicaLive(leader, true, 42, 0)));
  }

  private List<Integer> nodesAt(int id) {
    return nodes.get(id).members().stream().map(Member::nodeId).toList();
  }

  private void awaitNodes(int at, Integer... expected) {
    awaitUntil(() -> nodesAt(at).equals(Arrays.asList(expected)));
  }

  /** What a node was told: +1 = node 1 joined. */
  private List<String> seenBy(int id) {
    return texts(changes.get(id));
  }

  private static List<String> texts(List<MembershipChange> changes) {
    return changes.stream()
        .map(c -> (c instanceof MembershipChange.Joined ? "+" : "-") + c.member().nodeId())
        .toList();
  }
}
