package io.millrace.cli.disks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.common.TopicPartition;

/**
 * Where the logs of a directory go: the largest first, each to the directory that then has the most
 * space left. Logs that are on their way already are left alone, since a move that is asked for
 * with another goal begins anew.
 *
 * @param moves to be begun
 * @param underWay logs that move to a directory which may take them
 * @param homeless logs for which there is space nowhere
 *     <p>Owner: immutable.
 */
record DiskDrainPlan(
    Map<TopicPartition, String> moves, Set<TopicPartition> underWay, Set<TopicPartition> homeless) {

  /**
   * The plan for what is in a directory now.
   *
   * @param dirs all directories of the broker by path
   */
  static DiskDrainPlan of(String drained, Map<String, LogDirDescription> dirs) {
    Map<TopicPartition, Long> logs = new HashMap<>();
    BrokerDisks.present(dirs.get(drained)).forEach((id, info) -> logs.put(id, info.size()));
    Map<String, Long> usable = usable(drained, dirs);
    Set<TopicPartition> underWay = new HashSet<>();
    usable.replaceAll(
        (path, bytes) -> {
          long left = bytes;
          for (var arriving : BrokerDisks.arriving(dirs.get(path)).entrySet()) {
            Long size = logs.remove(arriving.getKey());
            if (size != null) {
              underWay.add(arriving.getKey());
              left -= Math.max(0, size - arriving.getValue().size());
            }
          }
          return left;
        });
    Map<TopicPartition, String> moves = spread(logs, usable);
    Set<TopicPartition> homeless = new HashSet<>(logs.keySet());
    homeless.removeAll(moves.keySet());
    return new DiskDrainPlan(moves, underWay, homeless);
  }

  /** Bytes by path of the directories that may take logs. */
  private static Map<String, Long> usable(String drained, Map<String, LogDirDescription> dirs) {
    Map<String, Long> usable = new HashMap<>();
    dirs.forEach(
        (path, dir) -> {
          if (dir.error() == null && !dir.isCordoned() && !path.equals(drained)) {
            usable.put(path, dir.usableBytes().orElse(Long.MAX_VALUE));
          }
        });
    return usable;
  }

  /**
   * A directory for each log; one for which there is space nowhere is left out.
   *
   * @param logs bytes by partition
   * @param usable bytes by path of the directories that may take them
   */
  static Map<TopicPartition, String> spread(
      Map<TopicPartition, Long> logs, Map<String, Long> usable) {
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

  /** All logs that leave the directory. */
  Set<TopicPartition> leaving() {
    Set<TopicPartition> leaving = new HashSet<>(underWay);
    leaving.addAll(moves.keySet());
    return leaving;
  }
}
