package io.millrace.coordinator.group.consumer;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.millrace.model.RegexSize;
import org.apache.kafka.common.protocol.Errors;

/**
 * A regular expression over names of topics. RE2 matches in linear time whatever it is given.
 *
 * <p>Owner: immutable.
 */
final class TopicRegex {
  /** Work, in matches times {@link RegexSize}, that one turn of the loop may do. */
  static final int WORK_PER_TURN = 100_000;

  /** A larger one would make a single match long, and to compile it as well. */
  private static final int MAX_SIZE = 4_096;

  private final Pattern pattern;
  private final int size;

  private TopicRegex(Pattern pattern, int size) {
    this.pattern = pattern;
    this.size = size;
  }

  /** Compiles what a member sent. */
  static TopicRegex of(String regex) throws Refusal {
    long size = Math.max(regex.length(), RegexSize.of(regex));
    if (size > MAX_SIZE) {
      throw new Refusal(
          Errors.INVALID_REGULAR_EXPRESSION,
          "SubscribedTopicRegex has more than "
              + MAX_SIZE
              + " characters, repetitions written out.");
    }
    try {
      return new TopicRegex(Pattern.compile(regex), (int) size);
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
  long work(int names) {
    return (long) size * names;
  }
}
