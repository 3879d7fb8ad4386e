package io.millrace.server;

import io.millrace.config.CleanerKeys;
import io.millrace.config.ConfigKey;
import io.millrace.config.ConfigSource;
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
  private final ConfigResource own;

  /**
   * The rules of a controller.
   *
   * @param node its own settings, as they were at its start: the other brokers' files are taken to
   *     say the same, except where that could refuse what is right
   */
  DeclaredConfigRules(Settings node, int nodeId) {
    this.node = node;
    this.own = ConfigResource.broker(nodeId);
  }

  @Override
  public Optional<String> validate(ConfigResource resource, Map<String, String> configs) {
    return switch (resource.type()) {
      case TOPIC -> TopicKeys.validate(configs, node);
      case BROKER -> NodeKeys.validateDynamic(configs, !resource.name().isEmpty());
      case GROUP -> ConsumerGroupKeys.validate(configs, node);
      case CLIENT_METRICS -> refusal(resource, configs).map(Outcome::message);
    };
  }

  @Override
  public Optional<String> validateChange(
      ConfigResource resource,
      Map<String, String> old,
      Map<String, String> changed,
      Map<String, String> ofAllBrokers) {
    if (resource.type() != ConfigResource.Type.BROKER) {
      return Optional.empty();
    }
    boolean oneBroker = !resource.name().isEmpty();
    Settings now =
        oneBroker ? node.withDynamic(ofAllBrokers, old) : node.withDynamic(old, Map.of());
    Settings then =
        oneBroker ? node.withDynamic(ofAllBrokers, changed) : node.withDynamic(changed, Map.of());
    return SettingsCheck.whileRunning(then).or(() -> threads(resource, now, then));
  }

  /** Another broker's file may have another number, from which the step is a small one. */
  private Optional<String> threads(ConfigResource resource, Settings now, Settings then) {
    ConfigKey<Integer> key = CleanerKeys.LOG_CLEANER_THREADS;
    boolean known =
        resource.name().isEmpty()
            || resource.equals(own)
            || (fromMetadata(now, key) && fromMetadata(then, key));
    return known ? CleanerKeys.refuseThreads(now.get(key), then.get(key)) : Optional.empty();
  }

  private static boolean fromMetadata(Settings settings, ConfigKey<?> key) {
    ConfigSource source = settings.describe(key).source();
    return source == ConfigSource.DYNAMIC_BROKER_CONFIG
        || source == ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG;
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
