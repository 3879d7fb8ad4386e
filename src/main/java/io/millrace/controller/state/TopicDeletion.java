package io.millrace.controller.state;

import io.millrace.controller.Controller.DeletedTopic;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.fault.FaultPoint;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;

/**
 * DeleteTopics, by name or by id (KIP-516).
 *
 * <p>Owner: any thread.
 */
public final class TopicDeletion {
  private TopicDeletion() {}

  /** One reply for each distinct reference. */
  public static Decision<List<DeletedTopic>> decide(
      MetadataImage image, List<TopicRef> topics, boolean enabled) {
    Map<TopicRef, Integer> references = new LinkedHashMap<>();
    topics.forEach(topic -> references.merge(topic, 1, Integer::sum));
    Map<TopicId, Integer> mentions = new HashMap<>();
    for (TopicRef topic : references.keySet()) {
      TopicImage found = find(image, topic);
      if (found != null) {
        mentions.merge(found.id(), 1, Integer::sum);
      }
    }
    List<MetadataRecord> records = new ArrayList<>();
    List<DeletedTopic> replies = new ArrayList<>();
    references.forEach(
        (topic, times) -> {
          try {
            TopicImage found = check(image, topic, times, enabled);
            if (mentions.get(found.id()) > 1) {
              throw new Refusal(
                  Errors.INVALID_REQUEST, "The request names this topic by name and by id");
            }
            records.add(new MetadataRecord.RemoveTopic(found.id()));
            replies.add(new DeletedTopic(found.name(), found.id(), Outcome.OK));
          } catch (Refusal refusal) {
            replies.add(new DeletedTopic(topic.name(), topic.id(), refusal.outcome()));
          }
        });
    FaultPoint.TOPIC_DELETION_DECIDED.reached();
    return new Decision<>(records, replies);
  }

  private static TopicImage find(MetadataImage image, TopicRef topic) {
    return topic.name() != null ? image.topic(topic.name()) : image.topic(topic.id());
  }

  private static TopicImage check(MetadataImage image, TopicRef topic, int times, boolean enabled)
      throws Refusal {
    if (!enabled) {
      throw new Refusal(
          Errors.TOPIC_DELETION_DISABLED, "delete.topic.enable is false: no topic can be deleted");
    }
    if (topic.name() == null && topic.id().isZero()) {
      throw new Refusal(Errors.INVALID_REQUEST, "Neither the name nor the id of a topic is given");
    }
    if (topic.name() != null && !topic.id().isZero()) {
      throw new Refusal(
          Errors.INVALID_REQUEST, "Both name and id of a topic are given: give one of them");
    }
    if (times > 1) {
      throw new Refusal(
          Errors.INVALID_REQUEST,
          topic.name() != null ? "Duplicate topic name." : "Duplicate topic id.");
    }
    TopicImage found = find(image, topic);
    if (found == null) {
      Errors error =
          topic.name() != null ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.UNKNOWN_TOPIC_ID;
      throw new Refusal(error, error.message());
    }
    return found;
  }
}
