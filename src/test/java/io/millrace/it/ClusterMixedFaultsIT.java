package io.millrace.it;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three voters, each on a host of its own, to whom one thing after the other happens, and sometimes
 * two at once: kill -9, SIGSTOP, isolation, a cut of one way. {@code -Dfaults.seed=…} plays the
 * same faults again, {@code -Dfaults.seconds=…} more of them.
 *
 * <p>Invariants: as in {@link ClusterFaultsIT}.
 */
@Tag("long")
class ClusterMixedFaultsIT {
  private static final int NODES = 3;
  private static final int MAX_FAULT_MS = 9_000;
  private static final int MAX_PAUSE_MS = 3_000;

  /** Something that is wrong until it is put right. */
  private record Fault(String what, Runnable end) {}

  private final long seed = Long.getLong("faults.seed", System.nanoTime() & 0xffffff);
  private final Random random = new Random(seed);
  private final long seconds = Long.getLong("faults.seconds", 80);
  private TestNetwork network;
  private TestCluster cluster;

  private int anyNode() {
    return 1 + random.nextInt(NODES);
  }

  private static void letPass(long ms) {
    long end = System.nanoTime() + Duration.ofMillis(ms).toNanos();
    for (long left = ms; left > 0; left = (end - System.nanoTime()) / 1_000_000) {
      LockSupport.parkNanos(left * 1_000_000);
    }
  }

  private Fault begin(int node) {
    MillraceProcess process = cluster.node(node);
    switch (random.nextInt(4)) {
      case 0 -> {
        process.kill();
        return new Fault("kill -9 of " + node, process::start);
      }
      case 1 -> {
        process.pause();
        return new Fault("SIGSTOP of " + node, process::resume);
      }
      case 2 -> {
        network.isolate(node);
        return new Fault("isolation of " + node, network::heal);
      }
      default -> {
        int other = 1 + node % NODES;
        boolean outwards = random.nextBoolean();
        network.cut(outwards ? node : other, outwards ? other : node);
        return new Fault(
            "a cut " + (outwards ? node + " to " + other : other + " to " + node), network::heal);
      }
    }
  }

  private void oneRound(TopicLoad load) {
    List<Fault> faults = new ArrayList<>();
    int node = anyNode();
    faults.add(begin(node));
    if (random.nextInt(4) == 0) {
      faults.add(begin(1 + node % NODES));
    }
    long ms = 500L + random.nextInt(MAX_FAULT_MS);
    int before = load.count();
    letPass(ms);
    faults.forEach(fault -> fault.end().run());
    System.out.printf(
        "%s for %d ms, %d topics meanwhile%n",
        faults.stream().map(Fault::what).toList(), ms, load.count() - before);
    letPass(random.nextInt(MAX_PAUSE_MS));
  }

  @Test
  @Timeout(600)
  void shouldLoseNothingWhateverHappens(@TempDir Path dir) {
    System.out.println("faults by -Dfaults.seed=" + seed);
    network = TestNetwork.of(NODES);
    try {
      cluster = TestCluster.onHosts(network, dir, NODES, Map.of());
      cluster.nodes().forEach(node -> node.expectInOutput(TestCluster.MASTERSHIP));
      try (TestCluster running = cluster.startAll();
          LeaderWatch leaders = new LeaderWatch(running);
          TopicLoad load = TopicLoad.start(running, "load")) {
        load.awaitMore(10);
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (System.nanoTime() - end < 0) {
          oneRound(load);
        }
        network.heal();
        Stopwatch healing = Stopwatch.start();
        running.nodes().forEach(BrokerProcess::awaitReady);
        load.awaitMore(5);
        load.stopAndAwaitOn(running);
        running.awaitSameImage();
        healing.print("healed, with the same metadata on all nodes");
        leaders.assertOneOfEachTerm();
        System.out.println(load.count() + " topics, leaders by term: " + leaders.leaders());
      } catch (AssertionError e) {
        throw new AssertionError("-Dfaults.seed=" + seed + ": " + e.getMessage(), e);
      }
    } finally {
      network.close();
    }
  }
}
