package io.millrace.cli.groups;

import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Failures;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * Topics and partitions as a user names them: {@code orders} or {@code orders:0,2}.
 *
 * @param byTopic the partitions of each topic; empty = all of them
 *     <p>Owner: immutable.
 */
record TopicSelection(Map<String, SortedSet<Integer>> byTopic) {
  static final Comparator<TopicPartition> IN_ORDER =
      Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

  /**
   * Reads the values of {@code --topic}.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  static TopicSelection parse(Collection<String> texts) {
    Map<String, SortedSet<Integer>> byTopic = new TreeMap<>();
    for (String text : texts) {
      int colon = text.indexOf(':');
      String topic = colon < 0 ? text : text.substring(0, colon);
      if (topic.isBlank()) {
        throw new IllegalArgumentException("--topic: '" + text + "' names no topic");
      }
      SortedSet<Integer> partitions = new TreeSet<>();
      if (colon >= 0) {
        for (String number : text.substring(colon + 1).split(",", -1)) {
          if (!number.strip().matches("\\d{1,9}")) {
            throw new IllegalArgumentException(
                "--topic: '" + number + "' in '" + text + "' is no partition");
          }
          partitions.add(Integer.valueOf(number.strip()));
        }
      }
      SortedSet<Integer> before = byTopic.get(topic);
      if (before == null) {
        byTopic.put(topic, partitions);
      } else if (before.isEmpty() || partitions.isEmpty()) {
        before.clear();
      } else {
        before.addAll(partitions);
      }
    }
    return new TopicSelection(byTopic);
  }

  /** Whether it names this partition. */
  boolean has(TopicPartition partition) {
    SortedSet<Integer> partitions = byTopic.get(partition.topic());
    return partitions != null
        && (partitions.isEmpty() || partitions.contains(partition.partition()));
  }

  /**
   * The partitions of the selection that exist.
   *
   * @throws CommandFailure one that is named does not exist
   */
  SortedSet<TopicPartition> resolve(Admin admin) throws InterruptedException {
    SortedSet<TopicPartition> found = new TreeSet<>(IN_ORDER);
    var described = admin.describeTopics(byTopic.keySet()).topicNameValues();
    for (Map.Entry<String, SortedSet<Integer>> wanted : byTopic.entrySet()) {
      String topic = wanted.getKey();
      List<Integer> existing = existing(topic, described.get(topic));
      for (int partition : wanted.getValue().isEmpty() ? existing : wanted.getValue()) {
        if (!existing.contains(partition)) {
          throw new CommandFailure(
              ExitCode.NOT_FOUND, "topic " + topic + " has no partition " + partition);
        }
        found.add(new TopicPartition(topic, partition));
      }
    }
    return found;
  }

  private static List<Integer> existing(String topic, KafkaFuture<TopicDescription> described)
      throws InterruptedException {
    try {
      return described.get().partitions().stream().map(one -> one.partition()).toList();
    } catch (ExecutionException e) {
      throw Failures.about(topic, e);
    }
  }
}
