package io.millrace.cli.configs;

import java.util.List;
import org.apache.kafka.common.config.ConfigResource;

/**
 * What a command line names: a type, and a name except for {@code cluster}.
 *
 * @param name empty for {@code cluster}
 *     <p>Owner: immutable.
 */
public record Entity(EntityType type, String name) {
  /**
   * Of the words after the type.
   *
   * @throws IllegalArgumentException when the name is missing
   */
  static Entity of(EntityType type, List<String> words) {
    if (type == EntityType.CLUSTER) {
      return new Entity(type, "");
    }
    if (words.isEmpty() || words.get(0).isEmpty()) {
      throw new IllegalArgumentException("which " + type.word() + "? Its name is missing");
    }
    return new Entity(type, words.get(0));
  }

  /** How many words name it after the type. */
  int words() {
    return type == EntityType.CLUSTER ? 0 : 1;
  }

  ConfigResource resource() {
    return new ConfigResource(type.type(), name);
  }

  @Override
  public String toString() {
    return type == EntityType.CLUSTER ? "cluster" : type.word() + " " + name;
  }
}
