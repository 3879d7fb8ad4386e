package io.millrace.server;

import io.millrace.config.ConfigKey;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.config.TopicKeys;
import io.millrace.controller.ConfigRules;
import io.millrace.metadata.ConfigResource;
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
    return resource.type() == ConfigResource.Type.TOPIC
        ? TopicKeys.validate(configs, node)
        : NodeKeys.validateDynamic(configs, !resource.name().isEmpty());
  }

  @Override
  public boolean isList(ConfigResource.Type type, String name) {
    ConfigKey<?> key = find(type, name);
    return key != null && key.type() == ConfigKey.Type.LIST;
  }

  @Override
  public String defaultValue(ConfigResource.Type type, String name) {
    ConfigKey<?> key = find(type, name);
    return key == null ? null : node.describe(key).value();
  }

  private static ConfigKey<?> find(ConfigResource.Type type, String name) {
    return type == ConfigResource.Type.TOPIC ? TopicKeys.find(name) : NodeKeys.find(name);
  }
}
