package io.millrace.coordinator.group.consumer;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.TopicImage;
import java.util.Collections;
import java.util.Iterator;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Looks for the topics that a regular expression matches, some at a time.
 *
 * <p>Owner: partition loop.
 */
final class RegexScan {
  private final String text;
  private final TopicRegex regex;
  // The topics that are looked at; newer ones are when the result is taken.
  private final ClusterImage seen;
  private final Iterator<TopicImage> left;
  private final SortedSet<String> matched = new TreeSet<>();

  RegexScan(String text, TopicRegex regex, TopicsView topics) {
    this.text = text;
    this.regex = regex;
    this.seen = topics.image();
    this.left = seen.topics().iterator();
  }

  String regex() {
    return text;
  }

  /**
   * Goes on, but not beyond this much work.
   *
   * @return the work that was done
   */
  long advance(long work) {
    long perName = regex.work(1);
    long done = 0;
    while (left.hasNext() && done < work) {
      String name = left.next().name();
      if (regex.matches(name)) {
        matched.add(name);
      }
      done += perName;
    }
    return done;
  }

  boolean isDone() {
    return !left.hasNext();
  }

  /** The result for the topics that there are now. */
  ResolvedRegex result(TopicsView now, long nowMs) {
    for (TopicImage topic : now.image().topics()) {
      if (seen.topic(topic.name()) == null && regex.matches(topic.name())) {
        matched.add(topic.name());
      }
    }
    matched.removeIf(name -> now.id(name) == null);
    return new ResolvedRegex(
        Collections.unmodifiableSortedSet(matched), now.image().offset(), nowMs);
  }
}
