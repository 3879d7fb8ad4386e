package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumWire;
import io.millrace.simulation.SimulatedNetwork;
import io.millrace.simulation.SimulatedWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A quorum in one thread: replicas, a network, a clock and an operator, all driven by one seed.
 * After every event the {@link QuorumInvariants} are checked.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedQuorum extends SimulatedWorld {

  /** Ten election timeouts. */
  private static final int PROGRESS_MS = 3_000;

  /** For who has missed hundreds of entries and gets them one by one. */
  private static final int WHOLE_MS = 9_000;

  private static final int SLOW_MS = 1_500;

  /** Small bounds, so that every way is gone. */
  final QuorumTiming timing;

  final int chunkBytes;

  /** Reads of the log take as long, at most. */
  private final int maxReadMs;

  /** Whether messages become bytes on their way; not in every run, as it takes time. */
  private final boolean encoded;

  final QuorumInvariants invariants = new QuorumInvariants();
  final SimulatedNetwork network;
  final List<SimulatedReplica> replicas = new ArrayList<>();
  private final int target;

  /** What happens when a leader has committed something, and when there is a new one. */
  Consumer<SimulatedReplica> whenCommitted = leader -> {};

  Consumer<SimulatedReplica> whenElected = leader -> {};
  int readsAnswered;
  int snapshotsInstalled;
  private long proposals;
  private int directories;

  /**
   * A quorum whose disks are empty.
   *
   * @param traced whether the last events are kept as text
   */
  SimulatedQuorum(Random random, int voters, int learners, boolean traced) {
    super(random, traced);
    this.timing =
        new QuorumTiming(
            50,
            300,
            1_000,
            200,
            1 + random.nextInt(8),
            random.nextBoolean() ? 1 << 20 : 1 + random.nextInt(60),
            1 + random.nextInt(4),
            random.nextInt(15));
    this.chunkBytes = random.nextBoolean() ? 30 : 1_000;
    this.maxReadMs = random.nextInt(3) == 0 ? 5 : 150;
    this.encoded = random.nextBoolean();
    this.network = new SimulatedNetwork(random, SLOW_MS);
    this.target = voters;
    List<VoterId> ids = new ArrayList<>();
    for (int node = 1; node <= voters + learners; node++) {
      ids.add(newId(node));
    }
    Set<VoterId> initial = Set.copyOf(ids.subList(0, voters));
    for (VoterId id : ids) {
      replicas.add(new SimulatedReplica(this, id, initial.contains(id) ? initial : Set.of()));
    }
  }

  VoterId newId(int node) {
    return new VoterId(node, new UUID(node, ++directories));
  }

  Set<VoterId> ids() {
    return replicas.stream()
        .map(SimulatedReplica::id)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  // ---- Time

  @Override
  protected void check() {
    invariants.onEvent(eventCount());
  }

  long diskDelayMs() {
    return random.nextInt(100) == 0 ? random.nextInt(400) : random.nextInt(6);
  }

  long readDelayMs() {
    return random.nextInt(isHealed() ? 5 : maxReadMs);
  }

  // ---- Network

  void send(Message message) {
    for (long delayMs : network.arrivals(message.from().nodeId(), message.to().nodeId())) {
      Message arriving = encoded ? QuorumWire.carry(message) : message;
      after(delayMs, () -> replica(message.to().nodeId()).deliver(arriving));
    }
  }

  private SimulatedReplica replica(int node) {
    return replicas.get(node - 1);
  }

  // ---- Clients and the operator

  void propose() {
    for (SimulatedReplica replica : replicas) {
      replica.call(
          rules -> {
            if (rules.isActive()) {
              List<MetadataRecord> records = new ArrayList<>();
              for (int left = 1 + random.nextInt(3); left > 0; left--) {
                records.add(new ProducerIds(++proposals));
              }
              trace(replica.id(), "proposes", records);
              invariants.onProposed(records);
              rules.propose(records);
            }
          });
    }
  }

  /** Removes voters whose disk is gone, and makes learners voters. */
  void repair() {
    for (SimulatedReplica replica : replicas) {
      replica.call(
          rules -> {
            if (rules.isActive()) {
              repair(rules);
            }
          });
    }
  }

  private void repair(QuorumRules rules) {
    Set<VoterId> ids = ids();
    for (VoterId voter : rules.voters()) {
      if (!ids.contains(voter)) {
        trace(rules.leader(), "removes", voter);
        rules.removeVoter(voter);
        return;
      }
    }
    if (rules.voters().size() < target) {
      for (VoterId id : ids) {
        if (!replica(id.nodeId()).isDamaged()
            && !rules.voters().contains(id)
            && rules.isCaughtUp(id)) {
          trace(rules.leader(), "adds", id);
          rules.addVoter(id);
          return;
        }
      }
    }
  }

  /** A replica forgets everything and comes back as another one, unless that is too much. */
  boolean mayLose(SimulatedReplica lost) {
    Set<VoterId> good =
        replicas.stream()
            .filter(one -> one != lost && !one.isDamaged())
            .map(SimulatedReplica::id)
            .collect(Collectors.toSet());
    for (SimulatedReplica replica : replicas) {
      for (Set<VoterId> voters : replica.knownVoters()) {
        if (voters.stream().anyMatch(voter -> good.contains(voter) && !knowsThatItVotes(voter))) {
          // It may have what only the lost one has: then it refuses to elect anybody else, and
          // does not stand for election itself.
          return false;
        }
        long left = voters.stream().filter(good::contains).count();
        if (!voters.isEmpty() && left <= voters.size() / 2) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean knowsThatItVotes(VoterId id) {
    return replica(id.nodeId()).knownVoters().stream().anyMatch(voters -> voters.contains(id));
  }

  /** Whether most of the other voters are alive. */
  boolean mayRemove(VoterId which, QuorumRules rules) {
    long good =
        replicas.stream()
            .filter(one -> !one.id().equals(which) && !one.isDamaged())
            .filter(one -> rules.voters().contains(one.id()))
            .count();
    return good > (rules.voters().size() - 1) / 2;
  }

  void wipe(SimulatedReplica replica) {
    replica.crash();
    replica.wipe(newId(replica.id().nodeId()));
    trace(replica.id(), "is", "new");
    tellPeers();
  }

  /** Somebody has another id. */
  void tellPeers() {
    for (SimulatedReplica other : replicas) {
      other.call(rules -> rules.onPeers(ids()));
    }
  }

  // ---- The end

  /** All faults end; then there must be a leader and everybody must have what it commits. */
  void heal() {
    endFaults();
    whenCommitted = leader -> {};
    whenElected = leader -> {};
    network.heal();
    for (SimulatedReplica replica : replicas) {
      replica.diskFull = false;
      replica.unhangDisk();
      replica.resume();
      if (replica.isDamaged()) {
        wipe(replica);
      } else if (replica.isUp() && replica.rules().role() == QuorumRules.Role.FAILED) {
        replica.crash();
      }
      if (!replica.isUp()) {
        replica.start();
      }
    }
    for (long delayMs = 0; delayMs < PROGRESS_MS + WHOLE_MS; delayMs += 100) {
      after(delayMs, this::repair);
      after(delayMs + 50, this::propose);
    }
    long committedBefore = invariants.committedEnd();
    runUntilTrue(
        PROGRESS_MS, () -> invariants.committedEnd() > committedBefore, "nothing new is committed");
    runUntilTrue(WHOLE_MS, this::isWhole, "voters are missing, or not all have everything");
  }

  /** One leads, enough vote, all of them are here, and everybody has all that is committed. */
  private boolean isWhole() {
    if (!replicas.stream().allMatch(SimulatedReplica::isUp)) {
      return false;
    }
    Set<VoterId> voters = replicas.get(0).rules().voters();
    return voters.size() >= target
        && ids().containsAll(voters)
        && replicas.stream().filter(one -> one.rules().isActive()).count() == 1
        && replicas.stream()
            .allMatch(
                one ->
                    one.appliedEnd() == invariants.committedEnd()
                        && one.rules().voters().equals(voters));
  }

  private void runUntilTrue(int withinMs, BooleanSupplier condition, String otherwise) {
    long untilMs = nowMs() + withinMs;
    while (nowMs() < untilMs && !condition.getAsBoolean()) {
      runUntil(nowMs() + 20);
    }
    invariants.onHealed(condition.getAsBoolean(), () -> otherwise + ": " + this);
  }

  // ---- For people

  void trace(VoterId who, String does, Object what) {
    if (isTraced()) {
      trace(name(who) + " " + does + " " + what);
    }
  }

  private static String name(VoterId id) {
    return id == null ? "?" : id.nodeId() + "/" + id.directoryId().getLeastSignificantBits();
  }

  @Override
  public String toString() {
    return replicas.stream()
        .map(
            one ->
                one.isUp()
                    ? name(one.id())
                        + " "
                        + one.rules().role()
                        + " term "
                        + one.rules().term()
                        + " committed "
                        + one.rules().committedEnd()
                        + " end "
                        + one.rules().logEnd()
                        + " voters "
                        + one.rules().voters().stream().map(SimulatedQuorum::name).sorted().toList()
                    : name(one.id()) + " down")
        .collect(Collectors.joining("; "));
  }
}
