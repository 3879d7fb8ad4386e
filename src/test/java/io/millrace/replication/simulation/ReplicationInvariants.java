package io.millrace.replication.simulation;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.partition.state.IsrProposal;
import io.millrace.partition.state.LeaderState;
import io.millrace.replication.simulation.SimulatedLog.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * What must hold, under the names of {@code docs/invariants.md}. A partition that is marked with a
 * possible loss may have lost what was committed before the epoch of the mark.
 *
 * <p>Owner: the simulation's thread.
 */
final class ReplicationInvariants {
  private record Written(int epoch, long offset) {}

  private record Led(int epoch, int process) {}

  private record Proposed(int leaderEpoch, int partitionEpoch) {}

  private final SimulatedCluster world;
  // What any high watermark of a leader has covered.
  private final TreeMap<Long, Entry> committed = new TreeMap<>();
  // In which leader's epoch it was covered first.
  private final Map<Long, Integer> committedIn = new HashMap<>();
  private final Map<Integer, Integer> leaders = new HashMap<>();
  private final Map<Written, Long> written = new HashMap<>();
  private final Map<Integer, Map<Led, Long>> highWatermarks = new HashMap<>();
  private final Map<Proposed, Map<Integer, Long>> proposals = new HashMap<>();
  // Of each leader: the newest process of each follower that has fetched from it.
  private final Map<Led, Map<Integer, Long>> heard = new HashMap<>();
  // Of the last mark; what earlier leaders commit after it does not count.
  private int lossEpoch = -1;
  private boolean lossIsOpen;
  private int losses;
  // How often the newest of several logs was looked for, and found.
  private int recoveries;
  // The ISR when the power of all failed, with their disks; until somebody leads again.
  private final Map<Integer, UUID> cutOff = new HashMap<>();

  ReplicationInvariants(SimulatedCluster world) {
    this.world = world;
  }

  int committedCount() {
    return committed.size();
  }

  int losses() {
    return losses;
  }

  int recoveries() {
    return recoveries;
  }

  private static void hold(boolean holds, String name, Supplier<String> what) {
    if (!holds) {
      throw new AssertionError(name + ": " + what.get());
    }
  }

  // ---- Leaders

  /** One leader in an epoch, and everything committed is in its log. */
  void onLead(SimulatedBroker broker, int epoch) {
    Integer known = leaders.putIfAbsent(epoch, broker.id);
    hold(
        known == null || known == broker.id,
        "one leader of an epoch",
        () -> known + " and " + broker.id + " lead in " + epoch);
    if (epoch < lossEpoch) {
      return;
    }
    if (lossIsOpen) {
      lossIsOpen = false;
      committed.values().removeIf(entry -> !has(broker, entry));
      committedIn.keySet().retainAll(committed.keySet());
    }
    for (Entry entry : committed.values()) {
      hold(
          committedIn.get(entry.offset()) > epoch || has(broker, entry),
          "maximal ISR",
          () -> broker.id + " leads in " + epoch + " without " + entry + ", with " + broker.log);
    }
  }

  private static boolean has(SimulatedBroker broker, Entry entry) {
    return entry.offset() < broker.log.startOffset()
        || entry.equals(broker.log.get(entry.offset()));
  }

  void onWritten(SimulatedBroker broker, List<Entry> entries) {
    for (Entry entry : entries) {
      Long other = written.putIfAbsent(new Written(entry.epoch(), entry.offset()), entry.value());
      hold(
          other == null || other == entry.value(),
          "epoch truncation",
          () -> entry + " was written on " + broker.id + ", and elsewhere with the value " + other);
    }
  }

  /** It never goes back within an epoch, and what it covers is committed for good. */
  void onHighWatermark(SimulatedBroker broker, int epoch, long highWatermark) {
    Map<Led, Long> its = highWatermarks.computeIfAbsent(broker.id, any -> new HashMap<>());
    Led led = new Led(epoch, broker.process());
    Long before = its.put(led, highWatermark);
    hold(
        before == null || before <= highWatermark,
        "high watermark never goes back",
        () -> before + " to " + highWatermark + " on " + broker.id);
    if (epoch < lossEpoch || (lossIsOpen && epoch <= lossEpoch)) {
      return;
    }
    long from = Math.max(broker.log.startOffset(), before == null ? 0 : before);
    List<Entry> fresh = new ArrayList<>();
    for (long offset = from; offset < highWatermark; offset++) {
      Entry entry = broker.log.get(offset);
      Entry known = committed.putIfAbsent(offset, entry);
      hold(
          known == null || known.equals(entry),
          "maximal ISR",
          () -> entry + " is committed by " + broker.id + ", where " + known + " was before");
      committedIn.putIfAbsent(offset, epoch);
      if (known == null) {
        fresh.add(entry);
      }
    }
    if (!fresh.isEmpty()) {
      checkMembers(fresh);
    }
  }

