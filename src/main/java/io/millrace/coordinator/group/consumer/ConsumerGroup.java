package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.Group;
import io.millrace.coordinator.group.MemberView;
import io.millrace.coordinator.group.Rebalance;
import io.millrace.coordinator.group.RebalanceHistory;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.metadata.ClusterImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * A group of the consumer protocol (KIP-848). Its epoch grows with each change of its members'
 * subscriptions or of their topics; the assignor's target assignment follows it, and every member
 * follows the target. All of it is durable, and changes in the {@code replay…} methods only.
 *
 * <p>Invariant: no partition is among the assigned or revoking partitions of two members; no epoch
 * ever goes back; a static id names a member with that instance id.
 *
 * <p>Owner: partition loop.
 */
public final class ConsumerGroup implements Group {
  /** The kind as ListGroups names it, and what its members speak. */
  public static final String TYPE = "consumer";

  private static final short FIRST_COMMIT_VERSION_WITH_EPOCHS = 9;

  private final String groupId;
  private final Map<String, ConsumerMember> members = new LinkedHashMap<>();
  private final Map<String, String> staticIds = new LinkedHashMap<>();
  private final Map<String, SortedMap<Uuid, SortedSet<Integer>>> target = new LinkedHashMap<>();
  private final NavigableMap<String, ResolvedRegex> regexes = new TreeMap<>();
  private final SubscriptionCounts counts;
  private final PartitionOwners owners;
  private final RebalanceHistory history;
  private int epoch;
  private long metadataHash;
  private int targetEpoch;
  private long targetTimestampMs;

  ConsumerGroup(String groupId) {
    this.groupId = groupId;
    this.counts = new SubscriptionCounts();
    this.owners = new PartitionOwners();
    this.history = new RebalanceHistory();
  }

  /** A copy that changes by itself, but for its history: what a decision is tried out on. */
  ConsumerGroup(ConsumerGroup other) {
    groupId = other.groupId;
    members.putAll(other.members);
    staticIds.putAll(other.staticIds);
    target.putAll(other.target);
    regexes.putAll(other.regexes);
    counts = new SubscriptionCounts(other.counts);
    owners = new PartitionOwners(other.owners);
    history = other.history;
    epoch = other.epoch;
    metadataHash = other.metadataHash;
    targetEpoch = other.targetEpoch;
    targetTimestampMs = other.targetTimestampMs;
  }

