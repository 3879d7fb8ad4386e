package io.millrace.cli.groups;

import io.millrace.cli.Terminal;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberAssignment;
import org.apache.kafka.clients.admin.MemberDescription;

/**
 * Shows the members of a group, by client and id.
 *
 * <p>Owner: the command's thread.
 */
final class GroupMembersTable {
  private GroupMembersTable() {}

  /**
   * As a table.
   *
   * @param targets also their epochs and what they are to have (KIP-848)
   */
  static void print(Terminal terminal, ConsumerGroupDescription group, boolean targets) {
    List<String> titles =
        new ArrayList<>(List.of("MEMBER", "INSTANCE", "CLIENT", "HOST", "PARTITIONS"));
    if (targets) {
      titles.addAll(List.of("EPOCH", "TARGET"));
    }
    var table = new TextTable(terminal, titles.toArray(String[]::new));
    for (MemberDescription member : inOrder(group)) {
      List<Object> row =
          new ArrayList<>(
              List.of(
                  member.consumerId(),
                  member.groupInstanceId().orElse("-"),
                  member.clientId(),
                  member.host(),
                  text(member.assignment())));
      if (targets) {
        row.add(member.memberEpoch().map(String::valueOf).orElse("-"));
        row.add(member.targetAssignment().map(GroupMembersTable::text).orElse("-"));
      }
      table.row(row.toArray());
    }
    table.print("  ");
  }

  /** As values to be written as JSON; null = the group's protocol does not know it. */
  static List<Object> json(ConsumerGroupDescription group) {
    List<Object> members = new ArrayList<>();
    for (MemberDescription member : inOrder(group)) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("member", member.consumerId());
      each.put("instance", member.groupInstanceId().orElse(null));
      each.put("client", member.clientId());
      each.put("host", member.host());
      each.put("epoch", member.memberEpoch().orElse(null));
      each.put("assignment", byTopic(member.assignment()));
      each.put(
          "targetAssignment",
          member.targetAssignment().map(GroupMembersTable::byTopic).orElse(null));
      members.add(each);
    }
    return members;
  }

  private static List<MemberDescription> inOrder(ConsumerGroupDescription group) {
    return group.members().stream()
        .sorted(
            Comparator.comparing(MemberDescription::clientId)
                .thenComparing(MemberDescription::consumerId))
        .toList();
  }

  /** As {@code orders:0,2 payments:1}. */
  private static String text(MemberAssignment assignment) {
    String text =
        byTopic(assignment).entrySet().stream()
            .map(
                topic ->
                    topic.getKey()
                        + ":"
                        + topic.getValue().stream()
                            .map(String::valueOf)
                            .collect(Collectors.joining(",")))
            .collect(Collectors.joining(" "));
    return text.isEmpty() ? "-" : text;
  }

  private static SortedMap<String, List<Integer>> byTopic(MemberAssignment assignment) {
    SortedMap<String, List<Integer>> byTopic = new TreeMap<>();
    assignment
        .topicPartitions()
        .forEach(
            partition ->
                byTopic
                    .computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                    .add(partition.partition()));
    byTopic.values().forEach(Collections::sort);
    return byTopic;
  }
}
