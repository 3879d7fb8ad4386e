package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.metadata.ClusterImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;

/**
 * A group of the classic protocol, in which the members choose a leader's assignment themselves and
 * the coordinator only sees to it that all of them are in the same generation. Its existence, its
 * emptiness and a generation with its assignment are durable; they change in {@link #onLoaded} and
 * {@link #onStored} only. Who waits for the next generation is not: after a restart the group is
 * again as it was when it was last stable, and its members go on or join anew.
 *
 * <p>Invariant: a stable group and one that completes a rebalance have members, a leader that is
 * one of them, and a protocol that all of them speak; an empty one has no members.
 *
 * <p>Owner: partition loop.
 */
public final class ClassicGroup implements Group {
  static final String TYPE = "classic";
  static final int NO_GENERATION = 0;

  /** Of a record in the versions before 2. */
  static final long NO_TIMESTAMP = -1;

  private final String groupId;
  private final ClassicMembers members = new ClassicMembers();
  private final RebalanceHistory history = new RebalanceHistory();
  private final ClassicSessions sessions;
  private ClassicState state = ClassicState.EMPTY;
  private ClassicState previousState = ClassicState.DEAD;
  private long stateSinceMs = NO_TIMESTAMP;
  private int generation = NO_GENERATION;
  private String protocolType;
  private String protocolName;
  private String leaderId;
  private SubscribedTopics subscribedTopics = SubscribedTopics.UNKNOWN;
  private boolean joinedInDelay;
  private ClassicMember successor;

