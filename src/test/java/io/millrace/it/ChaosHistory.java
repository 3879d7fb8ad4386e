package io.millrace.it;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * What happened to the partitions of a topic during a fault: asks every node again and again for
 * leader, leader epoch and ISR, and notes each change with its time.
 *
 * <p>Invariant: no leader epoch of a partition has two leaders, whoever is asked.
 *
 * <p>Owner: the test's thread; a thread for each node asks.
 */
final class ChaosHistory implements AutoCloseable {
  private static final long INTERVAL_NS = 50_000_000;

  private final String topic;
  private final long beganNs = System.nanoTime();
  private final List<String> lines = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> last = new HashMap<>();
  private final Map<String, Integer> leaders = new TreeMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopping;

  /** Starts to ask at once. */
  ChaosHistory(TestCluster cluster, String topic) {
    this.topic = topic;
    for (int number : cluster.allBut()) {
      Thread thread = new Thread(() -> ask(number, cluster.node(number)), "chaos-history");
      threads.add(thread);
      thread.start();
    }
  }

  private void ask(int number, MillraceProcess node) {
    while (!stopping) {
      ClusterView.topic(node, topic).ifPresent(view -> note(number, view));
      LockSupport.parkNanos(INTERVAL_NS);
    }
  }

  private synchronized void note(int node, JsonObject view) {
    for (Object one : view.getJsonArray("partitions")) {
      JsonObject partition = (JsonObject) one;
      int number = partition.getInteger("partition");
      int leader = partition.getInteger("leader");
      int epoch = partition.getInteger("leaderEpoch");
      String now = "leader " + leader + " epoch " + epoch + " isr " + partition.getJsonArray("isr");
      if (!now.equals(last.put(node + "/" + number, now))) {
        lines.add(time() + " node " + node + " sees " + topic + "-" + number + ": " + now);
      }
      if (leader >= 0) {
        Integer other = leaders.putIfAbsent(number + "/" + epoch, leader);
        if (other != null && other != leader) {
          problems.add(
              topic
                  + "-"
                  + number
                  + " has leaders "
                  + other
                  + " and "
                  + leader
                  + " in epoch "
                  + epoch);
        }
      }
    }
  }

  private String time() {
    return time(System.nanoTime());
  }

  /** A moment as it stands before the lines. */
  String time(long ns) {
    return String.format("%+8.3f s", (ns - beganNs) / 1e9);
  }

  /** Adds what the test does. */
  synchronized void note(String what) {
    lines.add(time() + " ---- " + what);
  }

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  @Override
  public void close() {
    stopping = true;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
