package io.millrace.coordinator.group.consumer;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import org.apache.kafka.common.protocol.Errors;

/**
 * A regular expression over names of topics. RE2 matches in linear time whatever it is given.
 *
 * <p>Owner: immutable.
 */
final class TopicRegex {
  /** Work, in matches times characters of the expression, that one turn of the loop may do. */
  static final int WORK_PER_TURN = 100_000;

  /** A longer one would make a single match long. */
  private static final int MAX_LENGTH = 4_096;

  private final Pattern pattern;

  private TopicRegex(Pattern pattern) {
    this.pattern = pattern;
  }

  /** Compiles what a member sent. */
  static TopicRegex of(String regex) throws Refusal {
    if (regex.length() > MAX_LENGTH) {
      throw new Refusal(
          Errors.INVALID_REGULAR_EXPRESSION,
          "SubscribedTopicRegex has more than " + MAX_LENGTH + " characters.");
    }
    try {
      return new TopicRegex(Pattern.compile(regex));
    } catch (PatternSyntaxException e) {
      throw new Refusal(
          Errors.INVALID_REGULAR_EXPRESSION,
          "SubscribedTopicRegex `"
              + regex
              + "` is not a valid regular expression: "
              + e.getDescription()
              + ".");
    }
  }

  /** Whether the whole name matches. */
  boolean matches(String topic) {
    return pattern.matcher(topic).matches();
  }

  /** What matching this many names costs. */
  static long work(String regex, int names) {
    return (long) regex.length() * names;
  }
}
