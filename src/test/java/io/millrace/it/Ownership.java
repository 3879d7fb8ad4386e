package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * Who owned which partition of a group in which generation, as its members saw it.
 *
 * <p>Invariant: in one generation a partition has one owner.
 *
 * <p>Owner: any thread.
 */
final class Ownership {
  private final Map<Integer, Map<TopicPartition, String>> owners = new HashMap<>();
  private final List<String> violations = new ArrayList<>();

  /** A member has learned its partitions in a generation. */
  synchronized void claim(int generation, String member, Collection<TopicPartition> partitions) {
    Map<TopicPartition, String> of = owners.computeIfAbsent(generation, g -> new HashMap<>());
    for (TopicPartition partition : partitions) {
      String other = of.putIfAbsent(partition, member);
      if (other != null && !other.equals(member)) {
        violations.add(
            partition + " in generation " + generation + " of " + other + " and of " + member);
      }
    }
  }

  /** Fails unless there were claims and none contradicts another. */
  synchronized void assertSingle() {
    assertThat(violations).as("partitions owned twice").isEmpty();
    assertThat(owners).as("generations").isNotEmpty();
  }
}
