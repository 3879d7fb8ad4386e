package io.millrace.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FileIo;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.Clock;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.PreviousLeader;
import io.millrace.quorum.state.QuorumTiming;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Replicas of a metadata log on real files in one process; speaks in verbs and waits.
 *
 * <p>Owner: the test's thread; the replicas' contexts send and deliver.
 */
final class QuorumCluster implements AutoCloseable {
  private static final QuorumTiming TIMING =
      new QuorumTiming(50, 600, 5_000, 100, 5_000, 1 << 20, 8, 20_000);

  private static final String PART = "part-";

  final Vertx vertx = Vertx.vertx();
  private final Path temp;
  private final Map<Integer, Node> nodes = new ConcurrentHashMap<>();

  /** Nodes that were killed and may still have their files open. */
  private final Map<Integer, Future<Void>> dying = new ConcurrentHashMap<>();

  /** Directed links that carry nothing: from * 1000 + to. */
  private final Set<Integer> cut = ConcurrentHashMap.newKeySet();

  private Set<VoterId> voters = Set.of();
  private long snapshotBytes = 1 << 20;
  private QuorumTiming timing = TIMING;

  QuorumCluster(Path temp) {
    this.temp = temp;
  }

  QuorumCluster snapshotEvery(long bytes) {
    snapshotBytes = bytes;
    return this;
  }

  QuorumCluster timing(QuorumTiming changed) {
    timing = changed;
    return this;
  }

  /** Who is the first to vote; starts them, and waits until one leads. */
  QuorumCluster form(int... nodeIds) throws IOException {
    startVoters(nodeIds);
    electAtOnce(nodeIds[0]);
    return this;
  }

  /** Who is the first to vote; starts them and leaves the rest to them. */
  QuorumCluster startVoters(int... nodeIds) throws IOException {
    Set<VoterId> first = new HashSet<>();
    for (int nodeId : nodeIds) {
      first.add(id(nodeId));
    }
    voters = first;
    for (int nodeId : nodeIds) {
      start(nodeId);
    }
    return this;
  }

  /** Nobody waits for the randomized timeouts, which take a second: the membership nominates. */
  void electAtOnce(int nodeId) {
    Quorum nominee = nodes.get(nodeId).quorum;
    nominee.nominate(true);
    awaitLeader();
    nominee.nominate(false);
  }

  Path directory(int nodeId) {
    try {
      return Files.createDirectories(temp.resolve("node-" + nodeId))
          .resolve(QuorumConfig.DIRECTORY);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  VoterId id(int nodeId) throws IOException {
    return new VoterId(
        nodeId, DirectoryIdFile.readOrCreate(SystemFileIo.INSTANCE, directory(nodeId)));
  }

  Node start(int nodeId) {
    return start(nodeId, SystemFileIo.INSTANCE, voters);
  }

  Node start(int nodeId, FileIo io) {
    return start(nodeId, io, voters);
  }

  Node start(int nodeId, FileIo io, Set<VoterId> firstVoters) {
    if (dying.containsKey(nodeId)) {
      await(dying.remove(nodeId));
    }
    Node node = new Node(nodeId);
    QuorumConfig config =
        new QuorumConfig(
            nodeId, directory(nodeId), snapshotBytes, io, Clock.SYSTEM, timing, firstVoters);
    node.quorum = await(QuorumVerticle.open(vertx, config, node, node));
    nodes.put(nodeId, node);
    tellPeers();
    return node;
  }

  private void tellPeers() {
    Set<VoterId> all = new HashSet<>();
    nodes.values().forEach(node -> all.add(node.quorum.status().self()));
    nodes.values().forEach(node -> node.quorum.onPeers(all));
  }

  Node node(int nodeId) {
    return nodes.get(nodeId);
  }

  /**
   * As if the process died: nothing more leaves it, nothing reaches it. A leader tries for a while
   * to hand over; then its files close, which only its next start waits for.
   */
  void kill(int nodeId) {
    Node node = nodes.remove(nodeId);
    node.dead = true;
    dying.put(nodeId, node.quorum.close().otherwiseEmpty());
  }

  void stop(int nodeId) {
    await(nodes.get(nodeId).quorum.close());
    nodes.remove(nodeId).dead = true;
  }

  void wipe(int nodeId) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory(nodeId))) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  void cutOneWay(int from, int to) {
    cut.add(from * 1_000 + to);
  }

  void isolate(int nodeId) {
    for (int other : List.copyOf(nodes.keySet())) {
      cutOneWay(nodeId, other);
      cutOneWay(other, nodeId);
    }
  }

  void heal() {
    cut.clear();
  }

  /** The node that takes proposals; the newest one, if an old one does not know yet. */
  Node awaitLeader() {
    return awaitLeader("a leader", leader -> true);
  }

  Node awaitOtherLeaderThan(int nodeId) {
    return awaitLeader("another leader", leader -> leader.nodeId != nodeId);
  }

  private Node awaitLeader(String what, Predicate<Node> wanted) {
    AtomicReference<Node> found = new AtomicReference<>();
    await(
        what,
        () -> {
          Node leader = leader();
          found.set(leader != null && wanted.test(leader) ? leader : null);
          return found.get() != null;
        });
    return found.get();
  }

  private Node leader() {
    Node newest = null;
    for (Node node : nodes.values()) {
      if (node.term > 0 && (newest == null || node.term > newest.term)) {
        newest = node;
      }
    }
    return newest;
  }

