package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;

/**
 * The classic protocol in one shard: the commands of members, for groups that are classic, that are
 * to become so with the first member, or that do not exist. A decision's records are replayed right
 * after it is made.
 *
 * <p>Owner: partition loop.
 */
public final class ClassicGroups implements GroupKind {
  /** The records that classic groups are made of. */
  public static final Set<CoordinatorRecordType> RECORD_TYPES =
      Set.of(CoordinatorRecordType.GROUP_METADATA);

  private final Groups groups;
  private final Timers timers;
  private final ClassicGroupConfig config;
  private final ClassicSessions sessions;
  private final ClassicRebalance rebalance;
  private final ClassicJoin join;
  private final ClassicSync sync;
  private final ClassicLeave leave;

  /** Groups that somebody joined, between the decision and the record that creates them. */
  private final Map<String, ClassicGroup> created = new HashMap<>();

  // null = no other kind takes in members of this protocol.
  private ClassicGuests guests;
  private boolean loaded;

  /**
   * The classic groups of a shard that is about to be loaded.
   *
   * @param randomIds what makes member ids unique, in the whole cluster and for all times
   */
  public ClassicGroups(
      Groups groups, Timers timers, ClassicGroupConfig config, Supplier<String> randomIds) {
    this(groups, timers, config, randomIds, () -> {});
  }

  /**
   * As above.
   *
   * @param onRebalance hears of each rebalance that begins, on the partition's loop
   */
  public ClassicGroups(
      Groups groups,
      Timers timers,
      ClassicGroupConfig config,
      Supplier<String> randomIds,
      Runnable onRebalance) {
    this.groups = groups;
    this.timers = timers;
    this.config = config;
    this.sessions = new ClassicSessions(timers, new Silence());
    this.rebalance = new ClassicRebalance(timers, sessions, config, onRebalance);
    this.join = new ClassicJoin(rebalance, sessions, config, timers, randomIds);
    this.sync = new ClassicSync(rebalance, sessions, timers);
    this.leave = new ClassicLeave(rebalance, sessions);
  }

  /** Connects it with the kind of groups that takes in members of this protocol; called once. */
  public void hostedBy(ClassicGuests hosts) {
    guests = hosts;
  }

  private boolean isHosted(String groupId) {
    return guests != null && guests.hosts(groupId);
  }

  private final class Silence implements ClassicSessions.Expiry {
    @Override
    public Decision onSilence(ClassicGroup group, ClassicMember member) {
      return rebalance.onSilence(group, member);
    }

    @Override
    public Decision onAbsence(ClassicGroup group, String memberId) {
      return rebalance.onAbsence(group, memberId);
    }
  }

  /**
   * JoinGroup. The reply waits until the next generation has all its members; a group of another
   * kind that has members gets INCONSISTENT_GROUP_PROTOCOL.
   */
  public Decision join(
      JoinGroupRequestData request, ClientId client, Reply<JoinGroupResponseData> reply) {
    Decision out = new Decision();
    Errors error = validate(request);
    if (error != Errors.NONE) {
      return out.answer(reply, ClassicRebalance.refusedJoin(error, request.memberId()));
    }
    if (isHosted(request.groupId())) {
      return guests.join(request, client, reply);
    }
    ClassicGroup group = find(request.groupId());
    if (group != null) {
      join.join(group, request, client, reply, out);
    } else if (isTaken(request.groupId())) {
      out.answer(reply, ClassicRebalance.refusedJoin(Errors.INCONSISTENT_GROUP_PROTOCOL, ""));
    } else if (request.memberId().isEmpty()) {
      create(request, client, reply, out);
    } else {
      out.answer(reply, ClassicRebalance.refusedJoin(Errors.UNKNOWN_MEMBER_ID, request.memberId()));
    }
    return out;
  }

  private Errors validate(JoinGroupRequestData request) {
    if (request.groupId().isEmpty()) {
      return Errors.INVALID_GROUP_ID;
    }
    return config.allowsSessionTimeout(request.sessionTimeoutMs())
        ? Errors.NONE
        : Errors.INVALID_SESSION_TIMEOUT;
  }

  private void create(
      JoinGroupRequestData request,
      ClientId client,
      Reply<JoinGroupResponseData> reply,
      Decision out) {
    String groupId = request.groupId();
    ClassicGroup group = new ClassicGroup(groupId, sessions, timers.nowMs());
    join.join(group, request, client, reply, out);
    if (group.members().isEmpty() && group.members().expected().isEmpty()) {
      // Nobody was let in, so there is no group.
      return;
    }
    created.put(groupId, group);
    Group before = groups.get(groupId);
    if (before != null) {
      out.append(before.tombstones());
    }
    out.append(ClassicRecords.created(groupId, timers.nowMs()))
        .answer(new WhenRefused(error -> uncreate(group, error)), null);
  }

  private void uncreate(ClassicGroup group, Errors why) {
    if (created.remove(group.groupId(), group)) {
      end(group, why);
    }
  }

  /** Whoever waits has to look for the coordinator anew. */
  private void end(ClassicGroup group, Errors why) {
    for (ClassicMember member : group.members().all()) {
      fail(group.members().swapJoin(member, null), why);
      fail(member.swapSync(null), why);
    }
    rebalance.end(group);
  }

