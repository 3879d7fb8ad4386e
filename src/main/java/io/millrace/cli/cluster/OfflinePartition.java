package io.millrace.cli.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;

/**
 * A partition without a leader, and whom it waits for.
 *
 * @param complete nodes that have every acknowledged record: ISR and last ISR
 * @param maybeCut nodes whose logs may have lost their ends, all of which are to report
 *     <p>Owner: immutable.
 */
record OfflinePartition(
    String topic, int partition, List<Integer> complete, List<Integer> maybeCut) {
  static OfflinePartition of(String topic, TopicPartitionInfo partition) {
    List<Integer> cut = ids(partition.lastKnownElr());
    List<Integer> complete = ids(partition.isr());
    complete.addAll(ids(partition.elr()));
    // The last member of the ISR is one of those.
    complete.removeAll(cut);
    return new OfflinePartition(topic, partition.partition(), complete, cut);
  }

  /** Older brokers tell nothing of some. */
  private static List<Integer> ids(List<Node> nodes) {
    return nodes == null
        ? new ArrayList<>()
        : nodes.stream().map(Node::id).collect(Collectors.toCollection(ArrayList::new));
  }

  String line() {
    String name = "OFFLINE " + topic + "-" + partition + ": ";
    if (!complete.isEmpty()) {
      return name + "start " + nodes(complete, " or ") + ", which has every acknowledged record";
    }
    return name
        + "all in-sync replicas lost their power or disk; waits until "
        + nodes(maybeCut, " and ")
        + " have said how far their logs reach";
  }

  private static String nodes(List<Integer> ids, String between) {
    return (ids.size() == 1 ? "node " : "nodes ")
        + ids.stream().map(String::valueOf).collect(Collectors.joining(between));
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topic", topic);
    json.put("partition", partition);
    json.put("complete", complete);
    json.put("maybeCut", maybeCut);
    return json;
  }
}