  @Override
  public String groupId() {
    return groupId;
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public String protocolType() {
    return TYPE;
  }

  @Override
  public String state() {
    if (members.isEmpty()) {
      return "Empty";
    }
    if (epoch > targetEpoch) {
      return "Assigning";
    }
    return isSettled() ? "Stable" : "Reconciling";
  }

  /** Whether every member has what the newest epoch gives it, or there are none. */
  boolean isSettled() {
    return members.isEmpty()
        || (epoch <= targetEpoch
            && members.values().stream()
                .allMatch(member -> member.current().isReconciledTo(targetEpoch)));
  }

  @Override
  public boolean isEmpty() {
    return members.isEmpty();
  }

  @Override
  public int memberCount() {
    return members.size();
  }

  @Override
  public List<MemberView> memberViews(int limit, ClusterImage image) {
    TopicsView topics = new TopicsView(image);
    return members.values().stream().limit(limit).map(member -> view(member, topics)).toList();
  }

  private MemberView view(ConsumerMember member, TopicsView topics) {
    MemberMetadata.Identity who = member.metadata().identity();
    var wanted = target(member.id());
    return new MemberView(
        who.memberId(),
        who.instanceId(),
        who.clientId(),
        who.clientHost(),
        member.epoch(),
        () -> topics.byName(member.current().partitions()),
        () -> topics.byName(wanted));
  }

  @Override
  public List<Rebalance> rebalances() {
    return history.list(epoch, members.size());
  }

  /** Its last rebalances; not durable. */
  RebalanceHistory history() {
    return history;
  }

  /** The group epoch; 0 before the first change. */
  @Override
  public int epoch() {
    return epoch;
  }

  long metadataHash() {
    return metadataHash;
  }

  /** The group epoch that the target assignment belongs to. */
  public int targetEpoch() {
    return targetEpoch;
  }

  /** Wall time of the target assignment; 0 = there was none. */
  long targetTimestampMs() {
    return targetTimestampMs;
  }

  /** The members, in the order in which they came. */
  public Collection<ConsumerMember> members() {
    return Collections.unmodifiableCollection(members.values());
  }

  /** null = no member. */
  public ConsumerMember member(String memberId) {
    return members.get(memberId);
  }

  /** The member of an instance id; null = there is none. */
  ConsumerMember staticMember(String instanceId) {
    String memberId = staticIds.get(instanceId);
    return memberId == null ? null : members.get(memberId);
  }

  /** What a member is to have; empty = nothing. */
  SortedMap<Uuid, SortedSet<Integer>> target(String memberId) {
    return target.getOrDefault(memberId, Collections.emptySortedMap());
  }

  /** The member that has a partition or has not given it up; null = none. */
  public String owner(Uuid topicId, int partition) {
    return owners.owner(topicId, partition);
  }

  SortedMap<String, ResolvedRegex> regexes() {
    return Collections.unmodifiableSortedMap(regexes);
  }

  /** How many members subscribed to this regular expression. */
  int membersWith(String regex) {
    return counts.ofRegex(regex);
  }

  /** All regular expressions of members. */
  Set<String> wantedRegexes() {
    return counts.regexes();
  }

  /** The names of all topics that members subscribed to, whether the topics exist or not. */
  SortedSet<String> subscribedNames() {
    SortedSet<String> names = new TreeSet<>(counts.names());
    for (String regex : counts.regexes()) {
      ResolvedRegex resolved = regexes.get(regex);
      if (resolved != null) {
        names.addAll(resolved.topics());
      }
    }
    return names;
  }

  /** The names of the topics that one member subscribed to. */
  Set<String> subscribedNames(ConsumerMember member) {
    MemberMetadata.Subscription subscription = member.metadata().subscription();
    ResolvedRegex resolved = subscription.hasRegex() ? regexes.get(subscription.regex()) : null;
    if (resolved == null || resolved.topics().isEmpty()) {
      return subscription.names();
    }
    if (subscription.names().isEmpty()) {
      return resolved.topics();
    }
    Set<String> names = new TreeSet<>(subscription.names());
    names.addAll(resolved.topics());
    return names;
  }

  /** Whether only these members are left that do not speak the classic protocol. */
  boolean areAllClassicBut(Set<String> memberIds) {
    return members.values().stream()
        .allMatch(member -> member.isClassic() || memberIds.contains(member.id()));
  }

  // ---- replay

  void replayEpoch(int newEpoch, long newHash) {
    epoch = newEpoch;
    metadataHash = newHash;
  }

  /** null = the member goes, with all that it has. */
  void replayMember(String memberId, MemberMetadata metadata) {
    ConsumerMember before = members.get(memberId);
    if (before != null) {
      counts.remove(before.metadata().subscription());
      if (before.instanceId() != null) {
        staticIds.remove(before.instanceId(), memberId);
      }
    }
    if (metadata != null) {
      members.put(
          memberId,
          before == null
              ? new ConsumerMember(metadata, CurrentAssignment.NONE)
              : before.with(metadata));
      counts.add(metadata.subscription());
      if (metadata.isStatic()) {
        staticIds.put(metadata.identity().instanceId(), memberId);
      }
    } else if (before != null) {
      own(before, CurrentAssignment.GONE);
      members.remove(memberId);
    }
  }

  /** null = the member has nothing any more. */
  void replayCurrent(String memberId, CurrentAssignment current) {
    ConsumerMember before = members.get(memberId);
    if (before == null && current == null) {
      return;
    }
    CurrentAssignment next = current == null ? CurrentAssignment.GONE : current;
    if (before == null) {
      // Compaction left the older record of what the member is behind this one.
      before = new ConsumerMember(MemberMetadata.unknown(memberId), CurrentAssignment.NONE);
    }
    own(before, next);
    members.put(memberId, before.with(next));
  }

  private void own(ConsumerMember before, CurrentAssignment next) {
    owners.release(before.id(), before.current().assigned());
    owners.release(before.id(), before.current().revoking());
    owners.take(before.id(), next.assigned());
    owners.take(before.id(), next.revoking());
  }

  /** null = the member has no target any more. */
  void replayTarget(String memberId, SortedMap<Uuid, SortedSet<Integer>> partitions) {
    if (partitions == null) {
      target.remove(memberId);
    } else {
      target.put(memberId, partitions);
    }
  }

  void replayTargetEpoch(int newEpoch, long timestampMs) {
    targetEpoch = newEpoch;
    targetTimestampMs = timestampMs;
  }

  /** null = nobody wants the regular expression any more. */
  void replayRegex(String regex, ResolvedRegex resolved) {
    if (resolved == null) {
      regexes.remove(regex);
    } else {
      regexes.put(regex, resolved);
    }
  }

  // ---- what requests ask of it

  @Override
  public Errors validateOffsetCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion) {
    return validateCommit(memberId, generationOrEpoch, apiVersion);
  }