  ClassicGroup(String groupId, ClassicSessions sessions, long nowMs) {
    this.groupId = groupId;
    this.sessions = sessions;
    this.stateSinceMs = nowMs;
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
  public String state() {
    return state.toString();
  }

  ClassicState current() {
    return state;
  }

  boolean is(ClassicState one) {
    return state == one;
  }

  /**
   * Whether this is the first rebalance after the group was empty, which waits for more members.
   */
  boolean isInitialRebalance() {
    return state == ClassicState.PREPARING_REBALANCE && previousState == ClassicState.EMPTY;
  }

  @Override
  public boolean isEmpty() {
    return state == ClassicState.EMPTY;
  }

  /** The current generation; 0 before the first. */
  public int generation() {
    return generation;
  }

  @Override
  public String protocolType() {
    return protocolType == null ? "" : protocolType;
  }

  /** null = the group never had a member. */
  String protocolTypeOrNull() {
    return protocolType;
  }

  /** The protocol of the generation; null = none is selected. */
  String protocolName() {
    return protocolName;
  }

  /** null = the group has no members. */
  String leaderId() {
    return leaderId;
  }

  boolean isLeader(String memberId) {
    return memberId.equals(leaderId);
  }

  ClassicMembers members() {
    return members;
  }

  /** Its last rebalances. */
  public RebalanceHistory history() {
    return history;
  }

  @Override
  public int epoch() {
    return generation;
  }

  @Override
  public int memberCount() {
    return members.size();
  }

  @Override
  public List<MemberView> memberViews(int limit, ClusterImage image) {
    List<MemberView> views = new ArrayList<>();
    for (ClassicMember member : members.all()) {
      if (views.size() == limit) {
        break;
      }
      ClassicMember.Identity identity = member.identity();
      // Nobody changes the bytes: another assignment is another array.
      byte[] assignment = member.assignment();
      boolean readable = usesConsumerProtocol();
      views.add(
          new MemberView(
              identity.memberId(),
              identity.groupInstanceId(),
              identity.clientId(),
              identity.clientHost(),
              MemberView.NO_EPOCH,
              () -> readable ? AssignedPartitions.of(assignment) : null,
              () -> null));
    }
    return views;
  }

  @Override
  public List<Rebalance> rebalances() {
    return history.list(generation, members.size());
  }

  long stateSinceMs() {
    return stateSinceMs;
  }

  /** The group with its members, as it is now. */
  public ClassicSnapshot snapshot() {
    return ClassicSnapshot.of(this);
  }

  // What the rules of joining and leaving change; none of it is durable.

  void moveTo(ClassicState next, long nowMs) {
    if (!next.before().contains(state)) {
      throw new IllegalStateException(groupId + ": from " + state + " to " + next);
    }
    previousState = state;
    state = next;
    stateSinceMs = nowMs;
  }

  /**
   * Adds a member; the first decides on the type and leads.
   *
   * @param type what the member speaks
   */
  void add(ClassicMember member, String type) {
    if (members.isEmpty()) {
      protocolType = type;
    }
    members.add(member);
    if (leaderId == null) {
      leaderId = member.id();
    }
    if (isInitialRebalance()) {
      joinedInDelay = true;
    }
  }

  void remove(ClassicMember member) {
    members.remove(member);
    if (isLeader(member.id())) {
      leaderId = members.isEmpty() ? null : members.all().iterator().next().id();
    }
  }

  void replace(ClassicMember old, ClassicMember by) {
    members.replace(old, by);
    if (isLeader(old.id())) {
      leaderId = by.id();
    }
  }

  /**
   * Gives the lead to a member that has joined, if the leader has not.
   *
   * @return whether any member has joined
   */
  boolean electJoinedLeader() {
    ClassicMember leader = leaderId == null ? null : members.get(leaderId);
    if (leader != null && leader.awaitsJoin()) {
      return true;
    }
    for (ClassicMember member : members.all()) {
      if (member.awaitsJoin()) {
        leaderId = member.id();
        return true;
      }
    }
    return false;
  }

  /** Whether members joined since the initial delay began, or was last asked for. */
  boolean takeJoinedInDelay() {
    boolean joined = joinedInDelay;
    joinedInDelay = false;
    return joined;
  }

  /** Begins the next generation with all members. */
  void beginGeneration(long nowMs) {
    generation++;
    protocolName = members.selectProtocol();
    subscribedTopics = SubscribedTopics.of(this);
    joinedInDelay = false;
    moveTo(ClassicState.COMPLETING_REBALANCE, nowMs);
    members.expectSyncs();
  }

  /**
   * Keeps the successor of a static member of the stable generation, or nobody, until the record
   * that names it is stored.
   */
  void expectSuccessor(ClassicMember member) {
    successor = member;
  }

  // What is durable.

  /** Takes over a record while the shard is loaded: nothing that waited before counts. */
  void onLoaded(GroupMetadataValue value) {
    protocolType = value.protocolType().isEmpty() ? null : value.protocolType();
    protocolName = value.protocol();
    generation = value.generation();
    stateSinceMs = value.currentStateTimestamp();
    ClassicRecords.members(value).forEach(members::add);
    leaderId = members.isEmpty() ? null : value.leader();
    state = members.isEmpty() ? ClassicState.EMPTY : ClassicState.STABLE;
    subscribedTopics = SubscribedTopics.of(this);
  }

  /**
   * Takes over a record that this group has decided on: it exists, it is empty, its generation has
   * an assignment, or a static member has a successor.
   */
  void onStored(GroupMetadataValue value) {
    if (value.members().isEmpty()) {
      if (members.isEmpty()) {
        becomeEmpty(value);
      }
      // Else the record says only that the group exists: it was created for those who join it.
    } else if (state == ClassicState.COMPLETING_REBALANCE && generation == value.generation()) {
      ClassicRecords.assign(members, value);
      moveTo(ClassicState.STABLE, value.currentStateTimestamp());
      history.onEnd(generation, members.size(), stateSinceMs);
    } else if (state == ClassicState.STABLE && successor != null) {
      replace(members.get(members.staticId(successor.groupInstanceId())), successor);
      successor = null;
      subscribedTopics = SubscribedTopics.of(this);
    } else {
      throw new IllegalStateException(groupId + ": a record of members in state " + state);
    }
  }

  private void becomeEmpty(GroupMetadataValue value) {
    if (state == ClassicState.PREPARING_REBALANCE) {
      moveTo(ClassicState.EMPTY, value.currentStateTimestamp());
      history.onEnd(value.generation(), 0, stateSinceMs);
    }
    generation = value.generation();
    protocolName = null;
    leaderId = null;
    joinedInDelay = false;
    members.expectNoSyncs();
    subscribedTopics = SubscribedTopics.of(this);
  }

  // What requests ask of it.

  /**
   * Whether this is a member, and the one that holds its group instance id: UNKNOWN_MEMBER_ID,
   * FENCED_INSTANCE_ID or NONE.
   */
  Errors validateMember(String memberId, String groupInstanceId) {
    if (groupInstanceId != null) {
      String holder = members.staticId(groupInstanceId);
      if (holder == null) {
        return Errors.UNKNOWN_MEMBER_ID;
      }
      if (!holder.equals(memberId)) {
        return Errors.FENCED_INSTANCE_ID;
      }
    }
    return members.has(memberId) ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
  }

  /** The same, and of the current generation: ILLEGAL_GENERATION. */
  Errors validateMember(String memberId, String groupInstanceId, int itsGeneration) {
    if (state == ClassicState.DEAD) {
      return Errors.COORDINATOR_NOT_AVAILABLE;
    }
    Errors error = validateMember(memberId, groupInstanceId);
    return error == Errors.NONE && itsGeneration != generation ? Errors.ILLEGAL_GENERATION : error;
  }

  /** Whether somebody who speaks these could be a member. */
  boolean supports(String type, MemberProtocols protocols) {
    if (state == ClassicState.EMPTY) {
      return !type.isEmpty() && !protocols.names().isEmpty();
    }
    return type.equals(protocolType) && members.speakOneOf(protocols);
  }

  @Override
  public Errors validateOffsetCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion) {
    Errors error = validateCommit(memberId, groupInstanceId, generationOrEpoch, true);
    // The member has heard of its generation but may not have its partitions yet.
    return error == Errors.NONE && state == ClassicState.COMPLETING_REBALANCE
        ? Errors.REBALANCE_IN_PROGRESS
        : error;
  }

