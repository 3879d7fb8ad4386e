package io.millrace.cli.partitions;

import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Failures;
import io.millrace.cli.Terminal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Reassignments as an administrator begins and watches them.
 *
 * <p>Owner: the command's thread.
 */
final class Moves {
  /** In one request, so that its records fit into one change of the metadata. */
  private static final int AT_ONCE = 500;

  private static final long LOOK_AGAIN_MS = 200;

  private final Admin admin;
  private final Terminal terminal;
  private final MoveThrottle throttle;

  Moves(Admin admin, Terminal terminal, MoveThrottle throttle) {
    this.admin = admin;
    this.terminal = terminal;
    this.throttle = throttle;
  }

  /** What of a plan is not as planned already: what remains to be moved. */
  Map<TopicPartition, List<Integer>> remaining(Map<TopicPartition, List<Integer>> plan)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, List<Integer>> now = replicasOf(plan);
    Set<TopicPartition> moving = underWay().keySet();
    Map<TopicPartition, List<Integer>> remaining = new HashMap<>(plan);
    remaining
        .entrySet()
        .removeIf(
            each ->
                each.getValue().equals(now.get(each.getKey())) && !moving.contains(each.getKey()));
    return remaining;
  }

  /**
   * Moves partitions; what is refused keeps no other from it.
   *
   * @param waitMs for how long at most; 0 = only begins
   * @return what was refused or did not come to be as planned
   * @throws CommandFailure when the moves are not complete by then
   */
  List<CommandFailure> move(Map<TopicPartition, List<Integer>> plan, long waitMs)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, List<Integer>> before = throttle.limits() ? replicasOf(plan) : Map.of();
    if (throttle.limits()) {
      throttle.set(before, plan);
    }
    List<CommandFailure> failures = begin(plan);
    Map<TopicPartition, List<Integer>> begun = new HashMap<>(plan);
    failures.forEach(failure -> begun.keySet().removeIf(each -> isAbout(failure, each)));
    if (waitMs > 0 && !begun.isEmpty()) {
      await(begun.keySet(), waitMs);
    }
    if (throttle.limits()) {
      lift(before, plan);
    }
    if (waitMs > 0 && !begun.isEmpty()) {
      failures.addAll(check(begun));
    }
    return failures;
  }

  /** While others move partitions, only what belongs to this plan is taken away. */
  private void lift(
      Map<TopicPartition, List<Integer>> before, Map<TopicPartition, List<Integer>> plan)
      throws InterruptedException, ExecutionException {
    if (underWay().isEmpty()) {
      throttle.liftAll();
    } else {
      throttle.lift(before, plan);
    }
  }

  /** Takes away a throttle that was left behind, if nothing is under way any more. */
  void liftLeftover() throws InterruptedException, ExecutionException {
    if (underWay().isEmpty()) {
      throttle.liftAll();
    }
  }

  private static boolean isAbout(CommandFailure failure, TopicPartition partition) {
    return failure.getMessage().startsWith(partition + ": ");
  }

  private List<CommandFailure> begin(Map<TopicPartition, List<Integer>> plan)
      throws InterruptedException {
    Map<TopicPartition, Optional<NewPartitionReassignment>> wanted = new HashMap<>();
    plan.forEach(
        (partition, replicas) ->
            wanted.put(partition, Optional.of(new NewPartitionReassignment(replicas))));
    return alter(wanted);
  }

  /** What came of taking moves back. */
  record Cancelled(int moves, List<CommandFailure> failures) {}

  /**
   * Takes back; what is refused keeps no other from it, and what is not being moved is no failure.
   */
  Cancelled cancel(Collection<TopicPartition> partitions) throws InterruptedException {
    Map<TopicPartition, Optional<NewPartitionReassignment>> wanted = new HashMap<>();
    partitions.forEach(partition -> wanted.put(partition, Optional.empty()));
    List<CommandFailure> failures = alter(wanted);
    int moves = partitions.size() - failures.size();
    failures.removeIf(failure -> failure.getCause() instanceof NoReassignmentInProgressException);
    return new Cancelled(moves, failures);
  }

  private List<CommandFailure> alter(Map<TopicPartition, Optional<NewPartitionReassignment>> wanted)
      throws InterruptedException {
    List<CommandFailure> failures = new ArrayList<>();
    List<TopicPartition> partitions = new ArrayList<>(wanted.keySet());
    for (int from = 0; from < partitions.size(); from += AT_ONCE) {
      Map<TopicPartition, Optional<NewPartitionReassignment>> some = new HashMap<>();
      partitions
          .subList(from, Math.min(partitions.size(), from + AT_ONCE))
          .forEach(partition -> some.put(partition, wanted.get(partition)));
      for (Map.Entry<TopicPartition, KafkaFuture<Void>> answer :
          admin.alterPartitionReassignments(some).values().entrySet()) {
        try {
          answer.getValue().get();
        } catch (ExecutionException e) {
          failures.add(Failures.about(answer.getKey().toString(), e));
        }
      }
    }
    return failures;
  }

  /** Everything that is under way. */
  Map<TopicPartition, PartitionReassignment> underWay()
      throws InterruptedException, ExecutionException {
    return admin.listPartitionReassignments().reassignments().get();
  }

  /** Shows progress until these are complete. */
  private void await(Set<TopicPartition> partitions, long waitMs)
      throws InterruptedException, ExecutionException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
    int shown = -1;
    while (true) {
      Set<TopicPartition> left = new HashSet<>(underWay().keySet());
      left.retainAll(partitions);
      int done = partitions.size() - left.size();
      if (done != shown) {
        shown = done;
        terminal.note(done + " of " + partitions.size() + " partition(s) moved");
      }
      if (left.isEmpty()) {
        return;
      }
      if (System.nanoTime() - end > 0) {
        throw new CommandFailure(
            ExitCode.FAILED,
            left.size()
                + " partition(s) are still on their way, "
                + left.iterator().next()
                + " is one; they go on without this command: millrace partitions move --list"
                + (throttle.limits()
                    ? "; the throttle stays, give this command again to lift it in the end"
                    : ""));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MS);
    }
  }

  /** What did not come to be as planned. */
  private List<CommandFailure> check(Map<TopicPartition, List<Integer>> plan)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, List<Integer>> now = replicasOf(plan);
    List<CommandFailure> failures = new ArrayList<>();
    plan.forEach(
        (partition, replicas) -> {
          if (!replicas.equals(now.get(partition))) {
            failures.add(
                new CommandFailure(
                    ExitCode.FAILED,
                    now.containsKey(partition)
                        ? partition
                            + " has the replicas "
                            + now.get(partition)
                            + ", not "
                            + replicas
                            + ": somebody cancelled or replaced the move"
                        : partition + " does not exist any more"));
          }
        });
    return failures;
  }

  private Map<TopicPartition, List<Integer>> replicasOf(Map<TopicPartition, List<Integer>> plan)
      throws InterruptedException, ExecutionException {
    Set<String> topics = new HashSet<>();
    plan.keySet().forEach(partition -> topics.add(partition.topic()));
    return replicas(topics);
  }

  /** The replicas of all partitions of some topics, of those that exist. */
  Map<TopicPartition, List<Integer>> replicas(Collection<String> topics)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, List<Integer>> replicas = new HashMap<>();
    for (KafkaFuture<TopicDescription> described :
        admin.describeTopics(topics).topicNameValues().values()) {
      try {
        TopicDescription topic = described.get();
        topic
            .partitions()
            .forEach(
                partition ->
                    replicas.put(
                        new TopicPartition(topic.name(), partition.partition()),
                        partition.replicas().stream().map(node -> node.id()).toList()));
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
            && !(e.getCause() instanceof InvalidTopicException)) {
          throw e;
        }
      }
    }
    return replicas;
  }
}
