package io.millrace.controller;

import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * Commands to the cluster's controller. Each completes when its records are committed in the
 * metadata log <em>and</em> applied to this node's image, or with per-item errors when the
 * controller refuses; it fails only when there is no controller or the log failed. Validation that
 * needs only the image and settings is the controller's too.
 *
 * <p>Owner: any thread.
 */
public interface Controller {
  /** Why an item was refused, or {@link Errors#NONE}. */
  record Outcome(Errors error, String message) {
    public static final Outcome OK = new Outcome(Errors.NONE, null);
  }

  /**
   * A topic to create.
   *
   * @param partitions -1 = {@code num.partitions}
   * @param replicationFactor -1 = {@code default.replication.factor}
   * @param assignment partition index to node ids; empty = the controller places
   * @param configs null values are refused
   */
  record NewTopic(
      String name,
      int partitions,
      short replicationFactor,
      Map<Integer, List<Integer>> assignment,
      Map<String, String> configs) {}

  /** What became of a {@link NewTopic}; id and counts are meaningful when the outcome is NONE. */
  record CreatedTopic(
      String name, Outcome outcome, TopicId id, int partitions, short replicationFactor) {}

  Future<List<CreatedTopic>> createTopics(List<NewTopic> topics, boolean validateOnly);

  /** Exactly one of name (else null) and id (else {@link TopicId#ZERO}) is given. */
  record TopicRef(String name, TopicId id) {}

  record DeletedTopic(String name, TopicId id, Outcome outcome) {}

  Future<List<DeletedTopic>> deleteTopics(List<TopicRef> topics);

  /**
   * Partitions to add to a topic.
   *
   * @param count the new total
   * @param assignments replicas of each new partition; null = the controller places
   */
  record NewPartitions(String topic, int count, List<List<Integer>> assignments) {}

  Future<Map<String, Outcome>> createPartitions(List<NewPartitions> topics, boolean validateOnly);

  /** One change of one key. {@code value} is null for DELETE. */
  record ConfigOp(Op op, String key, String value) {
    /** The operations of KIP-339. */
    public enum Op {
      SET,
      DELETE,
      APPEND,
      SUBTRACT
    }
  }

  /** IncrementalAlterConfigs: all or nothing for each resource. */
  Future<Map<ConfigResource, Outcome>> incrementalAlterConfigs(
      Map<ConfigResource, List<ConfigOp>> changes, boolean validateOnly);

  /** The old AlterConfigs: the given configs replace all of the resource's. */
  Future<Map<ConfigResource, Outcome>> alterConfigs(
      Map<ConfigResource, Map<String, String>> configs, boolean validateOnly);

  /**
   * AlterClientQuotas (KIP-546): all or nothing for each entity.
   *
   * @param changes by entity and key; null = the quota is to go
   * @return for each entity NONE, INVALID_REQUEST (an unknown key or a value that it cannot have)
   *     or UNSUPPORTED_VERSION (the finalized metadata.version has no quotas yet)
   */
  Future<Map<QuotaEntity, Outcome>> alterClientQuotas(
      Map<QuotaEntity, Map<String, Double>> changes, boolean validateOnly);

  /**
   * Producer ids from {@code first} (inclusive), {@code count} of them, never given out before or
   * again.
   */
  record ProducerIdBlock(long first, int count) {}

  Future<ProducerIdBlock> allocateProducerIds();

  /**
   * A registration was accepted, or refused: DUPLICATE_BROKER_REGISTRATION (another node of this id
   * is alive), UNSUPPORTED_VERSION (it cannot work with a finalized feature), INVALID_REGISTRATION.
   *
   * @param epoch the broker epoch; -1 when refused
   */
  record Registered(Outcome outcome, long epoch) {}

  /**
   * Registers a node (again). A broker starts fenced, except on the active controller's own node; a
   * heartbeat unfences it once it has applied its registration.
   */
  Future<Registered> registerBroker(BrokerRegistration registration);

  /**
   * A sign of life of a broker.
   *
   * @param metadataOffset offset of the last record that its image has, inclusive
   * @param wantFence it does not want to serve (its logs are not recovered yet, say)
   * @param wantShutDown it wants to stop: its leaders are to be moved away first
   */
  record Heartbeat(
      int nodeId, long brokerEpoch, long metadataOffset, boolean wantFence, boolean wantShutDown) {}

  /**
   * What the controller thinks of a broker.
   *
   * @param outcome STALE_BROKER_EPOCH = it has to register again; BROKER_ID_NOT_REGISTERED
   * @param caughtUp its image has its registration
   * @param fenced it does not serve
   * @param shouldShutDown nothing is left for it to do: it may stop now
   */
  record HeartbeatReply(Outcome outcome, boolean caughtUp, boolean fenced, boolean shouldShutDown) {
    /** Only the refusal means anything. */
    public static HeartbeatReply refused(Outcome outcome) {
      return new HeartbeatReply(outcome, false, true, false);
    }
  }

  Future<HeartbeatReply> heartbeat(Heartbeat heartbeat);

  /**
   * A member of a proposed ISR.
   *
   * @param brokerEpoch under which the leader knows it; -1 = unknown, not checked
   */
  record IsrMember(int nodeId, long brokerEpoch) {}

  /**
   * A leader wants another ISR.
   *
   * @param leaderEpoch under which it leads
   * @param partitionEpoch of the state that it wants to change
   */
  record IsrChange(
      TopicId topicId, int partition, int leaderEpoch, int partitionEpoch, List<IsrMember> isr) {
    public IsrChange {
      isr = List.copyOf(isr);
    }
  }

