package io.millrace.controller.state;

import io.millrace.metadata.MetadataImage;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * Which names a topic can have: Kafka's rules.
 *
 * <p>Owner: any thread.
 */
public final class TopicNames {
  /** So that the directory of any partition of it stays below the 255 bytes of a file name. */
  public static final int MAX_LENGTH = 249;

  /** The metadata log's name; not a topic. */
  public static final String CLUSTER_METADATA = "__cluster_metadata";

  /** Where coordinators keep what they know, in Kafka's names. */
  private static final Set<String> INTERNAL =
      Set.of("__consumer_offsets", "__transaction_state", "__share_group_state");

  private TopicNames() {}

  /** Whether a topic of this name belongs to coordinators. */
  static boolean isInternal(String name) {
    return INTERNAL.contains(name);
  }

  /** What is wrong with a name; null = nothing. */
  public static String invalidBecause(String name) {
    if (name == null || name.isEmpty()) {
      return "Topic name is invalid: it is empty";
    }
    if (name.equals(".") || name.equals("..")) {
      return "Topic name is invalid: '" + name + "' stands for a directory";
    }
    if (name.length() > MAX_LENGTH) {
      return "Topic name is invalid: it has "
          + name.length()
          + " characters, more than the "
          + MAX_LENGTH
          + " allowed";
    }
    for (int i = 0; i < name.length(); i++) {
      if (!isAllowed(name.charAt(i))) {
        return "Topic name is invalid: '"
            + name
            + "' has characters other than ASCII letters, digits, '.', '_' and '-'";
      }
    }
    return null;
  }

  private static boolean isAllowed(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '-';
  }

  /** Refuses a name that a new topic cannot have beside those that exist. */
  static void checkNew(MetadataImage image, String name) throws Refusal {
    if (image.topic(name) != null) {
      throw new Refusal(Errors.TOPIC_ALREADY_EXISTS, "Topic '" + name + "' already exists.");
    }
    String invalid = invalidBecause(name);
    if (invalid != null) {
      throw new Refusal(Errors.INVALID_TOPIC_EXCEPTION, invalid);
    }
    Set<String> colliding = image.topicsCollidingWith(name);
    if (!colliding.isEmpty()) {
      throw new Refusal(
          Errors.INVALID_TOPIC_EXCEPTION,
          "Topic '"
              + name
              + "' differs from the existing topic '"
              + colliding.iterator().next()
              + "' only in '.' and '_', which metrics cannot tell apart");
    }
  }
}
