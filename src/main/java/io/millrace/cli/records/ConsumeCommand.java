package io.millrace.cli.records;

import io.millrace.cli.CliContext;
import io.millrace.cli.ClientCommand;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Failures;
import io.millrace.cli.PointInTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code consume}: reads partitions without a consumer group, so it commits nothing and disturbs
 * nobody; with {@code --group} it is a member of one and commits what it has written. Without
 * {@code --follow} it ends where the partitions ended when it began.
 *
 * <p>Owner: the command's thread.
 */
@Command(
    name = "consume",
    description = {
      "Read records of a topic: all partitions, without a consumer group, or as a member of one.",
      "Without --follow: what is there now, from the beginning. With --follow: what comes, from"
          + " the end. Both unless told where to begin.",
      "With --group: from where the group was; what was written is committed, also when SIGINT or"
          + " SIGTERM ends it, and the group is left."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace consume orders",
      "  millrace consume orders --follow --from-beginning",
      "  millrace consume orders --offset -5   (the last 5 of each partition)",
      "  millrace consume orders --timestamp -10m --format json",
      "  millrace consume orders --partition 0,2 -f '{offset}\\t{key}\\t{value}'",
      "  millrace consume orders --group billing --follow --from-beginning",
      "",
      "Placeholders:",
      "  {topic} {partition} {offset} {leader-epoch} {timestamp} {time} {headers}",
      "  {key} {value} {key-size} {value-size}",
      "  {key:hex} {value:hex} {key:base64} {value:base64}"
    })
public final class ConsumeCommand extends ClientCommand {
  enum Isolation {
    READ_UNCOMMITTED,
    READ_COMMITTED
  }

  @Parameters(paramLabel = "TOPIC", description = "What to read.")
  String topic;

  @CommandLine.ArgGroup Begin begin = new Begin();

  /** At most one of these. */
  static final class Begin {
    @Option(names = "--from-beginning", description = "Begin with the first record.")
    boolean beginning;

    @Option(names = "--from-end", description = "Begin with the next record to come.")
    boolean end;

    @Option(
        names = "--offset",
        paramLabel = "N",
        description = "Begin at this offset; -N: N before the end.")
    Long offset;

    @Option(
        names = "--timestamp",
        paramLabel = "TIME",
        description =
            "Begin with the first record not older: milliseconds, ISO-8601, or -10m (s, m, h, d).")
    String timestamp;
  }

  @Option(
      names = {"-p", "--partition"},
      paramLabel = "N",
      split = ",",
      description = "Only these; repeatable. Default: all.")
  List<Integer> partitions = new ArrayList<>();

  @Option(
      names = {"-g", "--group"},
      paramLabel = "GROUP",
      description =
          "Share the topic with the group's other members, and commit. Where the group has"
              + " committed nothing, --from-beginning and --from-end say where to begin.")
  String group;

  @Option(
      names = {"-f", "--format"},
      paramLabel = "FORMAT",
      defaultValue = "{value}",
      description = "json, or a text with placeholders. Default: ${DEFAULT-VALUE}.")
  String format = "{value}";

  @Option(
      names = "--null-text",
      paramLabel = "TEXT",
      defaultValue = "null",
      description = "What a null key or value is written as. Default: ${DEFAULT-VALUE}.")
  String nullText = "null";

  @Option(
      names = {"-F", "--follow"},
      description = "Keep waiting for more.")
  boolean follow;

  @Option(
      names = {"-n", "--max-messages"},
      paramLabel = "N",
      description = "End after so many records.")
  Long maxMessages;

  @Option(
      names = "--idle-timeout",
      paramLabel = "SECONDS",
      description = "With --follow: end when nothing has come for so long.")
  Integer idleTimeoutSeconds;

  @Option(
      names = "--isolation",
      paramLabel = "LEVEL",
      defaultValue = "read_uncommitted",
      description = "read_uncommitted or read_committed. Default: ${DEFAULT-VALUE}.")
  Isolation isolation = Isolation.READ_UNCOMMITTED;

  public ConsumeCommand(CliContext context) {
    super(context);
  }

