package io.millrace.config;

/**
 * Parsed values of configuration keys. Built once at start for the node; derived for each topic by
 * laying the topic's own configs over the node's (see {@code TopicKeys}).
 *
 * <p>Owner: immutable.
 */
public interface Settings {
  /** The value of a key: the most specific explicit one, else its default. */
  <T> T get(ConfigKey<T> key);

  /** Whether the key has an explicit value. */
  boolean isSet(ConfigKey<?> key);
}
