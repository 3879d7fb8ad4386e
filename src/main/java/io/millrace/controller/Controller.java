package io.millrace.controller;

import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.model.TopicId;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
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
   * Producer ids from {@code first} (inclusive), {@code count} of them, never given out before or
   * again.
   */
  record ProducerIdBlock(long first, int count) {}

  Future<ProducerIdBlock> allocateProducerIds();

  /**
   * Registers this node (again); completes with its broker epoch. It is unfenced by this in a
   * cluster of one.
   */
  default Future<Long> registerBroker(int nodeId, List<Endpoint> endpoints, String rack) {
    return registerBroker(nodeId, endpoints, rack, false);
  }

  /**
   * As {@link #registerBroker(int, List, String)}.
   *
   * @param logsMayBeCut true = the machine stopped uncleanly, so that logs may have lost a tail
   *     that readers have seen: every partition that this node leads gets a new leader epoch
   */
  Future<Long> registerBroker(
      int nodeId, List<Endpoint> endpoints, String rack, boolean logsMayBeCut);
}
