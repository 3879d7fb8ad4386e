package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.ClassicGroup;
import io.millrace.coordinator.group.ClassicGuests;
import io.millrace.coordinator.group.ClientId;
import io.millrace.coordinator.group.Group;
import io.millrace.coordinator.group.GroupKind;
import io.millrace.coordinator.group.Groups;
import io.millrace.coordinator.group.RebalanceCause;
import io.millrace.coordinator.group.RebalanceCause.Kind;
import io.millrace.coordinator.group.RebalanceHistory;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageDelta;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * The consumer group protocol in one shard (KIP-848): heartbeats, for groups of this kind, that are
 * to become so, or that do not exist.
 *
 * <p>Owner: partition loop.
 */
public final class ConsumerGroups implements GroupKind {
  private static final int RETRY_MS = 1_000;

  private final Groups groups;
  private final ConsumerGroupConfig config;
  private final Timers timers;
  private final Supplier<String> randomIds;
  private final View view = new View();
  private final TargetAssignment targets;
  private final GroupEpochs epochs;
  private final Regexes regexes;
  private final ConsumerSessions sessions;
  private final ConsumerDeparture departure;
  private final ConsumerHeartbeat heartbeat;
  private final Migration migration;
  private final ClassicMembersHere guests;

  // null = not loaded yet.
  private TopicsView topics;

  /**
   * The consumer groups of a shard that is about to be loaded.
   *
   * @param classicMaxSize most members of a classic group
   * @param randomIds what makes member ids unique, in the whole cluster and for all times
   * @param onBegun hears of each rebalance that begins
   */
  public ConsumerGroups(
      Groups groups,
      Timers timers,
      ConsumerGroupConfig config,
      int classicMaxSize,
      Supplier<String> randomIds,
      Runnable onBegun) {
    this.groups = groups;
    this.config = config;
    this.timers = timers;
    this.randomIds = randomIds;
    this.targets = new TargetAssignment(config);
    this.epochs = new GroupEpochs(view, timers, onBegun);
    this.regexes = new Regexes(view, epochs, timers);
    this.sessions = new ConsumerSessions(timers, new Overdue());
    this.departure = new ConsumerDeparture(epochs);
    this.heartbeat = new ConsumerHeartbeat(view, epochs, regexes, sessions);
    this.migration = new Migration(config, classicMaxSize);
    this.guests =
        new ClassicMembersHere(view, epochs, heartbeat, sessions, migration, timers, randomIds);
  }

  private final class View implements ClassicMembersHere.Host {
    @Override
    public Decision fence(String groupId, String memberId, Kind why) {
      return ConsumerGroups.this.fence(groupId, memberId, why);
    }

    @Override
    public void remove(Draft draft, List<ConsumerMember> members) {
      ConsumerGroups.this.remove(draft, members);
    }

    @Override
    public void downgrade(Draft draft, Set<String> leaving) {
      ConsumerGroups.this.downgrade(draft, leaving);
    }

    @Override
    public RebalanceHistory history(String groupId) {
      Group group = groups.get(groupId);
      if (group instanceof ConsumerGroup consumer) {
        return consumer.history();
      }
      return group instanceof ClassicGroup classic ? classic.history() : null;
    }

    @Override
    public TopicsView topics() {
      return topics;
    }

    @Override
    public ConsumerGroup find(String groupId) {
      return ConsumerGroups.this.find(groupId);
    }

    @Override
    public Map<String, String> configs(String groupId) {
      return topics.image().configs(ConfigResource.group(groupId));
    }

    @Override
    public ConsumerGroupConfig config() {
      return config;
    }

    @Override
    public TargetAssignment targets() {
      return targets;
    }
  }

  private final class Overdue implements ConsumerSessions.Expiry {
    @Override
    public Decision onSilence(String groupId, String memberId) {
      return fence(groupId, memberId, Kind.SESSION_EXPIRED);
    }