  // ---- Members

  private PartitionImage partition() {
    return SimulatedController.partition(world.controller.committed());
  }

  /** Not the last of the ISR when it may be cut: it is not elected before it was compared. */
  private Set<Integer> members() {
    PartitionImage partition = partition();
    Set<Integer> members = new LinkedHashSet<>(partition.isr());
    members.addAll(partition.lastIsr());
    partition.maybeCut().forEach(members::remove);
    return members;
  }

  private void checkMembers(Iterable<Entry> entries) {
    members().forEach(id -> checkMember(world.broker(id), entries));
  }

  /** Whoever may be elected has everything that is committed. */
  private void checkMember(SimulatedBroker broker, Iterable<Entry> entries) {
    if (lossIsOpen || broker.isSuspect()) {
      return;
    }
    for (Entry entry : entries) {
      hold(
          has(broker, entry),
          "maximal ISR",
          () -> broker.id + " may be elected without " + entry + ", with " + broker.log);
    }
  }

  /** The controller has committed another state of the partition. */
  void onCommitted(PartitionImage was, PartitionImage is) {
    if (is.possibleLoss() && (!was.possibleLoss() || is.leaderEpoch() > was.leaderEpoch())) {
      losses += was.possibleLoss() ? 0 : 1;
      lossEpoch = is.leaderEpoch();
      lossIsOpen = true;
    }
    hold(
        !is.possibleLoss()
            || world.brokers.stream().anyMatch(broker -> broker.losses() > 0)
            || world.unclean()
            || world.registeredLate(),
        "no loss without a cause",
        () -> is.toString());
    if (is.leader() != PartitionImage.NO_LEADER && is.leaderEpoch() > was.leaderEpoch()) {
      onElected(was, is);
    }
    MetadataImage image = world.controller.committed();
    boolean byLeader =
        is.leader() != PartitionImage.NO_LEADER && is.leaderEpoch() == was.leaderEpoch();
    if (byLeader) {
      for (int member : is.isr()) {
        if (!was.isr().contains(member)) {
          BrokerImage broker = image.brokers().get(member);
          hold(
              broker.active(),
              "stale broker epochs never join",
              () -> member + " joins, and is " + broker);
          Map<Integer, Long> proposed =
              proposals.get(new Proposed(was.leaderEpoch(), was.partitionEpoch()));
          hold(
              proposed.get(member) == broker.epoch(),
              "stale broker epochs never join",
              () -> member + " joins as of " + proposed.get(member) + ", and is " + broker);
          hold(
              !world.broker(member).isUp()
                  || !world.broker(member).isRegistered()
                  || world.broker(member).brokerEpoch() <= broker.epoch(),
              "stale broker epochs never join",
              () -> member + " joins under " + broker);
        }
      }
    }
    checkMembers(committed.values());
  }

  /** The power of all fails: what the ISR was counts until somebody leads again. */
  void onPowerCutEverywhere() {
    cutOff.clear();
    for (int id : members()) {
      if (partition().isr().contains(id)) {
        cutOff.put(id, world.broker(id).directory());
      }
    }
  }

  /** When the power of all has failed, what the best of them has kept is kept. */
  private void onElected(PartitionImage was, PartitionImage is) {
    boolean compared = was.awaitsLogEnds();
    boolean lost = is.possibleLoss() && (compared || !was.possibleLoss());
    cutOff.entrySet().removeIf(it -> !world.broker(it.getKey()).directory().equals(it.getValue()));
    Set<Integer> others = new LinkedHashSet<>(cutOff.keySet());
    cutOff.clear();
    if (!lost || world.unclean()) {
      return;
    }
    if (compared) {
      recoveries++;
      others.addAll(was.maybeCut());
    }
    SimulatedBroker leader = world.broker(is.leader());
    // Unless it has lost power once more.
    if (!leader.isSuspect()) {
      checkNewest(others, leader);
    }
  }

  private void checkNewest(Set<Integer> others, SimulatedBroker leader) {
    for (int id : others) {
      SimulatedLog log = world.broker(id).log;
      int epoch = log.lastEntryEpoch();
      int leads = leader.log.lastEntryEpoch();
      hold(
          epoch < leads || (epoch == leads && log.endOffset() <= leader.log.endOffset()),
          "newest log leads",
          () -> leader.id + " leads with " + leader.log + ", and " + id + " has " + log);
    }
  }

