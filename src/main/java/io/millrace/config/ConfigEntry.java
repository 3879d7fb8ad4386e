package io.millrace.config;

import java.util.List;

/**
 * A key with its value in force and where that came from: what DescribeConfigs tells.
 *
 * @param key the declaration
 * @param value as text; null = none, or sensitive
 * @param source of the value
 * @param readOnly whether it cannot be altered while the node runs
 * @param synonyms every value that was or could have been chosen, the one in force first
 *     <p>Owner: immutable.
 */
public record ConfigEntry(
    ConfigKey<?> key,
    String value,
    ConfigSource source,
    boolean readOnly,
    List<ConfigSynonym> synonyms) {
  /**
   * One place that gives or could give the value.
   *
   * @param name the key there
   * @param value as text, in that key's unit; null = sensitive
   * @param source the level it is set at
   *     <p>Owner: immutable.
   */
  public record ConfigSynonym(String name, String value, ConfigSource source) {}
}