    @Override
    public Decision onNotRevoked(String groupId, String memberId, int epoch) {
      ConsumerGroup group = find(groupId);
      ConsumerMember member = group == null ? null : group.member(memberId);
      return member != null
              && member.epoch() == epoch
              && member.current().state() == MemberState.UNREVOKED_PARTITIONS
          ? fence(groupId, memberId, Kind.REVOCATION_MISSING)
          : new Decision();
    }
  }

  // ---- commands

  /** ConsumerGroupHeartbeat: joins, stays or leaves. A refusal is an answer with its message. */
  public Decision heartbeat(
      ConsumerGroupHeartbeatRequestData request,
      ClientId client,
      Reply<ConsumerGroupHeartbeatResponseData> reply) {
    try {
      HeartbeatChecks.check(request, client.version(), config.assignors());
      boolean leaves = request.memberEpoch() < 0;
      Draft draft = draft(request.groupId(), request.memberEpoch() == 0);
      String memberId = request.memberId().isEmpty() ? randomIds.get() : request.memberId();
      ConsumerGroupHeartbeatResponseData response =
          leaves ? leave(draft, request) : heartbeat.beat(draft, request, memberId, client);
      draft.ifRefused(() -> stay(request.groupId(), response.memberId()));
      return epochs.decision(draft).answer(reply, response);
    } catch (Refusal e) {
      return new Decision()
          .answer(
              reply,
              new ConsumerGroupHeartbeatResponseData()
                  .setErrorCode(e.error().code())
                  .setErrorMessage(e.getMessage()));
    }
  }

  /** What was decided is not stored: the member's time runs as before. */
  private void stay(String groupId, String memberId) {
    ConsumerGroup group = find(groupId);
    ConsumerMember member = group == null ? null : group.member(memberId);
    if (member != null) {
      begin(group, member);
    }
  }

  private Draft draft(String groupId, boolean mayCreate) throws Refusal {
    Group group = groups.get(groupId);
    if (group instanceof ConsumerGroup consumer) {
      return new Draft(consumer);
    }
    if (group == null && !mayCreate) {
      throw new Refusal(Errors.GROUP_ID_NOT_FOUND, "Consumer group " + groupId + " not found.");
    }
    if (mayCreate && group instanceof ClassicGroup classic && !group.isEmpty()) {
      return upgrade(classic);
    }
    if (!mayCreate || (group != null && !group.isEmpty())) {
      throw new Refusal(
          Errors.GROUP_ID_NOT_FOUND, "Group " + groupId + " is not a consumer group.");
    }
    return Draft.ofNew(groupId, group == null ? List.of() : group.tombstones());
  }

  /** The members of a classic group stay, and hear with their next heartbeats. */
  private Draft upgrade(ClassicGroup classic) throws Refusal {
    Draft draft = Draft.ofNew(classic.groupId(), classic.tombstones());
    draft.append(migration.upgrade(classic, topics));
    draft.continues(classic.history());
    for (ConsumerMember member : draft.group().members()) {
      begin(draft.group(), member);
    }
    return draft;
  }

  /** Who serves the classic protocol in consumer groups. */
  public ClassicGuests guests() {
    return guests;
  }

  private ConsumerGroupHeartbeatResponseData leave(
      Draft draft, ConsumerGroupHeartbeatRequestData request) throws Refusal {
    ConsumerMember member =
        ConsumerDeparture.leaving(draft.group(), request.memberId(), request.instanceId());
    if (request.memberEpoch() == CurrentAssignment.AWAY) {
      ConsumerDeparture.leaveForAWhile(draft, member);
    } else {
      draft.because(new RebalanceCause(Kind.LEFT, member.id()));
      remove(draft, List.of(member));
    }
    return new ConsumerGroupHeartbeatResponseData()
        .setMemberId(member.id())
        .setMemberEpoch(request.memberEpoch());
  }

