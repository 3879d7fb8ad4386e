package io.millrace.controller.state;

import io.millrace.controller.ConfigRules;
import io.millrace.controller.TopicLimits;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.TopicImage;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * What users may not do although it is valid: {@code topic.config.limits}, {@code
 * topic.partitions.max} and {@code cluster.partitions.max}, as POLICY_VIOLATION; and what nobody
 * may do with the topics of coordinators, whose state would be lost. Of one request.
 *
 * <p>Owner: controller context.
 */
final class UserLimits {
  private static final String CLEANUP_POLICY = "cleanup.policy";
  private static final String COMPACT = "compact";

  private final TopicLimits limits;
  // Invariant: the partitions of all topics, with those that this request has added.
  private long partitions;

  UserLimits(ClusterImage image, ConfigRules rules) {
    this.limits = rules.topicLimits(image.configs(ConfigResource.brokerDefault()));
    if (limits.ofCluster() != Integer.MAX_VALUE) {
      for (TopicImage topic : image.topics()) {
        partitions += topic.partitions().size();
      }
    }
  }

  /**
   * A topic gets partitions, which are counted if it may.
   *
   * @param total what it has then
   */
  void grow(String topic, int added, int total) throws Refusal {
    if (!TopicNames.isInternal(topic)) {
      if (total > limits.ofTopic()) {
        throw new Refusal(
            Errors.POLICY_VIOLATION,
            "Topic '"
                + topic
                + "' would have "
                + total
                + " partitions, more than topic.partitions.max="
                + limits.ofTopic());
      }
      if (partitions + added > limits.ofCluster()) {
        throw new Refusal(
            Errors.POLICY_VIOLATION,
            "There would be "
                + (partitions + added)
                + " partitions, more than cluster.partitions.max="
                + limits.ofCluster());
      }
    }
    partitions += added;
  }

  /** Settings of a topic change; what it had before it may keep. */
  void configure(String topic, Map<String, String> old, Map<String, String> changed)
      throws Refusal {
    if (TopicNames.isInternal(topic)) {
      checkStaysCompacted(topic, old, changed);
      return;
    }
    for (Map.Entry<String, String> config : new TreeMap<>(changed).entrySet()) {
      if (!config.getValue().equals(old.get(config.getKey()))) {
        Optional<String> why = limits.refusal().apply(config.getKey(), config.getValue());
        if (why.isPresent()) {
          throw new Refusal(Errors.POLICY_VIOLATION, why.get());
        }
      }
    }
  }

  /** Retention would delete what groups have committed, and the transactions under way. */
  private static void checkStaysCompacted(
      String topic, Map<String, String> old, Map<String, String> changed) throws Refusal {
    String policy = changed.getOrDefault(CLEANUP_POLICY, "").trim();
    if (!policy.equals(COMPACT) && (old.isEmpty() || COMPACT.equals(old.get(CLEANUP_POLICY)))) {
      throw new Refusal(
          Errors.INVALID_CONFIG,
          "Topic '"
              + topic
              + "' belongs to the coordinators: it needs "
              + CLEANUP_POLICY
              + "="
              + COMPACT
              + ", or they lose what they know");
    }
  }

  /** Which coordinator has a group or transactional id depends on the number of partitions. */
  static void checkMayGrow(String topic) throws Refusal {
    if (TopicNames.isInternal(topic)) {
      throw new Refusal(
          Errors.INVALID_REQUEST,
          "Topic '"
              + topic
              + "' belongs to the coordinators: with another number of partitions they would not"
              + " find what they know");
    }
  }
}
