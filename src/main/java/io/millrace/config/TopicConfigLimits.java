package io.millrace.config;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The values of topics' settings that users may choose, of {@code topic.config.limits}.
 *
 * <p>Owner: immutable.
 */
public final class TopicConfigLimits {
  /** Of these, -1 means: as much as there is. */
  private static final Set<String> ENDLESS =
      Set.of(TopicKeys.RETENTION_MS.name(), TopicKeys.RETENTION_BYTES.name());

  private static final BigDecimal MINUS_ONE = BigDecimal.valueOf(-1);

  /**
   * What is allowed of one key: numbers within bounds, or words.
   *
   * @param key whose values they are
   * @param min inclusive; null = none
   * @param max inclusive; null = none
   * @param words null = it is a number
   */
  private record Limit(
      ConfigKey<?> key, String text, BigDecimal min, BigDecimal max, Set<String> words) {}

  private final Map<String, Limit> limits = new HashMap<>();

  /**
   * Reads the entries of the setting.
   *
   * @throws IllegalArgumentException naming the entry that makes no sense
   */
  public TopicConfigLimits(List<String> entries) {
    for (String entry : entries) {
      int equals = entry.indexOf('=');
      String name = equals < 0 ? entry : entry.substring(0, equals).trim();
      ConfigKey<?> key = TopicKeys.find(name);
      if (equals < 0 || key == null) {
        throw new IllegalArgumentException(entry + " names no setting of topics");
      }
      if (limits.put(name, limit(key, entry.substring(equals + 1).trim())) != null) {
        throw new IllegalArgumentException(name + " is there twice");
      }
    }
  }

  static boolean isValid(List<String> entries) {
    try {
      return new TopicConfigLimits(entries) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Limit limit(ConfigKey<?> key, String text) {
    return switch (key.type()) {
      case INT, SHORT, LONG, DOUBLE -> {
        int dots = text.indexOf("..");
        if (dots < 0) {
          throw new IllegalArgumentException(text + " is no range MIN..MAX");
        }
        BigDecimal min = bound(text.substring(0, dots));
        BigDecimal max = bound(text.substring(dots + 2));
        if ((min == null && max == null)
            || (min != null && max != null && min.compareTo(max) > 0)) {
          throw new IllegalArgumentException(text + " is no range MIN..MAX");
        }
        yield new Limit(key, text, min, max, null);
      }
      default -> new Limit(key, text, null, null, Set.of(text.split("\\|", -1)));
    };
  }

  private static BigDecimal bound(String text) {
    return text.isBlank() ? null : new BigDecimal(text.trim());
  }

  /**
   * Why a user may not set a value that is valid otherwise, naming the limit; empty = nothing
   * against it.
   */
  public Optional<String> refusal(String key, String value) {
    Limit limit = limits.get(key);
    if (limit == null || isWithin(limit, value)) {
      return Optional.empty();
    }
    return Optional.of(
        key
            + "="
            + value
            + " is not within "
            + limit.text
            + ", as "
            + TopicLimitKeys.TOPIC_CONFIG_LIMITS.name()
            + " of this cluster wants it");
  }

  private static boolean isWithin(Limit limit, String value) {
    if (limit.words != null) {
      for (String word : value.split(",", -1)) {
        if (!limit.words.contains(word.trim())) {
          return false;
        }
      }
      return true;
    }
    BigDecimal number;
    try {
      // As the key reads it: 0.9d is a number, too.
      number = new BigDecimal(limit.key.parse(value).toString());
    } catch (IllegalArgumentException e) {
      // Whoever checks values refuses it.
      return true;
    }
    if (number.compareTo(MINUS_ONE) == 0 && ENDLESS.contains(limit.key.name())) {
      return limit.max == null;
    }
    return (limit.min == null || number.compareTo(limit.min) >= 0)
        && (limit.max == null || number.compareTo(limit.max) <= 0);
  }
}