  Node anyFollower() {
    Node leader = awaitLeader();
    return nodes.values().stream().filter(node -> node != leader).findFirst().orElseThrow();
  }

  /** Proposes at whoever leads, again after a change of the lead, until it is committed. */
  long commit(String name, int level) {
    while (true) {
      Node leader = awaitLeader();
      Future<Long> proposal = leader.propose(name, level);
      await(proposal.otherwiseEmpty());
      if (proposal.succeeded()) {
        return proposal.result();
      }
    }
  }

  /** Every node that runs has applied the same, and at least this feature. */
  void awaitEverywhere(String name, int level) {
    for (Node node : List.copyOf(nodes.values())) {
      await(
          "node " + node.nodeId + " has " + name,
          () -> Integer.valueOf(level).equals(node.state().get(name)));
    }
  }

  /** The leader takes it as soon as it is caught up. */
  void makeVoter(Node leader, VoterId learner) {
    await(
        learner + " is caught up",
        () -> {
          Future<Void> added = leader.quorum.addVoter(learner);
          await(added.otherwiseEmpty());
          return added.succeeded();
        });
  }

  void await(String what, BooleanSupplier condition) {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadlineNs);
      await(vertx.timer(10, TimeUnit.MILLISECONDS));
    }
  }

  static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** Leaders first: who has others to hand over to does not wait for a timeout. */
  @Override
  public void close() {
    while (!nodes.isEmpty()) {
      Node leader = leader();
      Node next = leader == null ? nodes.values().iterator().next() : leader;
      await(next.quorum.close().otherwiseEmpty());
      nodes.remove(next.nodeId);
      next.dead = true;
    }
    await(vertx.close());
  }

  /** A node: its state is the features, and it checks what it hears. */
  final class Node implements CommitListener, QuorumTransport {
    final int nodeId;
    volatile Quorum quorum;
    volatile int term;

    /** The number of the lead; see {@link CommitListener#onLeader}. */
    volatile int lead;

    private volatile int newestTerm;
    volatile int knownLeader = -1;
    volatile QuorumException whyResigned;
    volatile boolean dead;
    volatile int snapshotsHeard;
    private long nextOffset;
    private final Map<String, Integer> features = new TreeMap<>();
    private Set<VoterId> known = Set.of();
    private final List<String> wrong = new ArrayList<>();

    Node(int nodeId) {
      this.nodeId = nodeId;
    }

    Future<Long> propose(String name, int level) {
      return quorum.propose(lead, Quorum.ANYWHERE, List.of(new Feature(name, level)));
    }

    /** A group of which no part is ever to be seen without the others. */
    Future<Long> proposeGroup(int size, int level) {
      List<MetadataRecord> group = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        group.add(new Feature(PART + i, level));
      }
      return quorum.propose(lead, Quorum.ANYWHERE, group);
    }

    synchronized Map<String, Integer> state() {
      assertThat(wrong).isEmpty();
      return new TreeMap<>(features);
    }

    synchronized long applied() {
      return nextOffset;
    }

    synchronized Set<VoterId> voters() {
      return known;
    }

    @Override
    public void send(int to, ByteBuffer message) {
      Node receiver = nodes.get(to);
      if (receiver != null && !dead && !receiver.dead && !cut.contains(nodeId * 1_000 + to)) {
        receiver.quorum.receive(nodeId, message);
      }
    }

    @Override
    public synchronized void onSnapshot(long lastOffset, List<MetadataRecord> records) {
      if (lastOffset < nextOffset - 1) {
        wrong.add("snapshot at " + lastOffset + " after " + nextOffset);
      }
      snapshotsHeard++;
      features.clear();
      records.forEach(this::apply);
      nextOffset = lastOffset + 1;
    }

    private void apply(MetadataRecord record) {
      if (record instanceof Feature feature) {
        features.put(feature.name(), feature.level());
      } else if (record instanceof Voters set) {
        known = set.voters();
      }
    }

    @Override
    public synchronized void onCommitted(List<Entry> entries) {
      for (Entry entry : entries) {
        if (entry.baseOffset() != nextOffset) {
          wrong.add("entry at " + entry.baseOffset() + " instead of " + nextOffset);
        }
        entry.records().forEach(this::apply);
        nextOffset = entry.endOffset();
      }
      long levels =
          features.entrySet().stream()
              .filter(one -> one.getKey().startsWith(PART))
              .map(Map.Entry::getValue)
              .distinct()
              .count();
      if (levels > 1) {
        wrong.add("half a group up to " + nextOffset);
      }
    }

    @Override
    public void onLeader(int newLead, PreviousLeader previous) {
      lead = newLead;
      term = newestTerm;
    }

    @Override
    public void onResigned(QuorumException why) {
      whyResigned = why;
      term = 0;
    }

    @Override
    public void onLeaderKnown(int leader, int inTerm) {
      knownLeader = leader;
      newestTerm = inTerm;
    }

    @Override
    public synchronized void onSnapshotWanted() {
      List<MetadataRecord> records = new ArrayList<>();
      if (!known.isEmpty()) {
        records.add(new Voters(known));
      }
      features.forEach((name, level) -> records.add(new Feature(name, level)));
      quorum.snapshot(nextOffset - 1, records).otherwiseEmpty();
    }
  }
}
