package io.millrace.controller.state;

import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * What follows when a broker says how its replicas are. One whose log directory has failed leaves
 * the ISR, unless it is the last member, and another leads; if there is none, nobody does. One that
 * has no space hands the lead over to a member of the ISR that has some, and stays in it. A replica
 * that is online again may lead again, and what waited for it gets its leader.
 *
 * <p>Who comes back with another disk, or after a crash, has registered before: then the
 * registration says what its logs may lack ({@link Registrations}).
 *
 * <p>Owner: any thread.
 */
public final class ReplicaReports {
  /** So many leaders move at once. */
  private static final int MAX_MOVES = 1_000;

  private final TopicPolicies policies;

  public ReplicaReports(TopicPolicies policies) {
    this.policies = policies;
  }

  /** What a broker reported of one topic. */
  private static final class OfTopic {
    final TopicImage topic;
    final Map<ReplicaCondition, List<Integer>> changed = new EnumMap<>(ReplicaCondition.class);
    final Set<Integer> seen = new HashSet<>();

    OfTopic(TopicImage topic) {
      this.topic = topic;
    }
  }

  /** What is as the image has it already changes nothing. */
  public Decision<Outcome> decide(
      MetadataImage image, int nodeId, long brokerEpoch, List<ReplicaReport> reports) {
    Errors wrong = Heartbeats.check(image.brokers().get(nodeId), brokerEpoch);
    if (wrong != Errors.NONE) {
      return Decision.unchanged(new Outcome(wrong, wrong.message()));
    }
    if (image.metadataVersion() < MetadataVersion.KNOWS_CONDITIONS) {
      return Decision.unchanged(
          new Outcome(
              Errors.UNSUPPORTED_VERSION,
              MetadataVersion.FEATURE
                  + " is "
                  + image.metadataVersion()
                  + ", replicas that cannot serve are known from "
                  + MetadataVersion.KNOWS_CONDITIONS
                  + " on"));
    }
    Map<TopicId, OfTopic> byTopic = changed(image, nodeId, reports);
    List<MetadataRecord> records = new ArrayList<>();
    byTopic.forEach(
        (id, of) ->
            of.changed.forEach(
                (condition, partitions) ->
                    records.add(new ReplicaConditions(id, nodeId, condition, partitions))));
    records.addAll(consequences(after(image, records), nodeId, byTopic));
    return new Decision<>(records, Outcome.OK);
  }

  /**
   * Partitions whose leader has no space while another member of the ISR has some by now, and so
   * gets another leader; at most {@link #MAX_MOVES}.
   */
  public List<MetadataRecord> handOver(MetadataImage image) {
    PartitionChanges changes = new PartitionChanges(image, policies);
    for (int nodeId : image.brokers().keySet()) {
      image
          .conditions(nodeId)
          .forEach(
              (id, partitions) -> {
                TopicImage topic = image.topic(id);
                partitions.forEach(
                    (index, condition) -> {
                      PartitionImage partition = topic.partition(index);
                      if (condition == ReplicaCondition.FULL
                          && partition.leader() == nodeId
                          && changes.records().size() < MAX_MOVES) {
                        changes.add(changes.update(topic, partition).elect());
                      }
                    });
              });
    }
    return changes.records();
  }

  private static MetadataImage after(MetadataImage image, List<MetadataRecord> records) {
    return new ImageBuilder(image).apply(image.offset() + 1, records).build().image();
  }

  private static Map<TopicId, OfTopic> changed(
      MetadataImage image, int nodeId, List<ReplicaReport> reports) {
    Map<TopicId, OfTopic> byTopic = new LinkedHashMap<>();
    for (ReplicaReport report : reports) {
      TopicImage topic = image.topic(report.topicId());
      PartitionImage partition = topic == null ? null : topic.partition(report.partition());
      if (partition == null
          || !partition.replicas().contains(nodeId)
          || image.condition(nodeId, topic.id(), partition.partition()) == report.condition()) {
        continue;
      }
      OfTopic of = byTopic.computeIfAbsent(topic.id(), any -> new OfTopic(topic));
      if (of.seen.add(partition.partition())) {
        of.changed
            .computeIfAbsent(report.condition(), any -> new ArrayList<>())
            .add(partition.partition());
      }
    }
    return byTopic;
  }

  private List<MetadataRecord> consequences(
      MetadataImage after, int nodeId, Map<TopicId, OfTopic> byTopic) {
    PartitionChanges changes = new PartitionChanges(after, policies);
    for (OfTopic of : byTopic.values()) {
      of.changed.forEach(
          (condition, partitions) -> {
            for (int index : partitions) {
              PartitionUpdate update = changes.update(of.topic, of.topic.partition(index));
              switch (condition) {
                case OFFLINE -> changes.add(update.leave(nodeId).elect());
                case FULL -> changes.add(update.elect());
                case ONLINE -> changes.add(update.electIfNone());
              }
            }
          });
    }
    return changes.records();
  }
}