  /** SyncGroup. The reply waits until the leader's assignment is committed. */
  public Decision sync(SyncGroupRequestData request, Reply<SyncGroupResponseData> reply) {
    if (isHosted(request.groupId())) {
      return guests.sync(request, reply);
    }
    Decision out = new Decision();
    ClassicGroup group = find(request.groupId());
    if (request.groupId().isEmpty()) {
      out.answer(reply, ClassicRebalance.refusedSync(Errors.INVALID_GROUP_ID));
    } else if (group == null) {
      out.answer(reply, ClassicRebalance.refusedSync(Errors.UNKNOWN_MEMBER_ID));
    } else {
      sync.sync(group, request, reply, out);
    }
    return out;
  }

  /** Heartbeat. REBALANCE_IN_PROGRESS tells a member to join again. */
  public Decision heartbeat(HeartbeatRequestData request, Reply<HeartbeatResponseData> reply) {
    if (isHosted(request.groupId())) {
      return guests.heartbeat(request, reply);
    }
    return new Decision()
        .answer(reply, new HeartbeatResponseData().setErrorCode(beat(request).code()));
  }

  private Errors beat(HeartbeatRequestData request) {
    if (request.groupId().isEmpty()) {
      return Errors.INVALID_GROUP_ID;
    }
    ClassicGroup group = find(request.groupId());
    if (group == null) {
      return Errors.UNKNOWN_MEMBER_ID;
    }
    Errors error =
        group.validateMember(request.memberId(), request.groupInstanceId(), request.generationId());
    if (error != Errors.NONE) {
      return error;
    }
    sessions.restart(group, group.members().get(request.memberId()));
    return group.is(ClassicState.PREPARING_REBALANCE) ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE;
  }

  /** LeaveGroup, of as many members as it names. */
  public Decision leave(LeaveGroupRequestData request, Reply<LeaveGroupResponseData> reply) {
    if (isHosted(request.groupId())) {
      return guests.leave(request, reply);
    }
    Decision out = new Decision();
    ClassicGroup group = find(request.groupId());
    if (request.groupId().isEmpty()) {
      return out.answer(
          reply, new LeaveGroupResponseData().setErrorCode(Errors.INVALID_GROUP_ID.code()));
    }
    if (group == null) {
      return out.answer(
          reply,
          new LeaveGroupResponseData()
              .setMembers(
                  request.members().stream()
                      .map(member -> ClassicLeave.response(member, Errors.UNKNOWN_MEMBER_ID))
                      .toList()));
    }
    leave.leave(group, request, reply, out);
    return out;
  }

  /** null = there is no classic group of this id; one that only has offsets is none yet. */
  public ClassicGroup find(String groupId) {
    return groups.get(groupId) instanceof ClassicGroup group ? group : null;
  }

  /** Whether a group of another kind has members. */
  private boolean isTaken(String groupId) {
    Group group = groups.get(groupId);
    return group != null && !group.isEmpty();
  }

  @Override
  public boolean owns(short recordType) {
    return recordType == CoordinatorRecordType.GROUP_METADATA.id();
  }

  @Override
  public void replay(CoordinatorRecord record) {
    String groupId = ((GroupMetadataKey) record.key()).group();
    GroupMetadataValue value = (GroupMetadataValue) record.value();
    if (value == null) {
      remove(groupId);
    } else if (loaded) {
      store(groupId, value);
    } else {
      load(groupId, value);
    }
  }

  private ClassicGroup load(String groupId, GroupMetadataValue value) {
    ClassicGroup group = new ClassicGroup(groupId, sessions, ClassicGroup.NO_TIMESTAMP);
    group.onLoaded(value);
    groups.put(group);
    return group;
  }

  private void store(String groupId, GroupMetadataValue value) {
    ClassicGroup group = created.remove(groupId);
    if (group != null) {
      groups.put(group);
    } else {
      group = find(groupId);
    }
    if (group != null) {
      group.onStored(value);
    } else {
      // A group of another kind that goes on as a classic one. Nobody can have joined yet, so
      // that this decides on nothing but the time to wait.
      ClassicGroup downgraded = load(groupId, value);
      begin(downgraded);
      if (guests == null || !guests.keepsGeneration(groupId)) {
        rebalance.prepareOrComplete(
            downgraded, new RebalanceCause(RebalanceCause.Kind.DOWNGRADED, ""), new Decision());
      }
    }
  }

  private void remove(String groupId) {
    ClassicGroup group = find(groupId);
    if (group != null) {
      groups.remove(groupId);
      if (loaded) {
        // Whoever waits in a group that becomes one of another kind joins that.
        end(group, Errors.REBALANCE_IN_PROGRESS);
      }
    }
  }

  /** From now on every member has its session timeout to show that it lives. */
  @Override
  public void onLoaded(ClusterImage image) {
    loaded = true;
    all().forEach(this::begin);
  }

  /** Topics are the members' own matter: their leader looks after them. */
  @Override
  public Decision onImage(ImageDelta delta) {
    return new Decision();
  }

  private void begin(ClassicGroup group) {
    group.members().all().forEach(member -> sessions.restart(group, member));
    if (group.members().size() > config.maxSize()) {
      // Let them commit before the last ones are out. Nobody can have joined yet, so that this
      // decides on nothing but the time to wait.
      rebalance.prepare(
          group, new RebalanceCause(RebalanceCause.Kind.OVER_CAPACITY, ""), new Decision());
    }
  }

  @Override
  public void onUnloaded(Errors why) {
    all().forEach(group -> end(group, why));
  }

  private static void fail(Reply<?> reply, Errors why) {
    if (reply != null) {
      reply.fail(why, null);
    }
  }

  private List<ClassicGroup> all() {
    return groups.all().stream()
        .filter(ClassicGroup.class::isInstance)
        .map(ClassicGroup.class::cast)
        .toList();
  }
}
