package io.millrace.cli.partitions;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code partitions drain}. */
@Command(
    name = "drain",
    description = {
      "Move all replicas of a broker to the others, evenly and over all racks.",
      "After that it can be stopped and unregistered (millrace cluster unregister)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace partitions drain 1",
      "  millrace partitions drain 1 --throttle 20000000 -o json",
      "  millrace partitions drain 1 --dry-run > plan.json"
    })
public final class PartitionsDrainCommand extends AdminCommand {
  /** Topics may be created on the broker meanwhile, but not for ever. */
  private static final int MAX_ROUNDS = 5;

  @Parameters(paramLabel = "BROKER", description = "Node id of the broker.")
  int drained;

  @Option(
      names = "--dry-run",
      description = "Only print the plan, as JSON for: millrace partitions move --file.")
  boolean dryRun;

  @Mixin WaitOptions wait;
  @Mixin ThrottleOption throttle;
  @Mixin OutputOptions output;

  public PartitionsDrainCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    long unused = wait.ms();
    throttle.check(wait);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    Moves moves = new Moves(admin, context.terminal(), throttle.with(admin, context.terminal()));
    Map<TopicPartition, List<Integer>> plan = plan(admin, moves);
    if (plan.isEmpty()) {
      checkServes(admin);
    }
    if (dryRun) {
      println(Json.pretty(Plan.json(plan)));
      return;
    }
    int moved = 0;
    for (int round = 0; round < MAX_ROUNDS && !plan.isEmpty(); round++) {
      CommandFailure.throwFirst(moves.move(plan, wait.ms()));
      if (!wait.waits()) {
        report(
            false,
            plan.size(),
            "Began to move " + plan.size() + " partition(s) away from broker " + drained);
        return;
      }
      moved += plan.size();
      plan = plan(admin, moves);
    }
    if (moved == 0 && throttle.given()) {
      moves.liftLeftover();
    }
    if (!plan.isEmpty()) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "broker " + drained + " gets new partitions faster than they can be moved away");
    }
    report(
        true,
        moved,
        "Broker "
            + drained
            + " has no replicas"
            + (moved > 0 ? " any more: " + moved + " partition(s) moved" : "")
            + "; "
            + next(admin));
  }

  /** What is to be done with it; whoever votes has a part in the quorum's majority. */
  private String next(Admin admin) throws InterruptedException, ExecutionException {
    boolean votes =
        admin.describeMetadataQuorum().quorumInfo().get().voters().stream()
            .anyMatch(voter -> voter.replicaId() == drained);
    return votes
        ? "it still votes: millrace quorum remove " + drained + ", then it can be stopped"
        : "it can be stopped and unregistered";
  }

  /**
   * The outcome, for people or programs.
   *
   * @param complete whether the broker has no replicas any more
   * @param partitions so many have been moved, or are on their way
   */
  private void report(boolean complete, int partitions, String text) {
    if (!output.json()) {
      println(text);
      return;
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("broker", drained);
    json.put("partitions", partitions);
    json.put("complete", complete);
    println(Json.pretty(json));
  }

  private void checkServes(Admin admin) throws InterruptedException, ExecutionException {
    List<Integer> serving = admin.describeCluster().nodes().get().stream().map(Node::id).toList();
    if (!serving.contains(drained)) {
      throw new CommandFailure(
          ExitCode.NOT_FOUND,
          "there is no broker "
              + drained
              + " that serves or has a replica; these serve: "
              + serving);
    }
  }

  private Map<TopicPartition, List<Integer>> plan(Admin admin, Moves moves)
      throws InterruptedException, ExecutionException {
    Map<Integer, String> racks = new HashMap<>();
    for (Node node : admin.describeCluster().nodes().get()) {
      racks.put(node.id(), node.rack());
    }
    Set<String> topics = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
    Map<TopicPartition, List<Integer>> replicas = moves.replicas(topics);
    // Of what is under way, where it leads to is what counts.
    moves
        .underWay()
        .forEach(
            (partition, move) ->
                replicas.computeIfPresent(
                    partition,
                    (any, all) ->
                        all.stream().filter(id -> !move.removingReplicas().contains(id)).toList()));
    return DrainPlan.of(drained, racks, replicas);
  }
}
