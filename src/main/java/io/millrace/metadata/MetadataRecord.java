package io.millrace.metadata;

import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Set;

/**
 * One fact in the metadata log: the only way in which cluster metadata changes. Records describe
 * outcomes, never requests, so that applying them needs no decision.
 *
 * <p>Owner: immutable.
 */
public sealed interface MetadataRecord {
  /** Says something about a topic or a partition. */
  sealed interface TopicRecord extends MetadataRecord {}

  /** Says something about a node. */
  sealed interface NodeRecord extends MetadataRecord {
    int nodeId();

    /** The node's epoch: that of its registration. */
    long epoch();
  }

  /** The first entry of each term: entries of earlier terms are committed only through it. */
  record NoOp() implements MetadataRecord {
    public static final NoOp INSTANCE = new NoOp();
  }

  /** The cluster's id, 22 characters; once in the life of a cluster. */
  record ClusterId(String id) implements MetadataRecord {}

  /** A feature is at this level from here on; 0 = not in use. */
  record Feature(String name, int level) implements MetadataRecord {}

  /**
   * A broker is there, with these endpoints; replaces an earlier registration of the same node id.
   *
   * @param rack null = none
   * @param epoch the broker epoch; -1 = the offset of this record, which is the rule: only a
   *     snapshot, whose records have lost their offsets, says it explicitly
   * @param shuttingDown only in snapshots: see {@link StopBroker}
   */
  record RegisterBroker(
      int nodeId,
      List<Endpoint> endpoints,
      String rack,
      boolean fenced,
      long epoch,
      boolean shuttingDown,
      NodeTraits traits)
      implements NodeRecord {
    /** {@link #epoch} when the record's own offset is meant. */
    public static final long EPOCH_IS_OFFSET = -1;

    public RegisterBroker {
      endpoints = List.copyOf(endpoints);
    }

    /** Of a broker that said nothing about itself. */
    public RegisterBroker(
        int nodeId, List<Endpoint> endpoints, String rack, boolean fenced, long epoch) {
      this(nodeId, endpoints, rack, fenced, epoch, false, NodeTraits.UNKNOWN);
    }
  }

  /**
   * A node that may vote and is no broker is there.
   *
   * @param epoch as of {@link RegisterBroker}
   */
  record RegisterController(int nodeId, long epoch, NodeTraits traits) implements NodeRecord {}

  /** The node is forgotten; {@code epoch} is that of its registration. */
  record UnregisterNode(int nodeId, long epoch) implements NodeRecord {}

  /** The broker is about to stop in order; {@code epoch} is that of its registration. */
  record StopBroker(int nodeId, long epoch) implements NodeRecord {}

  /** The broker serves no longer; {@code epoch} is that of its registration. */
  record FenceBroker(int nodeId, long epoch) implements NodeRecord {}

  /** The broker serves, and is not about to stop; {@code epoch} is that of its registration. */
  record UnfenceBroker(int nodeId, long epoch) implements NodeRecord {}

  /** A new topic; its partitions follow, from 0 on. */
  record Topic(TopicId id, String name) implements TopicRecord {}

  /** A new partition, whose index is the topic's number of partitions so far. */
  record Partition(TopicId topicId, PartitionImage image) implements TopicRecord {}

  /**
   * A change of a partition; null means "as it was". Raises the partition epoch by one, and the
   * leader epoch by one if {@code leader} is given, even the same one.
   *
   * @param possibleLoss see {@link PartitionImage}; from {@link MetadataVersion} 2 on
   * @param adding from {@link MetadataVersion} 3 on; empty = none is added any more
   * @param removing from {@link MetadataVersion} 3 on; empty = none is removed any more
   * @param maybeCut from {@link MetadataVersion} 3 on
   */
  record PartitionChange(
      TopicId topicId,
      int partition,
      List<Integer> replicas,
      List<Integer> isr,
      List<Integer> lastIsr,
      Integer leader,
      Boolean possibleLoss,
      List<Integer> adding,
      List<Integer> removing,
      List<Integer> maybeCut)
      implements TopicRecord {
    public PartitionChange {
      replicas = replicas == null ? null : List.copyOf(replicas);
      isr = isr == null ? null : List.copyOf(isr);
      lastIsr = lastIsr == null ? null : List.copyOf(lastIsr);
      adding = adding == null ? null : List.copyOf(adding);
      removing = removing == null ? null : List.copyOf(removing);
      maybeCut = maybeCut == null ? null : List.copyOf(maybeCut);
    }

    /** A change that has nothing to do with a reassignment, nor with a loss of power. */
    public PartitionChange(
        TopicId topicId,
        int partition,
        List<Integer> replicas,
        List<Integer> isr,
        List<Integer> lastIsr,
        Integer leader,
        Boolean possibleLoss) {
      this(topicId, partition, replicas, isr, lastIsr, leader, possibleLoss, null, null, null);
    }

    /** A change that has nothing to do with loss either. */
    public PartitionChange(
        TopicId topicId,
        int partition,
        List<Integer> replicas,
        List<Integer> isr,
        List<Integer> lastIsr,
        Integer leader) {
      this(topicId, partition, replicas, isr, lastIsr, leader, null);
    }
  }

  /**
   * The topic, its partitions and its configs are gone for ever. With more than one broker
   * registered, the topic is a {@link RemovedTopic} from here on.
   */
  record RemoveTopic(TopicId id) implements TopicRecord {}

  /** Only in snapshots: a topic that was deleted and is remembered. */
  record Removed(TopicId id, RemovedTopic topic) implements TopicRecord {}

  /** Every node has seen that these topics are deleted. */
  record ForgetTopics(List<TopicId> ids) implements TopicRecord {
    public ForgetTopics {
      ids = List.copyOf(ids);
    }
  }

  /**
   * Replicas of a topic on one node are in this condition, as the node has reported it; from {@link
   * MetadataVersion} 3 on. Forgotten with the node, the topic, or when the node is to have the
   * replica no more.
   */
  record ReplicaConditions(
      TopicId topicId, int nodeId, ReplicaCondition condition, List<Integer> partitions)
      implements TopicRecord {
    public ReplicaConditions {
      partitions = List.copyOf(partitions);
    }
  }

  /**
   * A dynamic config is set; a null value takes it back. That of clients' metrics from {@link
   * MetadataVersion} 4 on.
   */
  record Config(ConfigResource resource, String key, String value) implements MetadataRecord {}

  /**
   * A quota is set (KIP-546); from {@link MetadataVersion} 4 on.
   *
   * @param value in the unit of the key; null takes it back
   */
  record ClientQuota(QuotaEntity entity, String key, Double value) implements MetadataRecord {}

  /** Every producer id below {@code next} has been given out. */
  record ProducerIds(long next) implements MetadataRecord {}

  /**
   * Who votes from here on. Differs from the set before by at most one voter (Ongaro, section 4.1);
   * to the quorum it counts as soon as it is in the log, to everybody else once committed.
   */
  record Voters(Set<VoterId> voters) implements MetadataRecord {
    public Voters {
      voters = Set.copyOf(voters);
      if (voters.isEmpty()) {
        throw new IllegalArgumentException("A quorum without voters");
      }
    }
  }
}
