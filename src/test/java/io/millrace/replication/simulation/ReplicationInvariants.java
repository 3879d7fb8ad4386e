package io.millrace.replication.simulation;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.partition.state.IsrProposal;
import io.millrace.partition.state.LeaderState;
import io.millrace.replication.simulation.SimulatedLog.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

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
  private final Set<Entry> compacted = new HashSet<>();
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

  /** Whether a log has a batch, or had it before it was deleted or compacted. */
  private boolean has(SimulatedBroker broker, Entry entry) {
    return has(broker.log, entry);
  }

  private boolean has(SimulatedLog log, Entry entry) {
    return entry.last() < log.startOffset()
        || entry.equals(log.get(entry.last()))
        || (compacted.contains(entry)
            && entry.last() < log.endOffset()
            && log.get(entry.offset()) == null
            && log.get(entry.last()) == null);
  }

  /** Batches were removed that are committed. */
  void onCompacted(List<Entry> entries) {
    compacted.addAll(entries);
  }

  /** What is committed where this batch is; null = nothing. */
  private Entry committedAt(Entry entry) {
    Map.Entry<Long, Entry> before = committed.floorEntry(entry.last());
    return before != null && before.getValue().last() >= entry.offset() ? before.getValue() : null;
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
    for (Entry entry : broker.log.between(from, highWatermark)) {
      Entry known = committedAt(entry);
      hold(
          known == null || known.equals(entry),
          "maximal ISR",
          () -> entry + " is committed by " + broker.id + ", where " + known + " was before");
      if (known == null) {
        committed.put(entry.offset(), entry);
        committedIn.put(entry.offset(), epoch);
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
    for (int replica : was.replicas()) {
      hold(
          is.replicas().contains(replica)
              || !was.removing().contains(replica)
              || is.isr().containsAll(is.replicas()),
          "a replica leaves when its successors have everything",
          () -> replica + " leaves with " + was + ", " + is);
    }
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

  /** What a process asks for that has ended, or was registered again, is refused as such. */
  void onIsrAsked(BrokerImage asking, long brokerEpoch, Errors answer) {
    hold(
        answer != Errors.NONE || asking.epoch() == brokerEpoch,
        "stale broker epochs never join",
        () -> "an ISR is asked for as of " + brokerEpoch + " by " + asking);
  }

  /** A leader asks for another ISR. */
  void onProposed(SimulatedBroker leading, IsrProposal proposal) {
    Map<Integer, Long> epochs = new HashMap<>();
    for (IsrProposal.Member member : proposal.isr()) {
      long active = leading.replica().activeEpoch(member.nodeId());
      hold(
          !proposal.joining().contains(member.nodeId()) || member.brokerEpoch() == active,
          "stale broker epochs never join",
          () -> leading.id + " lets " + member + " join, which is active as of " + active);
    }
    proposal.isr().forEach(member -> epochs.put(member.nodeId(), member.brokerEpoch()));
    proposals.put(new Proposed(proposal.leaderEpoch(), proposal.partitionEpoch()), epochs);
  }

  // ---- Followers

  /** Once a leader has heard from a process, it counts nothing that an earlier one had. */
  void onFollowerFetch(SimulatedBroker leading, LeaderState state, int from, long epoch) {
    Led led = new Led(state.leaderEpoch(), leading.process());
    long newest = heard.computeIfAbsent(led, any -> new HashMap<>()).merge(from, epoch, Math::max);
    SimulatedBroker following = world.broker(from);
    // A log that starts within a batch begins before what it is asked for.
    long startsAt = leading.log.startOffset();
    boolean follows =
        newest == following.brokerEpoch()
            && following.follower() != null
            && following.replica().role().leaderEpoch() == state.leaderEpoch();
    hold(
        !follows || state.endOf(from) <= Math.max(following.log.endOffset(), startsAt),
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
    for (Entry shown : broker.log.between(Math.max(broker.log.startOffset(), from), end)) {
      Entry known = committedAt(shown);
      hold(
          shown.equals(known),
          "followers show what is committed",
          () -> broker.id + " shows " + shown + " where " + known + " is committed");
    }
  }

  /** A follower is told to cut its log. */
  void onCut(SimulatedBroker broker, PartitionImage role, long offset) {
    SimulatedBroker leading = world.broker(role.leader());
    if (leading.leader() == null || leading.leader().leaderEpoch() != role.leaderEpoch()) {
      return;
    }
    for (Entry entry : broker.log.between(offset, broker.log.endOffset())) {
      hold(
          !leading.log.hasOrWrites(entry),
          "epoch truncation",
          () -> broker.id + " cuts " + entry + ", which its leader has: " + leading);
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
    for (Entry one : ours.between(its.startOffset(), ours.endOffset())) {
      hold(
          has(its, one),
          "epoch truncation",
          () -> broker.id + " has " + one + ", its leader " + leading.id + ' ' + its);
    }
    for (Entry other : its.between(ours.startOffset(), ours.endOffset())) {
      hold(
          has(ours, other),
          "epoch truncation",
          () -> broker.id + " has " + ours + ", its leader " + other);
    }
  }

  /** After each event. */
  void check() {
    for (SimulatedBroker broker : world.brokers) {
      if (broker.leads()) {
        long told = broker.replica().leader().toldHighWatermark();
        long now = broker.leader().highWatermark();
        hold(
            told == now,
            "high watermark never goes back",
            () -> told + " to " + now + " on " + broker.id);
      } else if (broker.follower() != null) {
        hold(
            broker.log.startOffset() <= broker.follower().highWatermark(),
            "followers show what is committed",
            () -> broker.id + " starts behind what it shows: " + broker);
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
    if (partition.isReassigning()) {
      return "a reassignment is under way: " + partition;
    }
    if (partition.isr().size() < partition.replicas().size()) {
      return "the ISR is not whole: " + partition;
    }
    for (int replica : partition.replicas()) {
      SimulatedLog log = world.broker(replica).log;
      if (log.endOffset() != leading.log.endOffset()) {
        return replica + " has " + log + ", its leader " + leading.log;
      }
    }
    if (leading.leader().highWatermark() < leading.log.endOffset()) {
      return "not all is committed: " + leading;
    }
    return null;
  }
}
