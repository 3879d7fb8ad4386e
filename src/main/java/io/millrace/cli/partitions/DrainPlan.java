package io.millrace.cli.partitions;

import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Who gets the replicas of a broker: of the others, first one whose rack has no replica of the
 * partition yet, then who has the fewest replicas, then who has the fewest first ones. The new
 * replica takes the place of the old one in the order of preference, so that leaders stay as evenly
 * spread as they were.
 *
 * <p>Owner: the command's thread; for one broker.
 */
final class DrainPlan {
  private final int drained;
  private final Map<Integer, String> racks;
  private final Map<Integer, Integer> replicas = new HashMap<>();
  private final Map<Integer, Integer> leaders = new HashMap<>();

  private DrainPlan(int drained, Map<Integer, String> racks) {
    this.drained = drained;
    this.racks = new HashMap<>(racks);
    this.racks.remove(drained);
  }

  /**
   * What to change, so that a broker has no replicas.
   *
   * @param racks the brokers that may have replicas, with their racks; null = none
   * @param partitions the replicas of all partitions
   * @throws CommandFailure when there are too few other brokers
   */
  static Map<TopicPartition, List<Integer>> of(
      int drained, Map<Integer, String> racks, Map<TopicPartition, List<Integer>> partitions) {
    DrainPlan plan = new DrainPlan(drained, racks);
    partitions.values().forEach(plan::count);
    Map<TopicPartition, List<Integer>> changes = new LinkedHashMap<>();
    partitions.entrySet().stream()
        .filter(partition -> partition.getValue().contains(drained))
        .sorted(
            Comparator.comparing(
                    (Map.Entry<TopicPartition, List<Integer>> one) -> one.getKey().topic())
                .thenComparing(one -> one.getKey().partition()))
        .forEach(
            partition ->
                changes.put(
                    partition.getKey(), plan.replace(partition.getKey(), partition.getValue())));
    return changes;
  }

  private void count(List<Integer> brokers) {
    brokers.forEach(broker -> replicas.merge(broker, 1, Integer::sum));
    leaders.merge(brokers.get(0), 1, Integer::sum);
  }

  private List<Integer> replace(TopicPartition partition, List<Integer> brokers) {
    Set<String> used = new HashSet<>();
    for (int broker : brokers) {
      if (broker != drained && racks.get(broker) != null) {
        used.add(racks.get(broker));
      }
    }
    int at = brokers.indexOf(drained);
    int successor =
        racks.keySet().stream()
            .filter(broker -> !brokers.contains(broker))
            .min(
                Comparator.comparing((Integer broker) -> used.contains(racks.get(broker)))
                    .thenComparing(broker -> replicas.getOrDefault(broker, 0))
                    .thenComparing(broker -> at == 0 ? leaders.getOrDefault(broker, 0) : 0)
                    .thenComparing(broker -> broker))
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.FAILED,
                        partition
                            + " has "
                            + brokers.size()
                            + " replicas, and no broker that serves is left for that of broker "
                            + drained
                            + ": add a broker, or give the partition fewer replicas first"
                            + " (millrace partitions move)"));
    replicas.merge(successor, 1, Integer::sum);
    if (at == 0) {
      leaders.merge(successor, 1, Integer::sum);
    }
    List<Integer> changed = new ArrayList<>(brokers);
    changed.set(at, successor);
    return changed;
  }
}
