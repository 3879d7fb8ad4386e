package io.millrace.controller.state;

import io.millrace.controller.ConfigRules;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * IncrementalAlterConfigs (KIP-339) and the old AlterConfigs: all or nothing for each resource.
 *
 * <p>Owner: any thread.
 */
public final class ConfigChanges {
  /** Kafka's bound of a value, in bytes. */
  static final int MAX_VALUE_BYTES = Short.MAX_VALUE;

  private ConfigChanges() {}

  private interface NewConfigs {
    Map<String, String> of(ConfigResource resource, Map<String, String> old) throws Refusal;
  }

  /** Changes single keys. */
  public static Decision<Map<ConfigResource, Outcome>> incremental(
      MetadataImage image,
      Map<ConfigResource, List<ConfigOp>> changes,
      boolean validateOnly,
      ConfigRules rules) {
    return decide(
        image,
        changes.keySet(),
        validateOnly,
        rules,
        (resource, old) -> apply(resource, old, changes.get(resource), rules));
  }

  /** Replaces all keys. */
  public static Decision<Map<ConfigResource, Outcome>> replace(
      MetadataImage image,
      Map<ConfigResource, Map<String, String>> configs,
      boolean validateOnly,
      ConfigRules rules) {
    return decide(
        image,
        configs.keySet(),
        validateOnly,
        rules,
        (resource, old) -> {
          Map<String, String> given = configs.get(resource);
          for (Map.Entry<String, String> entry : given.entrySet()) {
            if (entry.getValue() == null) {
              throw new Refusal(
                  Errors.INVALID_REQUEST, "Config without a value: " + entry.getKey());
            }
          }
          return given;
        });
  }

  private static Decision<Map<ConfigResource, Outcome>> decide(
      MetadataImage image,
      Set<ConfigResource> resources,
      boolean validateOnly,
      ConfigRules rules,
      NewConfigs newConfigs) {
    List<MetadataRecord> records = new ArrayList<>();
    Map<ConfigResource, Outcome> replies = new LinkedHashMap<>();
    UserLimits limits = new UserLimits(image, rules);
    for (ConfigResource resource : resources) {
      try {
        checkResource(image, resource);
        Map<String, String> old = image.configs(resource);
        Map<String, String> changed = newConfigs.of(resource, old);
        validate(rules, resource, changed);
        Optional<String> wrong =
            rules.validateChange(
                resource, old, changed, image.configs(ConfigResource.brokerDefault()));
        if (wrong.isPresent()) {
          throw new Refusal(Errors.INVALID_CONFIG, wrong.get());
        }
        ClusterDefaults.check(image, resource, old, changed);
        if (resource.type() == ConfigResource.Type.TOPIC) {
          limits.configure(resource.name(), old, changed);
        }
        records.addAll(difference(resource, old, changed));
        replies.put(resource, Outcome.OK);
      } catch (Refusal refusal) {
        replies.put(resource, refusal.outcome());
      }
    }
    return validateOnly ? Decision.unchanged(replies) : new Decision<>(records, replies);
  }

  static void validate(ConfigRules rules, ConfigResource resource, Map<String, String> configs)
      throws Refusal {
    for (Map.Entry<String, String> entry : configs.entrySet()) {
      int bytes = entry.getValue().getBytes(StandardCharsets.UTF_8).length;
      if (bytes > MAX_VALUE_BYTES) {
        throw new Refusal(
            Errors.INVALID_CONFIG,
            "The value of "
                + entry.getKey()
                + " has "
                + bytes
                + " bytes, more than the "
                + MAX_VALUE_BYTES
                + " allowed");
      }
    }
    Optional<Outcome> wrong = rules.refusal(resource, configs);
    if (wrong.isPresent()) {
      throw new Refusal(wrong.get().error(), wrong.get().message());
    }
  }

