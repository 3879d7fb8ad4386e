package io.millrace.it;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * One fault on a running cluster: a topic, a load, probes, a group and transactions of its own;
 * then everything that must hold. What does not is told, not thrown.
 *
 * <p>Owner: the test's thread.
 */
final class ChaosRun {
  static final int PARTITIONS = 2;
  private static final int PER_SECOND = 150;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ChaosScene scene;
  private final ChaosFault fault;
  private final String topic;
  private final String group;
  private final List<String> problems = new ArrayList<>();
  private final List<ChaosProbe> probes = new ArrayList<>();

  ChaosRun(ChaosScene scene, ChaosFault fault, int number) {
    this.scene = scene;
    this.fault = fault;
    this.topic = "chaos-" + number;
    this.group = "group-" + number;
  }

  String topic() {
    return topic;
  }

  ChaosResult play() {
    long began = System.nanoTime();
    try {
      scene.awaitFullIsr();
      scene.prepare(topic, PARTITIONS);
      scene.awaitFullIsr();
    } catch (Exception | AssertionError e) {
      return failed("the cluster is not in order before the fault: " + e.getMessage(), began);
    }
    try (ChaosHistory history = scene.history();
        ChaosLoad load = new ChaosLoad(scene.clients(), topic, PARTITIONS, PER_SECOND);
        ConsumerGroup members =
            new ConsumerGroup(scene.clients(), group, Map.of())
                .commitWithin(Duration.ofSeconds(150));
        OffsetWatch offsets = new OffsetWatch(scene.clients(), group);
        ChaosTransactions transactions = new ChaosTransactions(scene, topic)) {
      members.join("a", topic);
      members.join("b", topic);
      for (int partition = 0; partition < PARTITIONS; partition++) {
        probes.add(new ChaosProbe(scene.clients(), topic, partition));
      }
      return play(history, load, members, offsets, transactions, began);
    } catch (ChaosFault.Impossible e) {
      return ChaosResult.skipped(fault, e.getMessage());
    } catch (Exception | AssertionError e) {
      return failed(String.valueOf(e.getMessage()), began);
    } finally {
      probes.forEach(ChaosProbe::close);
    }
  }

  private ChaosResult failed(String why, long began) {
    problems.add(why);
    ChaosHistory history = scene.history();
    return new ChaosResult(
        fault,
        null,
        problems,
        Duration.ZERO,
        null,
        since(began),
        "",
        history == null ? List.of() : history.lines());
  }

  private static Duration since(long ns) {
    return Duration.ofNanos(System.nanoTime() - ns);
  }

