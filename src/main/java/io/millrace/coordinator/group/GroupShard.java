package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Shard;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TransactionMarker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;

/**
 * The groups of one partition of {@code __consumer_offsets} and what they have committed. It keeps
 * the offsets itself and leaves everything else about a group to the group's kind.
 *
 * <p>Owner: partition loop.
 */
public final class GroupShard implements Shard {
  private static final String DELETED_TOPICS_TIMER = "offsets.of.deleted.topics";

  /** Of this many producers more may end a transaction while that of another is verified. */
  private static final int ENDS_REMEMBERED = 10_000;

  private final Groups groups;
  private final OffsetStore offsets;
  private final OffsetCommands commands;
  private final OffsetExpiry expiry;
  private final Timers timers;
  private final EndedTransactions ended = new EndedTransactions(ENDS_REMEMBERED);
  private final List<GroupKind> kinds;
  // Topics whose offsets must go yet.
  private final Map<String, Uuid> deletedTopics = new HashMap<>();

  /**
   * An empty shard.
   *
   * @param groups shared with the kinds
   * @param offsets shared with the kinds, which only read it
   * @param kinds the kinds of groups that have members
   */
  public GroupShard(
      Groups groups,
      OffsetStore offsets,
      OffsetConfig config,
      Timers timers,
      List<? extends GroupKind> kinds) {
    this.groups = groups;
    this.offsets = offsets;
    this.commands = new OffsetCommands(groups, offsets, config);
    this.expiry = new OffsetExpiry(groups, offsets, config, timers);
    this.timers = timers;
    this.kinds = List.copyOf(kinds);
  }

  public Groups groups() {
    return groups;
  }

  public OffsetStore offsets() {
    return offsets;
  }

  /**
   * One kind of groups, for its commands.
   *
   * @throws IllegalArgumentException there is no such kind
   */
  public <K extends GroupKind> K kind(Class<K> type) {
    for (GroupKind kind : kinds) {
      if (type.isInstance(kind)) {
        return type.cast(kind);
      }
    }
    throw new IllegalArgumentException("No " + type.getSimpleName() + " in this shard");
  }

  // ---- commands

  /**
   * OffsetCommit. All topics exist and have their names; an id that is known goes into the record.
   * Fails with the group's reason when the member may not commit.
   */
  public Decision commitOffsets(
      OffsetCommitRequestData request, short version, Reply<OffsetCommitResponseData> reply) {
    return commands.commit(request, version, timers.nowMs(), reply);
  }

  /**
   * A ticket for a commit in a transaction: asked for before the transaction is verified. The
   * answer rests on nothing in the log and comes at once.
   */
  public Decision ticket(Reply<CommitTicket> reply) {
    reply.complete(CommitTicket.of(ended));
    return new Decision();
  }

  /**
   * TxnOffsetCommit, of a transaction that was verified. All topics exist. Fails with the group's
   * reason when the member may not commit (KIP-447), or with CONCURRENT_TRANSACTIONS when the
   * producer's transaction has ended since the ticket was given: to be verified again.
   *
   * @param topicIds of the topics by their names
   */
  public Decision commitOffsets(
      TxnOffsetCommitRequestData request,
      Map<String, Uuid> topicIds,
      short version,
      CommitTicket ticket,
      Reply<TxnOffsetCommitResponseData> reply) {
    if (!ticket.isValid(ended, request.producerId())) {
      reply.fail(Errors.CONCURRENT_TRANSACTIONS, null);
      return new Decision();
    }
    return commands.commit(request, topicIds, version, timers.nowMs(), reply);
  }

  /**
   * OffsetFetch of one group, by names; topics null = all that it has committed. An offset that was
   * committed for another topic of the same name counts as none if the request has the topic's id.
   *
   * @param requireStable answer UNSTABLE_OFFSET_COMMIT for what a transaction that is under way may
   *     change (KIP-447)
   */
  public Decision fetchOffsets(
      OffsetFetchRequestGroup request,
      boolean requireStable,
      Reply<OffsetFetchResponseGroup> reply) {
    return commands.fetch(request, requireStable, reply);
  }

  /** OffsetDelete. Fails with GROUP_ID_NOT_FOUND or the group's reason. */
  public Decision deleteOffsets(
      OffsetDeleteRequestData request, Reply<OffsetDeleteResponseData> reply) {
    return commands.delete(request, reply);
  }