  void onLogCut(SimulatedBroker broker) {
    if (members().contains(broker.id)) {
      checkMember(broker, committed.values());
    }
  }

  /** A leader asks for another ISR. */
  void onProposed(IsrProposal proposal) {
    Map<Integer, Long> epochs = new HashMap<>();
    proposal.isr().forEach(member -> epochs.put(member.nodeId(), member.brokerEpoch()));
    proposals.put(new Proposed(proposal.leaderEpoch(), proposal.partitionEpoch()), epochs);
  }

  // ---- Followers

  /** Once a leader has heard from a process, it counts nothing that an earlier one had. */
  void onFollowerFetch(SimulatedBroker leading, LeaderState state, int from, long epoch) {
    Led led = new Led(state.leaderEpoch(), leading.process());
    long newest = heard.computeIfAbsent(led, any -> new HashMap<>()).merge(from, epoch, Math::max);
    SimulatedBroker following = world.broker(from);
    boolean follows =
        newest == following.brokerEpoch()
            && following.follower() != null
            && following.replica().role().leaderEpoch() == state.leaderEpoch();
    hold(
        !follows || state.endOf(from) <= following.log.endOffset(),
        "stale broker epochs never join",
        () -> leading.id + " counts " + state.endOf(from) + " of " + from + ": " + following);
  }

  /**
   * What a follower shows to consumers is committed.
   *
   * @param from what it showed before ends here
   */
  void onFollowerHighWatermark(SimulatedBroker broker, int epoch, long from) {
    if (epoch < lossEpoch || lossIsOpen) {
      return;
    }
    long end = broker.follower().highWatermark();
    for (long offset = Math.max(broker.log.startOffset(), from); offset < end; offset++) {
      Entry known = committed.get(offset);
      Entry shown = broker.log.get(offset);
      hold(
          shown.equals(known),
          "followers show what is committed",
          () -> broker.id + " shows " + shown + " where " + known + " is committed");
    }
  }

  /** A follower whose log does not diverge has nothing that its leader has not. */
  void onAgreed(SimulatedBroker broker, PartitionImage role) {
    SimulatedBroker leading = world.broker(role.leader());
    if (leading.leader() == null || leading.leader().leaderEpoch() != role.leaderEpoch()) {
      return;
    }
    SimulatedLog ours = broker.log;
    SimulatedLog its = leading.log;
    hold(
        ours.endOffset() <= its.endOffset(),
        "epoch truncation",
        () -> broker.id + " has " + ours + ", its leader " + its);
    for (long offset = Math.max(ours.startOffset(), its.startOffset());
        offset < ours.endOffset();
        offset++) {
      Entry one = ours.get(offset);
      Entry other = its.get(offset);
      hold(
          one.equals(other),
          "epoch truncation",
          () -> broker.id + " has " + one + ", its leader " + other);
    }
  }

  /** After each event. */
  void check() {
    for (SimulatedBroker broker : world.brokers) {
      if (broker.leader() != null) {
        Map<Led, Long> its = highWatermarks.computeIfAbsent(broker.id, any -> new HashMap<>());
        Long before = its.get(new Led(broker.leader().leaderEpoch(), broker.process()));
        hold(
            before != null && before == broker.leader().highWatermark(),
            "high watermark never goes back",
            () -> before + " to " + broker.leader().highWatermark() + " on " + broker.id);
      }
    }
  }

  // ---- The end

  /** What is not well; null = everything is. */
  String lacking() {
    PartitionImage partition = partition();
    if (partition.leader() == PartitionImage.NO_LEADER) {
      return "there is no leader: " + partition;
    }
    SimulatedBroker leading = world.broker(partition.leader());
    if (leading.leader() == null || leading.leader().leaderEpoch() != partition.leaderEpoch()) {
      return leading.id + " does not lead";
    }
    if (partition.isr().size() < partition.replicas().size()) {
      return "the ISR is not whole: " + partition;
    }
    for (int replica : partition.replicas()) {
      SimulatedLog log = world.broker(replica).log;
      if (log.endOffset() != leading.log.endOffset()) {
        return replica + " has " + log + ", its leader " + leading.log;
      }
      for (long offset = Math.max(log.startOffset(), leading.log.startOffset());
          offset < log.endOffset();
          offset++) {
        if (!log.get(offset).equals(leading.log.get(offset))) {
          return replica + " has " + log.get(offset) + ", its leader " + leading.log.get(offset);
        }
      }
    }
    if (leading.leader().highWatermark() < leading.log.endOffset()) {
      return "not all is committed: " + leading;
    }
    return null;
  }
}
