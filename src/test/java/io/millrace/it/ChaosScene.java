package io.millrace.it;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Three nodes, each on a host and a small disk of its own, with the boot id in a file of its own;
 * and what faults need to know and do.
 *
 * <p>Owner: the test's thread.
 */
final class ChaosScene implements AutoCloseable {
  static final int NODES = 3;

  /** Of each internal topic; enough that each node leads one. */
  static final int INTERNAL_PARTITIONS = 3;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** How long a start may take says nothing here: three nodes share the machine with their load. */
  private static final Duration READY_WITHIN = Duration.ofSeconds(150);

  private static final int DISK_MIB = 768;

  /** What a node may say of these faults as an error. */
  private static final String EXPECTED =
      TestCluster.MASTERSHIP
          + "|No space left in log directory .*: appends are refused"
          + "|Only \\d+ bytes free in log directory .*: appends are refused"
          + "|this node cannot write metadata until there is space"
          + "|ends at offset \\d+, but was durable up to \\d+: the disk lost data"
          // Of Hazelcast, about the live picture: it asked again what was answered one way.
          + "|PutOperation NormalResponse already responseReceived for callback.*millrace\\.live";

  /** Who does what when a fault begins; the leader is that of all partitions of the topic. */
  record Roles(int leader, int controller, int follower) {}

  private final Path dir;
  private final TestNetwork network;
  private final List<SmallDisk> disks = new ArrayList<>();
  private final TestCluster cluster;
  private final Clients clients;
  private final Random random;
  private final Thread atInterrupt = new Thread(this::killAll, "chaos-end");
  private Roles roles;
  private String topic;
  private ChaosHistory history;

  /** Makes the hosts and starts the nodes; skips the test where that is not allowed. */
  ChaosScene(Path dir, Random random) throws IOException {
    this.dir = dir;
    this.random = random;
    network = TestNetwork.of(NODES);
    TestCluster made = null;
    try {
      made =
          TestCluster.onHosts(
              network,
              dir,
              NODES,
              Map.of(
                  "offsets.topic.num.partitions",
                  Integer.toString(INTERNAL_PARTITIONS),
                  "transaction.state.log.num.partitions",
                  Integer.toString(INTERNAL_PARTITIONS),
                  "log.dir.min.free.bytes",
                  "0"));
      cluster = made;
      for (int number : cluster.allBut()) {
        MillraceProcess node = cluster.node(number);
        SmallDisk disk = SmallDisk.mount(node.logDir(), DISK_MIB);
        disks.add(disk);
        List<String> runner = new ArrayList<>(disk.runner());
        runner.addAll(network.runner(number));
        node.bootedAs(bootIdFile(number)).runBy(runner).expectInOutput(EXPECTED);
        reboot(number);
      }
      Runtime.getRuntime().addShutdownHook(atInterrupt);
      startAll();
      clients = new Clients(cluster);
    } catch (IOException | RuntimeException | Error e) {
      closeAll(made);
      throw e;
    }
  }

  private Path bootIdFile(int node) {
    return dir.resolve("boot-id-" + node);
  }

  TestCluster cluster() {
    return cluster;
  }

  TestNetwork network() {
    return network;
  }

  Clients clients() {
    return clients;
  }

  Random random() {
    return random;
  }

  MillraceProcess node(int number) {
    return cluster.node(number);
  }

  SmallDisk disk(int node) {
    return disks.get(node - 1);
  }

  /** The log directory of a node. */
  Path data(int node) {
    return disk(node).path();
  }

  Roles roles() {
    return roles;
  }

