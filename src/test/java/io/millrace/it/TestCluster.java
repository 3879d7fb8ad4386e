package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.FreePorts;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A cluster of real processes: on one machine, or each on a host of a {@link TestNetwork}. Nodes
 * are numbered from 1 on, and their node ids are these numbers.
 *
 * <p>Owner: the test's thread.
 */
final class TestCluster implements AutoCloseable {
  /** More than forming, failing over or healing should take on a busy machine. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Hazelcast's error when a master comes back whom others have given up, or who gave up them. */
  static final String MASTERSHIP = "claims mastership but (it is not a member|this node is master)";

  private final List<MillraceProcess> nodes = new ArrayList<>();
  private final List<MillraceProcess> twins = new ArrayList<>();

  private TestCluster() {}

  /** Nodes of one machine, not started, which are each other's seeds. */
  static TestCluster onLoopback(Path dir, int nodes, Map<String, String> settings)
      throws IOException {
    List<Integer> ports = FreePorts.next(nodes);
    String seeds = ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    TestCluster cluster = new TestCluster();
    for (int number = 1; number <= nodes; number++) {
      Map<String, String> all = new LinkedHashMap<>();
      all.put("cluster.port", Integer.toString(ports.get(number - 1)));
      all.put("cluster.seeds", seeds);
      cluster.add(dir, number, all, settings);
    }
    return cluster;
  }

  /** Nodes on the hosts of a network, not started, which are each other's seeds. */
  static TestCluster onHosts(
      TestNetwork network, Path dir, int nodes, Map<String, String> settings) {
    List<String> seeds = new ArrayList<>();
    for (int host = 1; host <= nodes; host++) {
      seeds.add(network.address(host));
    }
    TestCluster cluster = new TestCluster();
    for (int host = 1; host <= nodes; host++) {
      Map<String, String> all = new LinkedHashMap<>();
      all.put("listeners", "PLAINTEXT://" + network.address(host) + ":9092");
      all.put("cluster.port", "5701");
      all.put("cluster.seeds", String.join(",", seeds));
      all.put("cluster.secret", "of this test");
      all.put("http.host", network.address(host));
      cluster.add(dir, host, all, settings).runBy(network.runner(host));
    }
    return cluster;
  }

  private MillraceProcess add(
      Path dir, int number, Map<String, String> own, Map<String, String> ofAll) {
    own.put("node.id", Integer.toString(number));
    own.putAll(ofAll);
    MillraceProcess node = new MillraceProcess(dir.resolve("node" + number), own);
    nodes.add(node);
    return node;
  }

  /** Starts all nodes at once, and awaits that they serve; leaves none running if one does not. */
  TestCluster startAll() {
    nodes.stream().filter(node -> !node.isAlive()).forEach(BrokerProcess::start);
    try {
      nodes.forEach(BrokerProcess::awaitReady);
    } catch (AssertionError e) {
      // Why one of them is not ready, another one may know.
      StringBuilder all = new StringBuilder(String.valueOf(e.getMessage()));
      nodes.forEach(node -> all.append('\n').append(node.output().tail(30)));
      nodes.forEach(BrokerProcess::kill);
      throw new AssertionError(all.toString(), e);
    }
    return this;
  }

  MillraceProcess node(int number) {
    return nodes.get(number - 1);
  }

  List<MillraceProcess> nodes() {
    return List.copyOf(nodes);
  }

  /** Addresses of all nodes that have been ready once. */
  String bootstrap() {
    return nodes.stream()
        .filter(node -> node.address() != null)
        .map(BrokerProcess::bootstrap)
        .collect(Collectors.joining(","));
  }

  /** The controller as a node sees it; empty = it knows none, or does not answer. */
  OptionalInt controllerSeenBy(int number) {
    return ClusterView.of(node(number)).map(ClusterView::controller).orElse(OptionalInt.empty());
  }

  /**
   * Waits until these nodes agree on who is the controller, and returns its number.
   *
   * @param among nodes that can see each other
   */
  int awaitController(List<Integer> among) {
    int[] agreed = {-1};
    Await.until(
        () -> "one controller among " + among,
        PATIENCE,
        () -> {
          List<OptionalInt> seen = among.stream().map(this::controllerSeenBy).distinct().toList();
          agreed[0] = seen.size() == 1 ? seen.get(0).orElse(-1) : -1;
          return among.contains(agreed[0]);
        });
    return agreed[0];
  }

