package io.millrace.api.peer;

import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.DeletedTopic;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;

/**
 * The answers to commands that were sent again because the first answer was lost. "It exists
 * already" may then mean that the first attempt has done it. Kafka's clients tell their users that
 * the topic exists, who then do not know whose it is. Here what the command asked for counts: if it
 * was not so before the command and is so now, the command succeeded; that somebody else has asked
 * for exactly the same in the same second makes no difference to anybody.
 *
 * <p>Owner: any thread.
 */
final class RepeatedCommands {
  private RepeatedCommands() {}

  /**
   * Topics that exist as they were asked for, and did not exist before, are created.
   *
   * @param before the image when the command began
   * @param now an image in which the first attempt is applied if it was committed
   */
  static List<CreatedTopic> created(
      List<CreatedTopic> found, List<NewTopic> asked, ClusterImage before, ClusterImage now) {
    Map<String, NewTopic> byName = new HashMap<>();
    asked.forEach(topic -> byName.put(topic.name(), topic));
    List<CreatedTopic> told = new ArrayList<>();
    for (CreatedTopic topic : found) {
      NewTopic wanted = byName.get(topic.name());
      TopicImage there = now.topic(topic.name());
      boolean ours =
          topic.outcome().error() == Errors.TOPIC_ALREADY_EXISTS
              && wanted != null
              && there != null
              && before.topic(topic.name()) == null
              && isAsAsked(there, wanted, now);
      told.add(
          ours
              ? new CreatedTopic(
                  topic.name(),
                  Outcome.OK,
                  there.id(),
                  there.partitions().size(),
                  (short) there.partition(0).replicas().size())
              : topic);
    }
    return told;
  }

  private static boolean isAsAsked(TopicImage topic, NewTopic asked, ClusterImage image) {
    if (!image.configs(ConfigResource.topic(topic.name())).equals(asked.configs())) {
      return false;
    }
    List<PartitionImage> partitions = topic.partitions();
    if (!asked.assignment().isEmpty()) {
      return partitions.size() == asked.assignment().size()
          && partitions.stream()
              .allMatch(p -> p.replicas().equals(asked.assignment().get(p.partition())));
    }
    return (asked.partitions() < 0 || partitions.size() == asked.partitions())
        && (asked.replicationFactor() < 0
            || partitions.get(0).replicas().size() == asked.replicationFactor());
  }

  /**
   * The topics to delete by their ids, as far as they were known: by name the second attempt could
   * hit a topic that was created meanwhile.
   */
  static List<TopicRef> byId(List<TopicRef> topics, ClusterImage before) {
    return topics.stream()
        .map(
            topic -> {
              TopicImage known = topic.name() == null ? null : before.topic(topic.name());
              return known == null ? topic : new TopicRef(null, known.id());
            })
        .toList();
  }

  /** Topics that are gone and were there before are deleted. */
  static List<DeletedTopic> deleted(List<DeletedTopic> found, ClusterImage before) {
    return found.stream()
        .map(
            topic -> {
              TopicImage known = topic.id().equals(TopicId.ZERO) ? null : before.topic(topic.id());
              if (known == null) {
                return topic;
              }
              boolean gone = topic.outcome().error() == Errors.UNKNOWN_TOPIC_ID;
              return new DeletedTopic(
                  known.name(), known.id(), gone ? Outcome.OK : topic.outcome());
            })
        .toList();
  }

  /** Topics that had fewer partitions and have as many as asked for have grown. */
  static Map<String, Outcome> grown(
      Map<String, Outcome> found,
      List<NewPartitions> asked,
      ClusterImage before,
      ClusterImage now) {
    Map<String, Outcome> told = new LinkedHashMap<>(found);
    for (NewPartitions topic : asked) {
      TopicImage old = before.topic(topic.topic());
      TopicImage there = now.topic(topic.topic());
      told.computeIfPresent(
          topic.topic(),
          (name, outcome) ->
              outcome.error() == Errors.INVALID_PARTITIONS
                      && old != null
                      && there != null
                      && old.partitions().size() < topic.count()
                      && there.partitions().size() == topic.count()
                  ? Outcome.OK
                  : outcome);
    }
    return told;
  }

  /** Leaders that are as they should be. */
  static Map<TopicPartition, Outcome> elected(Map<TopicPartition, Outcome> found) {
    Map<TopicPartition, Outcome> told = new LinkedHashMap<>(found);
    told.replaceAll(
        (partition, outcome) ->
            outcome.error() == Errors.ELECTION_NOT_NEEDED ? Outcome.OK : outcome);
    return told;
  }

  /** Reassignments that are not under way and were. */
  static Map<TopicPartition, Outcome> cancelled(
      Map<TopicPartition, Outcome> found, ClusterImage before) {
    Map<TopicPartition, Outcome> told = new LinkedHashMap<>(found);
    told.replaceAll(
        (name, outcome) -> {
          TopicImage topic = before.topic(name.topic());
          PartitionImage partition = topic == null ? null : topic.partition(name.partition());
          return outcome.error() == Errors.NO_REASSIGNMENT_IN_PROGRESS
                  && partition != null
                  && partition.isReassigning()
              ? Outcome.OK
              : outcome;
        });
    return told;
  }

  /** A broker that is not there and was. */
  static Outcome unregistered(Outcome found, int nodeId, ClusterImage before) {
    return found.error() == Errors.BROKER_ID_NOT_REGISTERED && before.brokers().containsKey(nodeId)
        ? Outcome.OK
        : found;
  }
}