  /**
   * Creates a topic with one node as the leader of all its partitions; this node, the controller
   * and the third are who faults happen to.
   */
  void prepare(String topic, int partitions) throws Exception {
    cluster.awaitSameImage();
    int controller = cluster.awaitController(cluster.allBut());
    int leader = controller % NODES + 1;
    int follower = leader % NODES + 1;
    roles = new Roles(leader, controller, follower);
    Map<Integer, List<Integer>> assignment = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      assignment.put(
          partition,
          partition % 2 == 0
              ? List.of(leader, controller, follower)
              : List.of(leader, follower, controller));
    }
    create(topic, assignment);
    this.topic = topic;
    history = new ChaosHistory(cluster, topic);
    history.note("leader " + leader + ", controller " + controller + ", follower " + follower);
  }

  /** Creates a topic each of whose partitions has another leader. */
  void createSpread(String name, int partitions) throws Exception {
    Map<Integer, List<Integer>> assignment = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      List<Integer> replicas = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        replicas.add(1 + (partition + i) % NODES);
      }
      assignment.put(partition, replicas);
    }
    create(name, assignment);
  }

  private void create(String name, Map<Integer, List<Integer>> assignment) throws Exception {
    NewTopic created = new NewTopic(name, assignment).configs(Map.of("min.insync.replicas", "2"));
    Clients.await(
        clients
            .admin()
            .createTopics(List.of(created))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
  }

  /** Deletes topics that are not needed any more. */
  void delete(List<String> topics) {
    try {
      Clients.await(
          clients.admin().deleteTopics(topics).all().toCompletionStage().toCompletableFuture());
    } catch (Exception e) {
      throw new AssertionError("the topics " + topics + " cannot be deleted: " + e, e);
    }
  }

  /** The topic that the fault is about. */
  String topic() {
    return topic;
  }

  ChaosHistory history() {
    return history;
  }

  void note(String what) {
    if (history != null) {
      history.note(what);
    }
  }

  /** Lets time pass: a fault lasts as long as it is to last, there is no condition to wait for. */
  void hold(double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  void kill(int node) {
    note("kill -9 of node " + node);
    node(node).kill();
  }

  /** Starts a node and waits until it is ready. */
  void start(int node) {
    note("start of node " + node);
    node(node).start();
    node(node).awaitReady(READY_WITHIN);
    note("node " + node + " is ready");
  }

  /** Starts all nodes that are down, and waits until all are ready. */
  void startAll() {
    note("start of all nodes");
    cluster.nodes().stream().filter(node -> !node.isAlive()).forEach(BrokerProcess::start);
    awaitReady();
    note("all nodes are ready");
  }

  /** Waits until all nodes are ready. */
  void awaitReady() {
    cluster.nodes().forEach(node -> node.awaitReady(READY_WITHIN));
  }

  /** The machine of a node that is down starts again: another boot id. */
  void reboot(int node) {
    try {
      Files.writeString(bootIdFile(node), UUID.randomUUID().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A killed process, in the middle of a write. */
  void tearTails(int node) {
    List<Path> logs = ReplicaLogs.all(data(node));
    logs.forEach(ReplicaLogs::tear);
    note("the first bytes of another batch at the end of " + logs.size() + " logs of " + node);
  }

  /** A machine that lost its power: unsynced bytes are gone, acknowledged ones among them. */
  void loseTails(int node) {
    reboot(node);
    for (Path log : ReplicaLogs.all(data(node))) {
      long lost = ReplicaLogs.loseTail(log, random);
      if (lost > 0) {
        note("the last " + lost + " bytes of " + log.getFileName() + " of node " + node + " lost");
      }
    }
  }

  /** Waits until every partition of every topic has all its replicas in sync: without any help. */
  void awaitFullIsr() {
    Set<String> topics = new TreeSet<>();
    cluster.nodes().forEach(node -> topics.addAll(ClusterView.topicsOf(node)));
    for (String one : topics) {
      Await.until(
          () -> "all replicas of " + one + " are in sync:\n" + describe(one),
          PATIENCE,
          () -> cluster.nodes().stream().allMatch(node -> isInSync(node, one)));
    }
  }

  private static boolean isInSync(MillraceProcess node, String topic) {
    return ClusterView.topic(node, topic)
        .filter(
            view ->
                view.getJsonArray("partitions").stream()
                    .map(JsonObject.class::cast)
                    .allMatch(
                        one ->
                            one.getJsonArray("isr").size() == one.getJsonArray("replicas").size()
                                && one.getInteger("leader") >= 0))
        .isPresent();
  }

  String describe(String topic) {
    StringBuilder text = new StringBuilder();
    for (int number : cluster.allBut()) {
      text.append("node ")
          .append(number)
          .append(": ")
          .append(ClusterView.topic(node(number), topic).map(Object::toString).orElse("no answer"))
          .append('\n');
    }
    return text.toString();
  }

  /** Puts right whatever a fault may have left. */
  void healAll() {
    network.heal();
    for (int number : cluster.allBut()) {
      if (node(number).isAlive()) {
        node(number).resume();
      }
    }
  }

  /** Nothing stays behind when somebody interrupts the run. */
  private void killAll() {
    cluster.nodes().stream().filter(BrokerProcess::isAlive).forEach(BrokerProcess::kill);
  }

  private void closeAll(TestCluster nodes) {
    try {
      if (nodes != null) {
        nodes.close();
      }
    } finally {
      disks.forEach(SmallDisk::close);
      network.close();
    }
  }

  /** Fails when a node has said something alarming. */
  @Override
  public void close() {
    clients.close();
    closeAll(cluster);
    Runtime.getRuntime().removeShutdownHook(atInterrupt);
  }
}