  private ChaosResult play(
      ChaosHistory history,
      ChaosLoad load,
      ConsumerGroup members,
      OffsetWatch offsets,
      ChaosTransactions transactions,
      long began)
      throws Exception {
    load.awaitMore(100, PATIENCE);
    Await.until("the probes work", PATIENCE, () -> probes.stream().allMatch(this::works));
    Await.until("the group commits", PATIENCE, () -> offsets.sum() > 0);
    transactions.awaitMore(5, PATIENCE);
    long from = System.nanoTime();
    try {
      fault.act().on(scene);
    } catch (ChaosFault.Impossible e) {
      throw e;
    } catch (Exception | AssertionError e) {
      problems.add("during the fault: " + e.getMessage());
    } finally {
      scene.healAll();
    }
    long healed = System.nanoTime();
    history.note("the fault is over");
    Duration fullIsr = null;
    if (holds(scene::awaitFullIsr)) {
      fullIsr = since(healed);
      history.note("all replicas are in sync");
    }
    holds(() -> load.awaitMore(50, PATIENCE));
    holds(() -> transactions.awaitMore(1, PATIENCE));
    long to = System.nanoTime();
    history.note("all is acknowledged again");
    List<Duration> gaps = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      ChaosGaps.Gap gap = probes.get(partition).gaps().longest(from, to);
      gaps.add(gap.length());
      noteGap(history, "the probe", partition, gap);
      noteGap(history, "the load", partition, load.gaps(partition).longest(from, to));
    }
    ChaosGaps.Gap uncommitted = transactions.longestGap(from, to);
    history.note(
        "longest time without a commit of a transactional producer: %d ms, from %s on"
            .formatted(uncommitted.length().toMillis(), history.time(uncommitted.fromNs())));
    probes.forEach(ChaosProbe::finish);
    problems.addAll(load.finish());
    checkRecords(load);
    holds(() -> problems.addAll(transactions.finish(PATIENCE)));
    checkReplicas(topic, PARTITIONS);
    transactions.topics().forEach(one -> checkReplicas(one, ChaosTransactions.PARTITIONS));
    checkGroup(members, offsets);
    problems.addAll(history.problems());
    if (problems.isEmpty()) {
      holds(() -> scene.delete(transactions.topics()));
    }
    return new ChaosResult(
        fault,
        null,
        problems,
        gaps.stream().max(Duration::compareTo).orElseThrow(),
        fullIsr,
        since(began),
        load.acknowledged()
            + " records and "
            + probes.stream().mapToInt(ChaosProbe::acknowledged).sum()
            + " probes acknowledged, committed offsets "
            + offsets.sum()
            + ", "
            + transactions.evidence(),
        history.lines());
  }

  private static void noteGap(
      ChaosHistory history, String whose, int partition, ChaosGaps.Gap gap) {
    history.note(
        "longest time without an acknowledgement of partition %d to %s: %d ms, from %s on"
            .formatted(partition, whose, gap.length().toMillis(), history.time(gap.fromNs())));
  }

  private boolean works(ChaosProbe probe) {
    return probe.acknowledged() > 10;
  }

  private boolean holds(Runnable check) {
    try {
      check.run();
      return true;
    } catch (AssertionError | RuntimeException e) {
      problems.add(String.valueOf(e.getMessage()));
      return false;
    }
  }

  private void checkRecords(ChaosLoad load) {
    holds(
        () -> {
          Map<Integer, List<ConsumerRecord<byte[], byte[]>>> stored = new HashMap<>();
          for (ConsumerRecord<byte[], byte[]> record :
              scene.clients().consumeAll(topic, Map.of("check.crcs", true))) {
            stored.computeIfAbsent(record.partition(), p -> new ArrayList<>()).add(record);
          }
          for (int partition = 0; partition < PARTITIONS; partition++) {
            List<ConsumerRecord<byte[], byte[]>> of = stored.getOrDefault(partition, List.of());
            problems.addAll(load.check(partition, of));
            problems.addAll(probes.get(partition).check(of));
          }
        });
  }

  /** Nobody writes any more, so the followers have everything in a moment. */
  private void checkReplicas(String of, int partitions) {
    for (int partition = 0; partition < partitions; partition++) {
      String log = of + "-" + partition;
      String[] difference = new String[1];
      holds(
          () ->
              Await.until(
                  () -> "the replicas of " + log + " are equal: " + difference[0],
                  PATIENCE,
                  () -> {
                    difference[0] = difference(log);
                    return difference[0] == null;
                  }));
    }
  }

  private String difference(String log) {
    List<String> first = ReplicaLogs.batches(scene.data(1).resolve(log));
    for (int node = 2; node <= ChaosScene.NODES; node++) {
      Path other = scene.data(node).resolve(log);
      String difference = ReplicaLogs.difference(first, ReplicaLogs.batches(other));
      if (difference != null) {
        return "of nodes 1 / " + node + " " + difference;
      }
    }
    return null;
  }

  private void checkGroup(ConsumerGroup members, OffsetWatch offsets) {
    holds(
        () -> {
          long ends = 0;
          for (int partition = 0; partition < PARTITIONS; partition++) {
            ends += scene.clients().endOffset(topic, partition);
          }
          long all = ends;
          Await.until(
              () ->
                  "the group has read and committed all "
                      + all
                      + " records, it is at "
                      + offsets.sum()
                      + ", members ended with "
                      + members.failures(),
              PATIENCE,
              () -> offsets.sum() >= all);
        });
    holds(offsets::assertNeverBack);
    holds(members.ownership()::assertSingle);
  }
}
