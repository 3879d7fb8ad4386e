package io.millrace.cli.disks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * Where the logs of a directory go: the largest first, each to the directory that then has the most
 * space left.
 *
 * <p>Owner: immutable.
 */
final class DiskDrainPlan {
  private DiskDrainPlan() {}

  /**
   * The plan; a log for which there is space nowhere is left out.
   *
   * @param logs bytes by partition
   * @param usable bytes by path of the directories that may take them
   */
  static Map<TopicPartition, String> of(Map<TopicPartition, Long> logs, Map<String, Long> usable) {
    Map<String, Long> left = new HashMap<>(usable);
    List<Map.Entry<TopicPartition, Long>> ordered = new ArrayList<>(logs.entrySet());
    ordered.sort(
        Comparator.comparing((Map.Entry<TopicPartition, Long> log) -> -log.getValue())
            .thenComparing(log -> log.getKey().toString()));
    Map<TopicPartition, String> plan = new LinkedHashMap<>();
    for (Map.Entry<TopicPartition, Long> log : ordered) {
      String best =
          left.entrySet().stream()
              .max(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry::getKey))
              .map(Map.Entry::getKey)
              .orElse(null);
      if (best != null && left.get(best) >= log.getValue()) {
        left.merge(best, -log.getValue(), Long::sum);
        plan.put(log.getKey(), best);
      }
    }
    return plan;
  }
}