  @Override
  @SuppressWarnings("try") // closing is all that is done to a waking
  public Integer call() {
    RecordTemplate template;
    StartPosition position;
    try {
      template = RecordTemplate.parse(format, nullText);
      position = startPosition();
    } catch (IllegalArgumentException e) {
      throw usage(e);
    }
    checkGroup();
    broker.checkReachable();
    Map<String, Object> defaults = new HashMap<>();
    defaults.put("enable.auto.commit", false);
    defaults.put("auto.offset.reset", group != null && fromEnd() ? "latest" : "earliest");
    defaults.put("allow.auto.create.topics", false);
    defaults.put("isolation.level", isolation.name().toLowerCase(Locale.ROOT));
    if (group != null) {
      defaults.put("group.id", group);
    }
    try (Consumer<byte[], byte[]> consumer = context.clients().consumer(broker.settings(defaults));
        var waking = context.interruption().wakeBy(consumer::wakeup)) {
      if (group != null) {
        assignment(consumer);
        new GroupReading(consumer, context.terminal(), template, end()).read(topic);
        return ExitCode.OK;
      }
      List<TopicPartition> assignment = assignment(consumer);
      consumer.assign(assignment);
      Map<TopicPartition, Long> starts = consumer.beginningOffsets(assignment);
      Map<TopicPartition, Long> ends = consumer.endOffsets(assignment);
      noteIfBeyond(ends);
      position.resolve(consumer, starts, ends).forEach(consumer::seek);
      new Reading(consumer, context.terminal(), template, end(), ends).read();
    } catch (WakeupException e) {
      // A signal, which decides on the exit code; nothing was held.
      return ExitCode.OK;
    }
    return ExitCode.OK;
  }

  private void checkGroup() {
    if (group == null) {
      return;
    }
    if (group.isBlank()) {
      throw usage("--group: give it an id");
    }
    if (!partitions.isEmpty() || begin.offset != null || begin.timestamp != null) {
      throw usage(
          "with --group the group decides on partitions and offsets: not with --partition, --offset"
              + " or --timestamp");
    }
  }

  private boolean fromEnd() {
    return begin.end || (follow && !begin.beginning);
  }

  private Reading.End end() {
    return new Reading.End(
        follow,
        maxMessages == null ? Long.MAX_VALUE : maxMessages,
        idleTimeoutSeconds == null ? null : Duration.ofSeconds(idleTimeoutSeconds),
        Duration.ofMillis(broker.timeoutMs()));
  }

  private StartPosition startPosition() {
    if (begin.offset != null) {
      return StartPosition.offset(begin.offset);
    }
    if (begin.timestamp != null) {
      return StartPosition.timestamp(PointInTime.parseMs(begin.timestamp, Instant.now()));
    }
    return fromEnd() ? StartPosition.end() : StartPosition.beginning();
  }

  /** An offset that does not exist yet is likely a mistake, and silence would not tell. */
  private void noteIfBeyond(Map<TopicPartition, Long> ends) {
    if (begin.offset == null) {
      return;
    }
    String beyond =
        ends.entrySet().stream()
            .filter(end -> begin.offset > end.getValue())
            .sorted(Comparator.comparingInt(end -> end.getKey().partition()))
            .map(end -> topic + ":" + end.getKey().partition() + " (" + end.getValue() + ")")
            .collect(Collectors.joining(", "));
    if (!beyond.isEmpty()) {
      context.terminal().note("Offset " + begin.offset + " is beyond the end of " + beyond + ".");
    }
  }

  private List<TopicPartition> assignment(Consumer<byte[], byte[]> consumer) {
    List<PartitionInfo> known = consumer.partitionsFor(topic);
    if (known == null || known.isEmpty()) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "no such topic: " + topic);
    }
    var existing = new TreeSet<Integer>();
    known.forEach(partition -> existing.add(partition.partition()));
    for (int wanted : partitions) {
      if (!existing.contains(wanted)) {
        throw Failures.noPartition(topic, wanted, existing.last());
      }
    }
    return (partitions.isEmpty() ? existing : new TreeSet<>(partitions))
        .stream().map(partition -> new TopicPartition(topic, partition)).toList();
  }
}
