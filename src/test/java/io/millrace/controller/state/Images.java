package io.millrace.controller.state;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.ClusterConfig;
import io.millrace.controller.ConfigRules;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Images to decide upon. */
final class Images {
  /** Knows {@code cleanup.policy} (a list) and {@code retention.ms} (a number). */
  static final ConfigRules RULES =
      new ConfigRules() {
        @Override
        public Optional<String> validate(ConfigResource resource, Map<String, String> configs) {
          for (Map.Entry<String, String> config : configs.entrySet()) {
            if (!Set.of("cleanup.policy", "retention.ms").contains(config.getKey())) {
              return Optional.of("unknown " + config.getKey());
            }
            if (config.getKey().equals("retention.ms")
                && !config.getValue().chars().allMatch(Character::isDigit)) {
              return Optional.of("no number " + config.getValue());
            }
          }
          return Optional.empty();
        }

        @Override
        public boolean isList(ConfigResource.Type type, String key) {
          return key.equals("cleanup.policy");
        }

        @Override
        public String defaultValue(ConfigResource.Type type, String key) {
          return key.equals("cleanup.policy") ? "delete" : null;
        }
      };

  private Images() {}

  static RegisterBroker broker(int nodeId, String rack, boolean fenced) {
    return new RegisterBroker(
        nodeId,
        List.of(new Endpoint("PLAINTEXT", "h", 9092)),
        rack,
        fenced,
        RegisterBroker.EPOCH_IS_OFFSET);
  }

  static MetadataImage brokers(int... nodeIds) {
    List<MetadataRecord> records = new ArrayList<>();
    for (int nodeId : nodeIds) {
      records.add(broker(nodeId, null, false));
    }
    return with(MetadataImage.EMPTY, records);
  }

  static MetadataImage with(MetadataImage image, List<MetadataRecord> records) {
    return records.isEmpty()
        ? image
        : new ImageBuilder(image).apply(image.offset() + 1, records).build().image();
  }

  /** Adds a topic whose partitions are all on these replicas. */
  static MetadataImage withTopic(
      MetadataImage image, String name, int partitions, List<Integer> replicas) {
    TopicId id = new TopicId(99, name.hashCode());
    List<MetadataRecord> records = new ArrayList<>();
    records.add(new Topic(id, name));
    for (int i = 0; i < partitions; i++) {
      records.add(
          new Partition(
              id, new PartitionImage(i, replicas, replicas, List.of(), replicas.get(0), 0, 0)));
    }
    return with(image, records);
  }

  /** The image, at the newest metadata.version. */
  static MetadataImage newest(MetadataImage image) {
    return with(
        image,
        List.of(new MetadataRecord.Feature(MetadataVersion.FEATURE, MetadataVersion.NEWEST)));
  }

  static MetadataImage withConfig(MetadataImage image, String topic, String key, String value) {
    return with(image, List.of(new MetadataRecord.Config(ConfigResource.topic(topic), key, value)));
  }

  /** The node as it registers, with an incarnation and a directory of these numbers. */
  static BrokerRegistration registration(int nodeId, int incarnation, int directory) {
    return new BrokerRegistration(
        nodeId,
        new UUID(0, incarnation),
        List.of(new UUID(1, directory)),
        List.of(new Endpoint("PLAINTEXT", "h", 9092)),
        null,
        ClusterConfig.DEFAULT.features(),
        -1,
        Tails.WHOLE,
        true,
        true);
  }

  static BrokerRegistration cut(BrokerRegistration node) {
    return tails(node, Tails.MAY_BE_CUT);
  }

  static BrokerRegistration tails(BrokerRegistration node, Tails tails) {
    return new BrokerRegistration(
        node.nodeId(),
        node.incarnation(),
        node.directories(),
        node.endpoints(),
        node.rack(),
        node.features(),
        node.previousEpoch(),
        tails,
        true,
        true);
  }
}
