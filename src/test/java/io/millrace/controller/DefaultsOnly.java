package io.millrace.controller;

import io.millrace.metadata.ConfigResource;
import java.util.Map;
import java.util.Optional;

/**
 * Rules that allow everything and know nothing but defaults.
 *
 * @param defaults by key, the same for every type of resource
 *     <p>Owner: immutable.
 */
public record DefaultsOnly(Map<String, String> defaults) implements ConfigRules {
  @Override
  public Optional<String> validate(ConfigResource resource, Map<String, String> configs) {
    return Optional.empty();
  }

  @Override
  public boolean isList(ConfigResource.Type type, String key) {
    return false;
  }

  @Override
  public String defaultValue(ConfigResource.Type type, String key) {
    return defaults.get(key);
  }
}
