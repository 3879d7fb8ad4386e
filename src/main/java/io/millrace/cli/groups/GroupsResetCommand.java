package io.millrace.cli.groups;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.PartitionOffsets;
import io.millrace.cli.PointInTime;
import io.millrace.cli.TextTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code groups reset}: shows where a group would go on and, if told, moves it there.
 *
 * <p>Owner: the command's thread.
 */
@Command(
    name = "reset",
    description = {
      "Move the committed offsets of a group that has no members.",
      "Without --execute it only shows what it would do."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace groups reset billing --topic orders --to-earliest",
      "  millrace groups reset billing --topic orders --to-earliest --execute",
      "  millrace groups reset billing --topic orders:0,2 --shift -100 --execute",
      "  millrace groups reset billing --all-topics --to-time -2h --execute",
      "  millrace groups reset billing --all-topics --to-time 2026-01-31T12:00:00Z"
    })
public final class GroupsResetCommand extends AdminCommand {
  @Parameters(paramLabel = "GROUP", description = "Id; one that does not exist is created.")
  String group;

  @CommandLine.ArgGroup(multiplicity = "1")
  Scope scope;

  /** Exactly one of these. */
  static final class Scope {
    @Option(
        names = {"-t", "--topic"},
        paramLabel = "TOPIC[:P,…]",
        description = "A topic, or some of its partitions; repeatable.")
    List<String> topics;

    @Option(names = "--all-topics", description = "Everything that the group has committed.")
    boolean all;
  }

  @CommandLine.ArgGroup(multiplicity = "1")
  Target target;

  /** Exactly one of these. */
  static final class Target {
    @Option(names = "--to-earliest", description = "To the first record.")
    boolean earliest;

    @Option(names = "--to-latest", description = "To the end.")
    boolean latest;

    @Option(
        names = "--to-time",
        paramLabel = "TIME",
        description =
            "To the first record not older: milliseconds, ISO-8601, or -10m (s, m, h, d).")
    String time;

    @Option(names = "--shift", paramLabel = "N", description = "Forward; -N: back.")
    Long shift;

    @Option(names = "--to-offset", paramLabel = "N", description = "To this offset.")
    Long offset;

    @Option(
        names = "--to-current",
        description = "To where it is; the end where nothing is committed.")
    boolean current;

    ResetRule rule(Instant now) {
      if (time != null) {
        return new ResetRule.ToTime(PointInTime.parseMs(time, now));
      }
      if (shift != null) {
        return new ResetRule.Shift(shift);
      }
      if (offset != null) {
        return new ResetRule.ToOffset(offset);
      }
      if (current) {
        return new ResetRule.ToCurrent();
      }
      return earliest ? new ResetRule.ToEarliest() : new ResetRule.ToLatest();
    }
  }

  @CommandLine.ArgGroup Mode mode = new Mode();

  /** At most one of these. */
  static final class Mode {
    @Option(names = "--dry-run", description = "Only show what would be done: the default.")
    boolean dryRun;

    @Option(names = "--execute", description = "Do it.")
    boolean execute;
  }

  @Mixin OutputOptions output;

  /** What becomes of one partition; {@code before} null = nothing was committed. */
  private record Move(TopicPartition partition, Long before, long after) {}

  /** Null = everything that the group has committed. */
  private TopicSelection selection;

  private ResetRule rule;

  public GroupsResetCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    try {
      selection = scope.all ? null : TopicSelection.parse(scope.topics);
      rule = target.rule(Instant.now());
    } catch (IllegalArgumentException e) {
      throw usage(e);
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    checkNobodyIsThere(admin);
    List<Move> moves = plan(admin);
    List<CommandFailure> failures = mode.execute ? execute(admin, moves) : List.of();
    show(moves);
    CommandFailure.throwFirst(failures);
  }

  /** A member would go on where it is, and commit that. */
  private void checkNobodyIsThere(Admin admin) throws InterruptedException, ExecutionException {
    try {
      int members =
          admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().size();
      if (members > 0) {
        throw new CommandFailure(
            ExitCode.FAILED,
            "group "
                + group
                + " has "
                + members
                + (members == 1 ? " member" : " members")
                + "; its offsets can be reset when all have left");
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof GroupIdNotFoundException)) {
        throw e;
      }
    }
  }

  private List<Move> plan(Admin admin) throws InterruptedException, ExecutionException {
    PartitionOffsets offsets = new PartitionOffsets(admin);
    Map<TopicPartition, OffsetAndMetadata> committed = new GroupOffsets(admin).committed(group);
    Collection<TopicPartition> partitions =
        selection == null ? committed.keySet() : selection.resolve(admin);
    if (partitions.isEmpty()) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "group " + group + " has committed nothing");
    }
    Map<TopicPartition, Long> starts = offsets.all(partitions, OffsetSpec.earliest());
    Map<TopicPartition, Long> ends = offsets.all(partitions, OffsetSpec.latest());
    Map<TopicPartition, Long> times =
        rule instanceof ResetRule.ToTime time ? offsets.all(partitions, time.spec()) : Map.of();
    List<Move> moves = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      OffsetAndMetadata before = committed.get(partition);
      Long current = before == null ? null : Long.valueOf(before.offset());
      try {
        long after =
            rule.target(
                new ResetRule.Facts(
                    current,
                    starts.get(partition),
                    ends.get(partition),
                    times.getOrDefault(partition, -1L)));
        moves.add(new Move(partition, current, after));
      } catch (IllegalArgumentException e) {
        throw new CommandFailure(ExitCode.FAILED, partition + ": " + e.getMessage(), e);
      }
    }
    return moves;
  }

  private List<CommandFailure> execute(Admin admin, List<Move> moves) throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> wanted = new HashMap<>();
    moves.forEach(move -> wanted.put(move.partition, new OffsetAndMetadata(move.after)));
    AlterConsumerGroupOffsetsResult answer = admin.alterConsumerGroupOffsets(group, wanted);
    Set<TopicPartition> moved = new HashSet<>();
    List<CommandFailure> failures =
        tryEach(
            moves.stream().map(Move::partition).toList(),
            partition -> {
              answer.partitionResult(partition).get();
              moved.add(partition);
            });
    moves.removeIf(move -> !moved.contains(move.partition));
    return failures;
  }

  private void show(List<Move> moves) {
    if (output.json()) {
      printJson(moves, this::json);
      return;
    }
    var table = new TextTable(context.terminal(), "TOPIC", "PARTITION", "FROM", "TO");
    moves.forEach(
        move ->
            table.row(
                move.partition.topic(),
                move.partition.partition(),
                move.before == null ? "-" : move.before,
                move.after));
    table.print("");
    if (!mode.execute) {
      context.terminal().note("Nothing was changed; --execute does it.");
    }
  }

  private Map<String, Object> json(Move move) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("group", group);
    json.put("topic", move.partition.topic());
    json.put("partition", move.partition.partition());
    json.put("from", move.before);
    json.put("to", move.after);
    json.put("executed", mode.execute);
    return json;
  }
}