  private Decision fence(String groupId, String memberId, Kind why) {
    ConsumerGroup group = find(groupId);
    ConsumerMember member = group == null ? null : group.member(memberId);
    if (member == null) {
      return new Decision();
    }
    Draft draft = new Draft(group);
    draft.because(new RebalanceCause(why, memberId));
    remove(draft, List.of(member));
    draft.ifRefused(() -> sessions.restart(groupId, memberId, RETRY_MS));
    return epochs.decision(draft);
  }

  private void remove(Draft draft, List<ConsumerMember> members) {
    Set<String> ids = members.stream().map(ConsumerMember::id).collect(Collectors.toSet());
    ids.forEach(memberId -> end(draft.groupId(), memberId));
    if (migration.downgrades(draft.group(), ids)) {
      downgrade(draft, ids);
    } else {
      departure.remove(draft, members);
    }
  }

  private void downgrade(Draft draft, Set<String> leaving) {
    ConsumerGroup group = draft.group();
    group.members().forEach(member -> end(group.groupId(), member.id()));
    // Not stored: everybody has its time anew.
    group.members().forEach(member -> draft.ifRefused(() -> stay(group.groupId(), member.id())));
    draft.end(Migration.downgrade(group, leaving, topics, timers.nowMs()));
  }

  private void end(String groupId, String memberId) {
    sessions.end(groupId, memberId);
    guests.end(groupId, memberId);
  }

  /** ConsumerGroupDescribe, of one group. */
  public Decision describe(String groupId, Reply<DescribedGroup> reply) {
    return new Decision()
        .answer(reply, ConsumerGroupViews.describe(groups.get(groupId), groupId, topics, targets));
  }

  /** null = there is no consumer group of this id. */
  public ConsumerGroup find(String groupId) {
    return groups.get(groupId) instanceof ConsumerGroup group ? group : null;
  }

  private List<ConsumerGroup> all() {
    return groups.all().stream()
        .filter(ConsumerGroup.class::isInstance)
        .map(ConsumerGroup.class::cast)
        .toList();
  }

  // ---- GroupKind

  @Override
  public boolean owns(short recordType) {
    return ConsumerReplay.owns(recordType);
  }

  @Override
  public void replay(CoordinatorRecord record) {
    String groupId = ConsumerReplay.groupId(record.key());
    ConsumerGroup group = find(groupId);
    if (ConsumerReplay.endsGroup(record)) {
      if (group != null) {
        groups.remove(groupId);
      }
      return;
    }
    if (group == null) {
      if (record.value() == null) {
        return;
      }
      group = new ConsumerGroup(groupId);
      groups.put(group);
    }
    ConsumerReplay.apply(group, record);
  }

  /** From now on every member has its session timeout to show that it lives. */
  @Override
  public void onLoaded(ClusterImage image) {
    topics = new TopicsView(image);
    List<ConsumerGroup> all = all();
    for (ConsumerGroup group : all) {
      for (ConsumerMember member : group.members()) {
        begin(group, member);
      }
    }
    regexes.onLoaded(all);
  }

  private void begin(ConsumerGroup group, ConsumerMember member) {
    int sessionTimeoutMs =
        member.isClassic()
            ? member.metadata().classic().sessionTimeoutMs()
            : config.sessionTimeoutMs(view.configs(group.groupId()));
    sessions.restart(group.groupId(), member.id(), sessionTimeoutMs);
    if (!member.isClassic() && member.current().state() == MemberState.UNREVOKED_PARTITIONS) {
      sessions.awaitRevocation(
          group.groupId(), member.id(), member.epoch(), member.metadata().rebalanceTimeoutMs());
    }
  }

  @Override
  public Decision onImage(ImageDelta delta) {
    topics = new TopicsView(delta.after());
    regexes.onImage(delta, all());
    return new Decision();
  }

  @Override
  public void onUnloaded(Errors why) {
    // No reply waits here for anything but a commit.
  }

  /** The assignors that members may ask for. */
  public Set<String> assignors() {
    return Set.copyOf(config.assignors());
  }
}
