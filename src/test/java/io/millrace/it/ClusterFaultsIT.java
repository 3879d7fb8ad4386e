package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
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
 * Three voters and a learner, each on a host of its own, to whom all happens that a machine room
 * has to offer. One cluster for all tests: each leaves it healed, and what was acknowledged in one
 * of them is still there after the others.
 *
 * <p>Invariants, in all of them: no term has two leaders; what was acknowledged stays; in the end
 * all nodes have the same metadata without help.
 */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("long")
class ClusterFaultsIT {
  private static final int LEARNER = 4;
  private static final String READS = "reads";

  private TestNetwork network;
  private TestCluster cluster;
  private LeaderWatch leaders;
  private TopicLoad load;
  private int loads;
  private int refused;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    network = TestNetwork.of(4);
    cluster = TestCluster.onHosts(network, dir, 4, Map.of());
    cluster.node(LEARNER).set("process.roles", "broker");
    cluster.nodes().forEach(node -> node.expectInOutput(TestCluster.MASTERSHIP));
    Stopwatch cold = Stopwatch.start();
    cluster.startAll();
    cold.print("four nodes ready from a cold start");
    leaders = new LeaderWatch(cluster);
    try (Clients clients = new Clients(cluster.node(1))) {
      clients.createTopic(READS, 4);
      Numbers.produce(clients, READS, 4, 0, 100);
    }
  }

  @AfterAll
  void stop() {
    if (network == null) {
      return;
    }
    try {
      if (leaders != null) {
        leaders.close();
        System.out.println("leaders by term: " + leaders.leaders());
      }
      cluster.close();
    } finally {
      network.close();
    }
  }

  @BeforeEach
  void startLoad() {
    cluster.awaitSameImage();
    load = TopicLoad.start(cluster, "load" + ++loads);
    load.awaitMore(5);
  }

  @AfterEach
  void mustHold() {
    try {
      network.heal();
      Stopwatch healing = Stopwatch.start();
      load.awaitMore(5);
      load.stopAndAwaitOn(cluster);
      cluster.awaitSameImage();
      healing.print("healed, with the same metadata on all nodes");
      leaders.assertOneOfEachTerm();
    } finally {
      load.close();
    }
  }

  private int controller() {
    return cluster.awaitController(cluster.allBut());
  }

  private int voterBut(int node) {
    return node == 1 ? 2 : 1;
  }

  /** Waits until the others have a controller of their own. */
  private int awaitOther(int controller, String fault) {
    Stopwatch failover = Stopwatch.start();
    int next = cluster.awaitController(cluster.allBut(controller));
    failover.print("another controller after " + fault);
    return next;
  }

  private void awaitSteppedDown(int node) {
    Await.until(
        () -> "node " + node + " leads no longer:\n" + cluster.describe(),
        TestCluster.PATIENCE,
        () ->
            ClusterView.of(cluster.node(node))
                .filter(view -> !view.role().equals("leader"))
                .isPresent());
  }

  /** What a node says that is asked for a topic, and within three seconds. */
  private Errors create(int node, String topic) {
    try (WireClient client = WireClient.connect(cluster.node(node).address())) {
      client.setTimeout(3_000);
      return client.createTopic(topic, 1_000);
    } catch (UncheckedIOException e) {
      return Errors.REQUEST_TIMED_OUT;
    }
  }

  /** A node answers readers of the partitions that it led when it was cut off. */
  private void assertServesReads(int node) throws Exception {
    int partition =
        ClusterView.topic(cluster.node(node), READS)
            .orElseThrow()
            .getJsonArray("partitions")
            .stream()
            .map(JsonObject.class::cast)
            .filter(one -> one.getInteger("leader") == node)
            .findFirst()
            .orElseThrow()
            .getInteger("partition");
    TopicPartition of = new TopicPartition(READS, partition);
    try (Clients clients = new Clients(cluster.node(node));
        KafkaConsumer<byte[], byte[]> consumer = clients.consumer(Map.of())) {
      consumer.assign(List.of(of));
      consumer.seekToBeginning(List.of(of));
      int[] read = {0};
      Await.until(
          () -> "records of " + of + " through node " + node,
          Clients.PATIENCE,
          () -> {
            Iterable<ConsumerRecord<byte[], byte[]>> some = consumer.poll(Duration.ofMillis(100));
            some.forEach(record -> read[0]++);
            return read[0] >= 25;
          });
    }
  }

  private void assertAcknowledgesNothing(int node) {
    // A name of its own: it may be made later, since the node goes on asking for a controller.
    String topic = "refused-" + ++refused;
    assertThat(create(node, topic)).isNotEqualTo(Errors.NONE);
    assertThat(ClusterView.topicsOf(cluster.node(node))).doesNotContain(topic);
  }

  @Test
  void shouldReplaceAKilledController() {
    int first = controller();
    cluster.node(first).kill();
    awaitOther(first, "kill -9 of the controller");
    load.awaitMore(10);
    cluster.node(first).startAndAwaitReady();
  }

  @Test
  void shouldReplaceAPausedController() {
    int first = controller();
    cluster.node(first).pause();
    awaitOther(first, "SIGSTOP of the controller");
    load.awaitMore(10);
    cluster.node(first).resume();
    awaitSteppedDown(first);
  }

  /** Longer than any session, and than the membership waits for a silent member. */
  private void pauseForLong(int node) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    cluster.node(node).pause();
    try {
      Await.until(
          "node " + node + " stands still for 30 s, and the others go on",
          TestCluster.PATIENCE,
          () -> System.nanoTime() - end >= 0);
      cluster.awaitController(cluster.allBut(node));
      load.awaitMore(10);
    } finally {
      cluster.node(node).resume();
    }
  }

  @Test
  void shouldOutliveAControllerThatStandsStillForHalfAMinute() {
    int first = controller();
    pauseForLong(first);
    awaitSteppedDown(first);
  }

  @Test
  void shouldOutliveAVoterThatStandsStillForHalfAMinute() {
    int controller = controller();
    int term = ClusterView.of(cluster.node(controller)).orElseThrow().term();
    int voter = voterBut(controller);
    pauseForLong(voter);
    Await.until(
        () -> "node " + voter + " serves again:\n" + cluster.describe(),
        TestCluster.PATIENCE,
        () ->
            ClusterView.of(cluster.node(voter))
                .filter(view -> view.unfenced().contains(voter))
                .filter(view -> view.controller().isPresent())
                .isPresent());
    // Who comes back asks before it votes, and so disturbs nobody.
    assertThat(ClusterView.of(cluster.node(controller)).orElseThrow().term()).isEqualTo(term);
  }

  @Test
  void shouldGoOnWithoutAVoterAndALearnerThatNobodyHears() throws Exception {
    assertGoesOnWithoutAVoterAndALearner((mute, other) -> network.cut(mute, other));
  }

  @Test
  void shouldGoOnWithoutAVoterAndALearnerThatHearNobody() throws Exception {
    assertGoesOnWithoutAVoterAndALearner((deaf, other) -> network.cut(other, deaf));
  }

  /** Each of the two is cut off from each of the others. */
  private void assertGoesOnWithoutAVoterAndALearner(BiConsumer<Integer, Integer> cut)
      throws Exception {
    int voter = voterBut(controller());
    for (int off : List.of(voter, LEARNER)) {
      cluster.allBut(off).forEach(other -> cut.accept(off, other));
    }
    load.awaitMore(10);
    awaitFenced(voter, LEARNER);
    load.awaitMore(10);
    assertAcknowledgesNothing(voter);
    assertServesReads(LEARNER);
  }

  private void awaitFenced(Integer... nodes) {
    int controller = cluster.awaitController(cluster.allBut(nodes));
    Await.until(
        () -> "nodes " + List.of(nodes) + " are fenced:\n" + cluster.describe(),
        TestCluster.PATIENCE,
        () ->
            ClusterView.of(cluster.node(controller))
                .filter(view -> Collections.disjoint(view.unfenced(), List.of(nodes)))
                .isPresent());
  }

  @Test
  void shouldReplaceAnIsolatedController() throws Exception {
    int first = controller();
    network.isolate(first);
    awaitOther(first, "isolation of the controller");
    awaitSteppedDown(first);
    assertAcknowledgesNothing(first);
    assertServesReads(first);
    load.awaitMore(10);
  }

  @Test
  void shouldTakeAVoterBackThatTheOthersHaveGivenUp() throws Exception {
    int controller = controller();
    int voter = voterBut(controller);
    network.isolate(voter);
    load.awaitMore(10);
    Stopwatch noticing = Stopwatch.start();
    Await.until(
        "the controller misses member " + voter,
        TestCluster.PATIENCE,
        () ->
            ClusterView.of(cluster.node(controller))
                .filter(view -> !view.isMember(voter) && !view.unfenced().contains(voter))
                .isPresent());
    noticing.print("an isolated member is missed");
    assertAcknowledgesNothing(voter);
    assertServesReads(voter);
  }

  @Test
  void shouldGoOnWithoutAnIsolatedLearner() throws Exception {
    network.isolate(LEARNER);
    load.awaitMore(10);
    assertAcknowledgesNothing(LEARNER);
    assertServesReads(LEARNER);
  }

  @Test
  void shouldReplaceAControllerThatNobodyHears() {
    int first = controller();
    cluster.allBut(first).forEach(other -> network.cut(first, other));
    awaitOther(first, "a cut from the controller to all others");
    awaitSteppedDown(first);
    load.awaitMore(10);
  }

  @Test
  void shouldReplaceAControllerThatHearsNobody() {
    int first = controller();
    cluster.allBut(first).forEach(other -> network.cut(other, first));
    awaitOther(first, "a cut from all others to the controller");
    awaitSteppedDown(first);
    load.awaitMore(10);
  }

  @Test
  void shouldGoOnWithoutTheWayBetweenControllerAndOneVoter() {
    int controller = controller();
    int voter = voterBut(controller);
    network.cut(controller, voter);
    network.cut(voter, controller);
    load.awaitMore(20);
  }

  @Test
  void shouldAcknowledgeNothingWithOneVoterOfThree() throws Exception {
    int left = voterBut(controller());
    for (int voter = 1; voter < LEARNER; voter++) {
      if (voter != left) {
        cluster.node(voter).kill();
      }
    }
    assertAcknowledgesNothing(left);
    assertServesReads(left);
    for (int voter = 1; voter < LEARNER; voter++) {
      if (voter != left) {
        cluster.node(voter).start();
      }
    }
    cluster.nodes().forEach(BrokerProcess::awaitReady);
  }

  @Test
  void shouldComeBackOneAfterTheOtherWhenAllWereKilled() {
    cluster.nodes().forEach(BrokerProcess::kill);

    cluster.node(LEARNER).start();
    awaitOwnCopy(LEARNER);
    cluster.node(3).start();
    awaitOwnCopy(3);
    assertThat(cluster.controllerSeenBy(3)).isEmpty();
    cluster.node(1).start();
    cluster.awaitController(List.of(1, 3, LEARNER));
    load.awaitMore(5);
    cluster.node(2).startAndAwaitReady();
    cluster.nodes().forEach(BrokerProcess::awaitReady);
  }

  private void awaitOwnCopy(int node) {
    Await.until(
        "node " + node + " shows its own copy of the metadata",
        TestCluster.PATIENCE,
        () -> ClusterView.topicsOf(cluster.node(node)).contains(READS));
  }
}
