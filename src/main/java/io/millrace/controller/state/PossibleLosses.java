package io.millrace.controller.state;

import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Tells a person which partitions may have lost acknowledged records by a change.
 *
 * <p>Owner: any thread.
 */
public final class PossibleLosses {
  /** A broker that comes back with an empty disk can concern thousands. */
  private static final int NAMED = 10;

  /** Internal topics have many partitions, and less in them that somebody misses. */
  private static final Comparator<String> USERS_FIRST =
      Comparator.<String, Boolean>comparing(name -> name.startsWith("__"))
          .thenComparing(Comparator.naturalOrder());

  private PossibleLosses() {}

  /** One line about all that the change has marked; empty = it has marked none. */
  public static Optional<String> warning(ImageDelta delta) {
    List<String> marked =
        delta.changedTopics().values().stream()
            .flatMap(topic -> newlyMarked(delta, topic))
            .sorted(USERS_FIRST)
            .toList();
    if (marked.isEmpty()) {
      return Optional.empty();
    }
    int more = marked.size() - NAMED;
    return Optional.of(
        "Acknowledged records may be lost in "
            + marked.size()
            + (marked.size() == 1 ? " partition: " : " partitions: ")
            + String.join(", ", marked.subList(0, Math.min(NAMED, marked.size())))
            + (more > 0 ? " and " + more + " more" : "")
            + ". No replica is left that is known to have all of them: the last one came back with"
            + " another disk, or perhaps without the end of its log, or one from outside the ISR"
            + " was elected. What is left is served");
  }

  private static Stream<String> newlyMarked(ImageDelta delta, TopicImage topic) {
    TopicImage before = delta.before().topic(topic.id());
    return topic.partitions().stream()
        .filter(PartitionImage::possibleLoss)
        .map(PartitionImage::partition)
        .filter(partition -> !wasMarked(before, partition))
        .map(partition -> topic.name() + "-" + partition);
  }

  private static boolean wasMarked(TopicImage before, int partition) {
    return before != null
        && partition < before.partitions().size()
        && before.partition(partition).possibleLoss();
  }
}