  @Override
  public Errors validateTransactionalCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion) {
    return validateCommit(memberId, groupInstanceId, generationOrEpoch, false);
  }

  private Errors validateCommit(
      String memberId, String groupInstanceId, int itsGeneration, boolean memberRequired) {
    if (state == ClassicState.DEAD) {
      return Errors.COORDINATOR_NOT_AVAILABLE;
    }
    if (itsGeneration < 0 && state == ClassicState.EMPTY) {
      return Errors.NONE;
    }
    if (itsGeneration >= 0 || !memberId.isEmpty() || groupInstanceId != null) {
      return validateMember(memberId, groupInstanceId, itsGeneration);
    }
    return memberRequired && state != ClassicState.EMPTY ? Errors.UNKNOWN_MEMBER_ID : Errors.NONE;
  }

  /** A commit counts as a heartbeat while members work. */
  @Override
  public void onOffsetCommit(String memberId) {
    ClassicMember member = members.get(memberId);
    if (member != null
        && (state == ClassicState.STABLE || state == ClassicState.PREPARING_REBALANCE)) {
      sessions.restart(this, member);
    }
  }

  @Override
  public Errors validateOffsetFetch(String memberId, int memberEpoch) {
    return state == ClassicState.DEAD ? Errors.GROUP_ID_NOT_FOUND : Errors.NONE;
  }

  @Override
  public Errors validateOffsetDelete() {
    return switch (state) {
      case DEAD -> Errors.GROUP_ID_NOT_FOUND;
      case EMPTY -> Errors.NONE;
      default -> usesConsumerProtocol() ? Errors.NONE : Errors.NON_EMPTY_GROUP;
    };
  }

  @Override
  public Errors validateDelete() {
    return switch (state) {
      case DEAD -> Errors.GROUP_ID_NOT_FOUND;
      case EMPTY -> Errors.NONE;
      default -> Errors.NON_EMPTY_GROUP;
    };
  }

  private boolean usesConsumerProtocol() {
    return SubscribedTopics.PROTOCOL_TYPE.equals(protocolType);
  }

  @Override
  public boolean isSubscribedTo(String topic) {
    Set<String> topics = subscribedTopics.topics();
    return topics == null ? usesConsumerProtocol() : topics.contains(topic);
  }

  @Override
  public long retentionStartMs(long commitTimestampMs) {
    if (protocolType == null) {
      return commitTimestampMs;
    }
    if (state == ClassicState.EMPTY) {
      return stateSinceMs == NO_TIMESTAMP ? commitTimestampMs : stateSinceMs;
    }
    boolean knowsTopics = usesConsumerProtocol() && subscribedTopics.topics() != null;
    return knowsTopics && state == ClassicState.STABLE ? commitTimestampMs : OFFSETS_RETAINED;
  }

  @Override
  public List<CoordinatorRecord> tombstones() {
    return List.of(ClassicRecords.tombstone(groupId));
  }
}
