package io.millrace.server;

import io.millrace.config.ConfigKey;
import io.millrace.config.ConsumerGroupKeys;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.config.SettingsCheck;
import io.millrace.config.TopicConfigLimits;
import io.millrace.config.TopicKeys;
import io.millrace.config.TopicLimitKeys;
import io.millrace.controller.ConfigRules;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.TopicLimits;
import io.millrace.metadata.ConfigResource;
import io.millrace.telemetry.Subscription;
import io.millrace.telemetry.SubscriptionException;
import io.millrace.telemetry.SubscriptionKey;
import java.util.Map;
import java.util.Optional;

/**
 * The controller's rules for configs, from the declared keys.
 *
 * <p>Owner: immutable.
 */
final class DeclaredConfigRules implements ConfigRules {
  private final Settings node;

  DeclaredConfigRules(Settings node) {
    this.node = node;
  }

  @Override
  public Optional<String> validate(ConfigResource resource, Map<String, String> configs) {
    return switch (resource.type()) {
      case TOPIC -> TopicKeys.validate(configs, node);
      case BROKER -> ofBroker(configs, !resource.name().isEmpty());
      case GROUP -> ConsumerGroupKeys.validate(configs, node);
      case CLIENT_METRICS -> refusal(resource, configs).map(Outcome::message);
    };
  }

  private Optional<String> ofBroker(Map<String, String> configs, boolean oneBroker) {
    return NodeKeys.validateDynamic(configs, oneBroker)
        .or(
            () ->
                SettingsCheck.whileRunning(
                    oneBroker
                        ? node.withDynamic(Map.of(), configs)
                        : node.withDynamic(configs, Map.of())));
  }

  @Override
  public TopicLimits topicLimits(Map<String, String> ofAllBrokers) {
    Settings now = node.withDynamic(ofAllBrokers, Map.of());
    return new TopicLimits(
        now.get(TopicLimitKeys.TOPIC_PARTITIONS_MAX),
        now.get(TopicLimitKeys.CLUSTER_PARTITIONS_MAX),
        new TopicConfigLimits(now.get(TopicLimitKeys.TOPIC_CONFIG_LIMITS))::refusal);
  }

  @Override
  public Optional<Outcome> refusal(ConfigResource resource, Map<String, String> configs) {
    if (resource.type() != ConfigResource.Type.CLIENT_METRICS) {
      return ConfigRules.super.refusal(resource, configs);
    }
    try {
      Subscription.of(resource.name(), configs);
      return Optional.empty();
    } catch (SubscriptionException e) {
      return Optional.of(new Outcome(e.error(), e.getMessage()));
    }
  }

  @Override
  public boolean isList(ConfigResource.Type type, String name) {
    if (type == ConfigResource.Type.CLIENT_METRICS) {
      SubscriptionKey key = SubscriptionKey.find(name);
      return key != null && key.type() == ConfigKey.Type.LIST;
    }
    ConfigKey<?> key = find(type, name);
    return key != null && key.type() == ConfigKey.Type.LIST;
  }

  @Override
  public String defaultValue(ConfigResource.Type type, String name) {
    if (type == ConfigResource.Type.CLIENT_METRICS) {
      SubscriptionKey key = SubscriptionKey.find(name);
      return key == null ? null : key.defaultValue();
    }
    ConfigKey<?> key = find(type, name);
    return key == null ? null : node.describe(key).value();
  }

  private static ConfigKey<?> find(ConfigResource.Type type, String name) {
    return switch (type) {
      case TOPIC -> TopicKeys.find(name);
      case BROKER -> NodeKeys.find(name);
      case GROUP -> {
        ConsumerGroupKeys.OfGroup of = ConsumerGroupKeys.OF_GROUP.get(name);
        yield of == null ? null : of.key();
      }
      case CLIENT_METRICS -> null;
    };
  }
}