  @Override
  public Errors validateTransactionalCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion) {
    // Older clients name neither member nor generation (KIP-447).
    boolean anonymous = generationOrEpoch < 0 && memberId.isEmpty() && groupInstanceId == null;
    return anonymous
        ? Errors.NONE
        : validateCommit(memberId, generationOrEpoch, FIRST_COMMIT_VERSION_WITH_EPOCHS);
  }

  private Errors validateCommit(String memberId, int itsEpoch, short apiVersion) {
    if (itsEpoch < 0 && members.isEmpty()) {
      return Errors.NONE;
    }
    ConsumerMember member = members.get(memberId);
    if (member == null) {
      return Errors.UNKNOWN_MEMBER_ID;
    }
    if (!member.isClassic() && apiVersion < FIRST_COMMIT_VERSION_WITH_EPOCHS) {
      return Errors.UNSUPPORTED_VERSION;
    }
    return itsEpoch > member.epoch() ? stale(member) : Errors.NONE;
  }

  /**
   * A member that has not heard of its new epoch yet may commit what it owned in the old one and
   * owns still (KIP-1251).
   */
  @Override
  public Errors validatePartitionCommit(
      String memberId, int generationOrEpoch, Uuid topicId, int partition) {
    ConsumerMember member = members.get(memberId);
    if (member == null || generationOrEpoch == member.epoch()) {
      return Errors.NONE;
    }
    Integer since = member.current().assignmentEpoch(topicId, partition);
    return since == null || generationOrEpoch < since ? stale(member) : Errors.NONE;
  }

  private static Errors stale(ConsumerMember member) {
    return member.isClassic() ? Errors.ILLEGAL_GENERATION : Errors.STALE_MEMBER_EPOCH;
  }

  @Override
  public Errors validateOffsetFetch(String memberId, int memberEpoch) {
    if ((memberId == null || memberId.isEmpty()) && memberEpoch < 0) {
      return Errors.NONE;
    }
    ConsumerMember member = memberId == null ? null : members.get(memberId);
    if (member == null) {
      return Errors.UNKNOWN_MEMBER_ID;
    }
    return memberEpoch == member.epoch() ? Errors.NONE : stale(member);
  }

  @Override
  public Errors validateOffsetDelete() {
    return Errors.NONE;
  }

  @Override
  public Errors validateDelete() {
    return members.isEmpty() ? Errors.NONE : Errors.NON_EMPTY_GROUP;
  }

  @Override
  public boolean isSubscribedTo(String topic) {
    if (counts.names().contains(topic)) {
      return true;
    }
    return counts.regexes().stream()
        .map(regexes::get)
        .anyMatch(resolved -> resolved != null && resolved.topics().contains(topic));
  }

  @Override
  public long retentionStartMs(long commitTimestampMs) {
    return commitTimestampMs;
  }

  @Override
  public List<CoordinatorRecord> tombstones() {
    List<CoordinatorRecord> tombstones = new ArrayList<>();
    members.keySet().forEach(id -> tombstones.addAll(ConsumerRecords.noMember(groupId, id)));
    target.keySet().stream()
        .filter(id -> !members.containsKey(id))
        .forEach(id -> tombstones.add(ConsumerRecords.noTarget(groupId, id)));
    regexes.keySet().forEach(regex -> tombstones.add(ConsumerRecords.noRegex(groupId, regex)));
    tombstones.add(ConsumerRecords.noTargetEpoch(groupId));
    tombstones.add(ConsumerRecords.noPartitionMetadata(groupId));
    tombstones.add(ConsumerRecords.noGroup(groupId));
    return tombstones;
  }
}