  /**
   * What became of an {@link IsrChange}; the state is the new one, and meaningful when the outcome
   * is NONE. Refusals: UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, FENCED_LEADER_EPOCH,
   * INVALID_UPDATE_VERSION (an old partition epoch), NOT_CONTROLLER (one of the epochs is newer
   * than this controller knows), NEW_LEADER_ELECTED (it is made, and has completed a reassignment
   * with which another leader epoch began), INELIGIBLE_REPLICA (a member is fenced, shuts down or
   * has another broker epoch), INVALID_REQUEST (the broker does not lead, or no ISR of the
   * partition can be such).
   */
  record IsrChanged(
      TopicId topicId,
      int partition,
      Outcome outcome,
      int leader,
      int leaderEpoch,
      List<Integer> isr,
      int partitionEpoch) {}

  /**
   * The reply to a leader.
   *
   * @param outcome of the whole request: STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED or NONE
   * @param partitions one for each change when the outcome is NONE, in their order
   */
  record IsrReply(Outcome outcome, List<IsrChanged> partitions) {}

  /** AlterPartition: ISR changes that a broker wants as leader; committed when this completes. */
  Future<IsrReply> alterPartitions(int nodeId, long brokerEpoch, List<IsrChange> changes);

  /** How a replica of a broker is. */
  record ReplicaReport(TopicId topicId, int partition, ReplicaCondition condition) {}

  /**
   * AssignReplicasToDirs (KIP-858): a broker says which of its replicas cannot serve, or can again.
   * Those that the cluster does not have there are passed over.
   *
   * @return STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED, UNSUPPORTED_VERSION (the finalized
   *     metadata.version knows no conditions yet) or NONE
   */
  Future<Outcome> reportReplicas(int nodeId, long brokerEpoch, List<ReplicaReport> reports);

  /**
   * How far a log reaches whose partition has no leader.
   *
   * @param leaderEpoch in which it has none
   * @param lastEpoch leader epoch of the last batch; -1 = there is none
   * @param endOffset exclusive
   */
  record LogEnd(TopicId topicId, int partition, int leaderEpoch, int lastEpoch, long endOffset) {}

  /**
   * Says how far logs of a broker reach, which partitions without a leader wait for. What is said
   * of others is passed over. The controller keeps it in memory: it is to be said again every few
   * seconds, until there is a leader.
   *
   * @param ends at most {@link #MAX_LOG_ENDS}
   * @return STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED or NONE
   */
  Future<Outcome> reportLogEnds(int nodeId, long brokerEpoch, List<LogEnd> ends);

  /** In one report, so that the elections that it brings about fit into one change. */
  int MAX_LOG_ENDS = 2_000;

  /** Kinds of elections that can be asked for (KIP-460). */
  enum ElectionType {
    /** The first replica is to lead, if it is in the ISR and serves. */
    PREFERRED,
    /** A partition without a leader gets one, if need be from outside the ISR: data may be lost. */
    UNCLEAN
  }

  /**
   * ElectLeaders.
   *
   * @param partitions null = all, and then the reply names only those that were not as they should
   *     be
   * @return for each partition NONE, ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE,
   *     ELIGIBLE_LEADERS_NOT_AVAILABLE or UNKNOWN_TOPIC_OR_PARTITION
   */
  Future<Map<TopicPartition, Outcome>> electLeaders(
      ElectionType type, Set<TopicPartition> partitions);

  /**
   * AlterPartitionReassignments (KIP-455). Completes when the reassignments have begun, not when
   * they are complete.
   *
   * @param wanted the replicas that each partition is to have, in order of preference; null = its
   *     reassignment under way is cancelled
   * @param allowFactorChange whether a partition may get more or fewer replicas (KIP-860)
   * @return for each partition NONE, UNKNOWN_TOPIC_OR_PARTITION, INVALID_REPLICA_ASSIGNMENT,
   *     INVALID_REPLICATION_FACTOR, NO_REASSIGNMENT_IN_PROGRESS or UNSUPPORTED_VERSION (the
   *     finalized metadata.version has no reassignments yet)
   */
  Future<Map<TopicPartition, Outcome>> alterPartitionReassignments(
      Map<TopicPartition, List<Integer>> wanted, boolean allowFactorChange);

  /**
   * UnregisterBroker: forgets a node that is not coming back. It must be fenced, and no partition
   * may have it as its only replica.
   *
   * @return BROKER_ID_NOT_REGISTERED, INVALID_REQUEST (it is alive or still needed) or NONE
   */
  Future<Outcome> unregisterBroker(int nodeId);

  /**
   * A feature's wanted level (KIP-584, KIP-778).
   *
   * @param level 0 = the feature is to be out of use
   */
  record FeatureUpdate(int level, Direction direction) {
    /** What the client allows. */
    public enum Direction {
      UPGRADE,
      SAFE_DOWNGRADE,
      UNSAFE_DOWNGRADE
    }
  }

  /**
   * UpdateFeatures: all or nothing; if one is refused, the others say so too.
   *
   * @return for each feature NONE or INVALID_UPDATE_VERSION (unknown, a node cannot work with that
   *     level, or not in that direction)
   */
  Future<Map<String, Outcome>> updateFeatures(
      Map<String, FeatureUpdate> updates, boolean validateOnly);
}
