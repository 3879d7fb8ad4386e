package io.millrace.cli.groups;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.PartitionOffsets;
import io.millrace.cli.TextTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code groups describe}: members, offsets and lag, in records and in seconds. For the seconds it
 * reads one record of each partition, without being a member.
 *
 * <p>Owner: the command's thread.
 */
@Command(
    name = "describe",
    description = {
      "Show members, committed offsets and lag of groups.",
      "LAG is in records; BEHIND is the age of the oldest record that the group has not read.",
      "Of the last rebalances a Millrace node tells at /api/v1/groups/GROUP; other brokers keep"
          + " none."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace groups describe billing",
      "  millrace groups describe billing --members",
      "  millrace groups describe billing --no-read   (no record is read: no BEHIND)",
      "  millrace groups describe billing --output json | jq '.[].lag'"
    })
public final class GroupsDescribeCommand extends AdminCommand {
  private static final Duration LONGEST_READING = Duration.ofSeconds(5);

  @Parameters(arity = "1..*", paramLabel = "GROUP", description = "Ids.")
  List<String> groups;

  @Option(names = "--no-read", description = "Read no records, which the lag in seconds takes.")
  boolean noRead;

  @Option(
      names = "--members",
      description =
          "Only the members: with their epochs and what they are to have, which groups of the"
              + " consumer protocol know.")
  boolean membersOnly;

  @Mixin OutputOptions output;

  public GroupsDescribeCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException {
    List<DescribedGroup> described = new ArrayList<>();
    var answers = admin.describeConsumerGroups(groups).describedGroups();
    List<CommandFailure> failures =
        tryEach(groups, group -> described.add(describe(admin, answers.get(group).get())));
    if (output.json()) {
      printJson(described, this::json);
    } else {
      described.forEach(this::print);
    }
    CommandFailure.throwFirst(failures);
  }

  private DescribedGroup describe(Admin admin, ConsumerGroupDescription group)
      throws InterruptedException, ExecutionException {
    if (membersOnly) {
      return new DescribedGroup(group, Collections.emptySortedMap(), Map.of(), Map.of());
    }
    PartitionOffsets offsets = new PartitionOffsets(admin);
    var committed = new GroupOffsets(admin).committed(group.groupId());
    var ends =
        offsets.answering(
            DescribedGroup.partitions(group, committed.keySet()), OffsetSpec.latest());
    DescribedGroup described = new DescribedGroup(group, committed, ends, Map.of());
    Map<TopicPartition, Long> unread = new HashMap<>();
    if (!noRead) {
      Map<TopicPartition, Long> starts =
          offsets.answering(committed.keySet(), OffsetSpec.earliest());
      committed.forEach(
          (partition, offset) -> {
            Long lag = described.lag(partition);
            long from = Math.max(offset.offset(), starts.getOrDefault(partition, 0L));
            // Between start and end nothing may be left to read.
            if (lag != null && lag > 0 && from < ends.get(partition)) {
              unread.put(partition, from);
            }
          });
    }
    return unread.isEmpty()
        ? described
        : new DescribedGroup(group, committed, ends, behind(unread));
  }

  private Map<TopicPartition, Long> behind(Map<TopicPartition, Long> unread) {
    Duration patience = Duration.ofMillis(broker.timeoutMs());
    Map<TopicPartition, Long> behind = new HashMap<>();
    try (Consumer<byte[], byte[]> consumer =
        context.clients().consumer(broker.settings(OldestUnread.SETTINGS))) {
      Map<TopicPartition, Long> timestamps =
          OldestUnread.timestamps(
              consumer,
              unread,
              patience.compareTo(LONGEST_READING) < 0 ? patience : LONGEST_READING);
      long nowMs = System.currentTimeMillis();
      timestamps.forEach(
          (partition, timestampMs) -> {
            if (timestampMs >= 0) {
              behind.put(partition, Math.max(0, nowMs - timestampMs));
            }
          });
    }
    return behind;
  }

  private void print(DescribedGroup of) {
    var terminal = context.terminal();
    ConsumerGroupDescription group = of.group();
    int members = group.members().size();
    Long lag = of.totalLag();
    String assignor =
        group.partitionAssignor().isEmpty() ? "" : ", assignor " + group.partitionAssignor();
    terminal
        .out()
        .println(
            terminal.bold(group.groupId())
                + "  "
                + group.groupState()
                + ", "
                + group.type().toString().toLowerCase(Locale.ROOT)
                + assignor
                + ", "
                + members
                + (members == 1 ? " member" : " members")
                + (lag == null ? "" : ", lag " + lag)
                + (of.longestBehind() == null ? "" : ", behind " + seconds(of.longestBehind())));
    if (members > 0) {
      GroupMembersTable.print(terminal, group, membersOnly);
    }
    if (membersOnly || of.partitions().isEmpty()) {
      return;
    }
    var table =
        new TextTable(
            terminal, "TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "BEHIND", "CLIENT");
    for (TopicPartition partition : of.partitions()) {
      OffsetAndMetadata committed = of.committed().get(partition);
      MemberDescription owner = of.owner(partition);
      table.row(
          partition.topic(),
          partition.partition(),
          orDash(committed == null ? null : committed.offset()),
          orDash(of.ends().get(partition)),
          orDash(of.lag(partition)),
          of.behind(partition) == null ? "-" : seconds(of.behind(partition)),
          owner == null ? "-" : owner.clientId());
    }
    table.print("  ");
  }

  private Map<String, Object> json(DescribedGroup of) {
    ConsumerGroupDescription group = of.group();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("group", group.groupId());
    json.put("type", group.type().toString());
    json.put("state", group.groupState().toString());
    json.put("assignor", group.partitionAssignor());
    json.put("members", GroupMembersTable.json(group));
    if (membersOnly) {
      return json;
    }
    json.put("lag", of.totalLag());
    json.put("behindSeconds", inSeconds(of.longestBehind()));
    List<Object> partitions = new ArrayList<>();
    for (TopicPartition partition : of.partitions()) {
      OffsetAndMetadata committed = of.committed().get(partition);
      MemberDescription owner = of.owner(partition);
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("topic", partition.topic());
      each.put("partition", partition.partition());
      each.put("committedOffset", committed == null ? null : committed.offset());
      each.put("metadata", committed == null ? null : committed.metadata());
      each.put("endOffset", of.ends().get(partition));
      each.put("lag", of.lag(partition));
      each.put("behindSeconds", inSeconds(of.behind(partition)));
      each.put("member", owner == null ? null : owner.consumerId());
      partitions.add(each);
    }
    json.put("partitions", partitions);
    return json;
  }

  private static Double inSeconds(Long ms) {
    return ms == null ? null : Double.valueOf(ms / 1e3);
  }

  private static String seconds(long ms) {
    return String.format(Locale.ROOT, "%.1f s", ms / 1e3);
  }

  private static String orDash(Long figure) {
    return figure == null ? "-" : figure.toString();
  }
}
