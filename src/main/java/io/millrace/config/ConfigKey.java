package io.millrace.config;

/**
 * The one typed declaration of a setting: parsing, validation, documentation and DescribeConfigs
 * all come from it.
 *
 * <p>Owner: immutable.
 */
public interface ConfigKey<T> {
  /** Kafka's name where Kafka has the key. */
  String name();

  /** Used when nothing is set. */
  T defaultValue();

  /**
   * Parses and checks a text.
   *
   * @throws IllegalArgumentException naming key, value and what is allowed
   */
  T parse(String text);
}