  /**
   * DeleteGroups, of one group: it goes with its offsets. The answer is GROUP_ID_NOT_FOUND,
   * NON_EMPTY_GROUP or NONE.
   */
  public Decision deleteGroup(String groupId, Reply<Errors> reply) {
    Group group = groups.get(groupId);
    Errors refusal = group == null ? Errors.GROUP_ID_NOT_FOUND : group.validateDelete();
    Decision decision = new Decision().answer(reply, refusal);
    return refusal == Errors.NONE
        // The group last: if not all goes through, it can be deleted again.
        ? decision.divisible().append(offsets.tombstonesOf(groupId)).append(group.tombstones())
        : decision;
  }

  // ---- Shard

  @Override
  public void replay(CoordinatorRecord record) {
    ApiMessage key = record.key();
    if (key instanceof OffsetCommitKey commit) {
      OffsetCommitValue value = (OffsetCommitValue) record.value();
      replay(commit, value == null ? null : OffsetRecords.committed(value));
    } else if (key instanceof LegacyOffsetCommitKey legacy) {
      LegacyOffsetCommitValue value = (LegacyOffsetCommitValue) record.value();
      replay(OffsetRecords.modern(legacy), value == null ? null : OffsetRecords.committed(value));
    } else {
      for (GroupKind kind : kinds) {
        if (kind.owns(key.apiKey())) {
          kind.replay(record);
          return;
        }
      }
      throw new IllegalArgumentException("No kind of group has records of type " + key.apiKey());
    }
  }

  private void replay(OffsetCommitKey key, CommittedOffset committed) {
    String groupId = key.group();
    if (committed != null) {
      offsets.put(groupId, key.topic(), key.partition(), committed);
      if (groups.get(groupId) == null) {
        groups.put(new SimpleGroup(groupId));
      }
    } else {
      offsets.remove(groupId, key.topic(), key.partition());
      reviewSimpleGroup(groupId);
    }
  }

  /** A group that nothing else is known of exists while it has offsets, or may have soon. */
  private void reviewSimpleGroup(String groupId) {
    Group group = groups.get(groupId);
    boolean wanted = offsets.has(groupId) || offsets.hasPending(groupId);
    if (wanted && group == null) {
      groups.put(new SimpleGroup(groupId));
    } else if (!wanted && group instanceof SimpleGroup) {
      groups.remove(groupId);
    }
  }

  @Override
  public void replay(long producerId, CoordinatorRecord record) {
    OffsetCommitKey key;
    CommittedOffset committed;
    if (record.value() instanceof OffsetCommitValue value) {
      key = (OffsetCommitKey) record.key();
      committed = OffsetRecords.committed(value);
    } else if (record.value() instanceof LegacyOffsetCommitValue value) {
      key = OffsetRecords.modern((LegacyOffsetCommitKey) record.key());
      committed = OffsetRecords.committed(value);
    } else {
      // Only commits wait for the end of a transaction.
      replay(record);
      return;
    }
    offsets.putPending(producerId, key.group(), key.topic(), key.partition(), committed);
    reviewSimpleGroup(key.group());
  }

  @Override
  public void replay(TransactionMarker marker) {
    ended.add(marker.producerId());
    offsets.endTransaction(marker.producerId(), marker.commits()).forEach(this::reviewSimpleGroup);
  }

  @Override
  public void onLoaded(ClusterImage image) {
    kinds.forEach(kind -> kind.onLoaded(image));
    expiry.start();
  }

  @Override
  public Decision onImage(ImageDelta delta) {
    for (TopicImage topic : delta.deletedTopics().values()) {
      deletedTopics.put(
          topic.name(),
          new Uuid(topic.id().mostSignificantBits(), topic.id().leastSignificantBits()));
    }
    Decision ofKinds = new Decision();
    kinds.forEach(kind -> ofKinds.merge(kind.onImage(delta)));
    if (deletedTopics.isEmpty()) {
      return ofKinds;
    }
    if (ofKinds.records().isEmpty()) {
      return removeOffsetsOfDeletedTopics().merge(ofKinds.divisible());
    }
    // In a decision of its own, because it can be larger than a batch.
    timers.schedule(DELETED_TOPICS_TIMER, 0, this::removeOffsetsOfDeletedTopics);
    return ofKinds;
  }

  private Decision removeOffsetsOfDeletedTopics() {
    List<CoordinatorRecord> tombstones = offsets.ofDeletedTopics(deletedTopics);
    deletedTopics.clear();
    return new Decision().divisible().append(tombstones);
  }

  @Override
  public void onUnloaded(Errors why) {
    kinds.forEach(kind -> kind.onUnloaded(why));
  }
}