  private static void checkResource(MetadataImage image, ConfigResource resource) throws Refusal {
    String name = resource.name();
    if (resource.type() == ConfigResource.Type.TOPIC) {
      String invalid = TopicNames.invalidBecause(name);
      if (name.isEmpty()) {
        throw new Refusal(Errors.INVALID_REQUEST, "There are no default configs of all topics");
      }
      if (invalid != null) {
        throw new Refusal(Errors.INVALID_TOPIC_EXCEPTION, invalid);
      }
      if (image.topic(name) == null) {
        throw new Refusal(
            Errors.UNKNOWN_TOPIC_OR_PARTITION, "The topic '" + name + "' does not exist.");
      }
      return;
    }
    if (resource.type() == ConfigResource.Type.GROUP) {
      // The group may not exist yet.
      if (name.isEmpty()) {
        throw new Refusal(Errors.INVALID_REQUEST, "Default group resources are not allowed.");
      }
      return;
    }
    if (resource.type() == ConfigResource.Type.CLIENT_METRICS) {
      Levels.check(image, MetadataVersion.HAS_CLIENT_METRICS);
      if (name.isEmpty()) {
        throw new Refusal(Errors.INVALID_REQUEST, "Subscription name can't be empty");
      }
      return;
    }
    if (name.isEmpty()) {
      return;
    }
    int nodeId;
    try {
      nodeId = Integer.parseInt(name);
    } catch (NumberFormatException e) {
      throw new Refusal(Errors.INVALID_REQUEST, "'" + name + "' is not a node id");
    }
    if (nodeId < 0) {
      throw new Refusal(Errors.INVALID_REQUEST, "The node id " + nodeId + " is negative");
    }
    if (!image.brokers().containsKey(nodeId)) {
      throw new Refusal(
          Errors.BROKER_ID_NOT_REGISTERED, "No node with id " + nodeId + " is registered");
    }
  }

  private static Map<String, String> apply(
      ConfigResource resource, Map<String, String> old, List<ConfigOp> ops, ConfigRules rules)
      throws Refusal {
    Map<String, String> configs = new TreeMap<>(old);
    Set<String> keys = new HashSet<>();
    for (ConfigOp op : ops) {
      if (!keys.add(op.key())) {
        throw new Refusal(
            Errors.INVALID_REQUEST, "The config " + op.key() + " is changed twice in one request");
      }
      if (op.value() == null && op.op() != ConfigOp.Op.DELETE) {
        throw new Refusal(Errors.INVALID_REQUEST, "Config without a value: " + op.key());
      }
      switch (op.op()) {
        case SET -> configs.put(op.key(), op.value());
        case DELETE -> configs.remove(op.key());
        case APPEND, SUBTRACT -> configs.put(op.key(), listed(resource, configs, op, rules));
      }
    }
    return configs;
  }

  private static String listed(
      ConfigResource resource, Map<String, String> configs, ConfigOp op, ConfigRules rules)
      throws Refusal {
    if (!rules.isList(resource.type(), op.key())) {
      throw new Refusal(
          Errors.INVALID_CONFIG, op.op() + " needs a list, and " + op.key() + " is none");
    }
    String value = configs.get(op.key());
    List<String> parts =
        split(value == null ? rules.defaultValue(resource.type(), op.key()) : value);
    for (String part : split(op.value())) {
      if (op.op() == ConfigOp.Op.SUBTRACT) {
        parts.remove(part);
      } else if (!parts.contains(part)) {
        parts.add(part);
      }
    }
    return String.join(",", parts);
  }

  private static List<String> split(String value) {
    List<String> parts = new ArrayList<>();
    if (value != null) {
      for (String part : value.split(",", -1)) {
        if (!part.isBlank()) {
          parts.add(part.strip());
        }
      }
    }
    return parts;
  }

  private static List<MetadataRecord> difference(
      ConfigResource resource, Map<String, String> old, Map<String, String> changed) {
    List<MetadataRecord> records = new ArrayList<>();
    for (Map.Entry<String, String> entry : new TreeMap<>(changed).entrySet()) {
      if (!Objects.equals(old.get(entry.getKey()), entry.getValue())) {
        records.add(new MetadataRecord.Config(resource, entry.getKey(), entry.getValue()));
      }
    }
    for (String key : new TreeMap<>(old).keySet()) {
      if (!changed.containsKey(key)) {
        records.add(new MetadataRecord.Config(resource, key, null));
      }
    }
    return records;
  }
}