  /** Waits for a controller that all see; returns the number of a voter that it is not. */
  int awaitFollower() {
    return awaitController(allBut()) == 3 ? 2 : 3;
  }

  /** Waits until every node knows all these topics. */
  void awaitTopics(Collection<String> topics) {
    for (MillraceProcess node : nodes) {
      Await.until(
          () -> "node " + node.nodeId() + " knows all of " + topics.size() + " topics",
          PATIENCE,
          () -> ClusterView.topicsOf(node).containsAll(topics));
    }
  }

  /** Waits until every node has these configs of topics, by topic and key. */
  void awaitConfigs(Map<String, Map<String, String>> configs) {
    for (MillraceProcess node : nodes) {
      configs.forEach(
          (topic, wanted) ->
              Await.until(
                  () -> "node " + node.nodeId() + " has " + wanted + " of topic " + topic,
                  PATIENCE,
                  () ->
                      ClusterView.topic(node, topic)
                          .map(found -> found.getJsonObject("configs").getMap())
                          .filter(found -> found.entrySet().containsAll(wanted.entrySet()))
                          .isPresent()));
    }
  }

  /**
   * Waits until all nodes have the same metadata, every broker serves, and the same controller is
   * seen by all: without any help.
   */
  void awaitSameImage() {
    Set<Integer> brokers = new TreeSet<>();
    nodes.stream().filter(MillraceProcess::serves).forEach(node -> brokers.add(node.nodeId()));
    Await.until(
        () -> "all nodes serve with the same metadata:\n" + describe(),
        PATIENCE,
        () -> {
          Set<Optional<JsonObject>> seen = new HashSet<>();
          nodes.forEach(node -> seen.add(NodeImage.shared(node)));
          return seen.size() == 1
              && ClusterView.of(nodes.get(0))
                  .filter(view -> view.unfenced().containsAll(brokers))
                  .filter(view -> view.controller().isPresent())
                  .isPresent();
        });
    // What takes many questions is asked when it is likely to be the same.
    Set<Optional<NodeImage>> images = new HashSet<>();
    Await.until(
        () -> "all nodes have the same topics and configs:\n" + images,
        PATIENCE,
        () -> {
          images.clear();
          nodes.forEach(node -> images.add(NodeImage.of(node)));
          return images.size() == 1 && images.iterator().next().isPresent();
        });
  }

  /** What each node says now, for a person. */
  String describe() {
    return nodes.stream()
        .map(
            node ->
                "node "
                    + node.nodeId()
                    + ": "
                    + ClusterView.of(node).map(view -> view.json().encode()).orElse("no answer"))
        .collect(Collectors.joining("\n"));
  }

  /** Waits until all nodes see so many voters. */
  void awaitVoters(int count) {
    for (MillraceProcess node : nodes) {
      Await.until(
          () -> "node " + node.nodeId() + " sees " + count + " voters",
          PATIENCE,
          () -> ClusterView.of(node).map(view -> view.voters().size() == count).orElse(false));
    }
  }

  /** {@code millrace quorum remove}, asked of the node that is to lose its vote. */
  static void removeVoter(MillraceProcess node) throws Exception {
    List<String> command =
        MillraceProcess.command(
            "quorum",
            "remove",
            Integer.toString(node.nodeId()),
            "--bootstrap-server",
            node.bootstrap());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
  }

  /** A second process with the node id of a running one, on a disk of its own; not started. */
  MillraceProcess twinOf(int number, Path dir) {
    Map<String, String> settings =
        Map.of(
            "node.id",
            Integer.toString(number),
            "cluster.port",
            "0",
            "cluster.seeds",
            node(number).setting("cluster.seeds"));
    MillraceProcess twin = new MillraceProcess(dir, settings);
    twins.add(twin);
    return twin;
  }

  /** All node numbers but these. */
  List<Integer> allBut(Integer... numbers) {
    List<Integer> all = new ArrayList<>();
    for (int number = 1; number <= nodes.size(); number++) {
      all.add(number);
    }
    all.removeAll(List.of(numbers));
    return all;
  }

  @Override
  public void close() {
    List<MillraceProcess> all = new ArrayList<>(nodes);
    all.addAll(twins);
    // All of them, whatever the output of one says about the test.
    all.forEach(BrokerProcess::kill);
    all.forEach(BrokerProcess::close);
  }
}
