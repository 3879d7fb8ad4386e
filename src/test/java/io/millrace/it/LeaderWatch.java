package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks every node of a cluster again and again who leads the quorum in which term, whatever happens
 * to them.
 *
 * <p>Invariant: no term has two leaders, whoever is asked.
 *
 * <p>Owner: the test's thread; a thread for each node asks.
 */
final class LeaderWatch implements AutoCloseable {
  private static final long INTERVAL_NS = 50_000_000;

  private final Map<Integer, Set<Integer>> leaders = new ConcurrentSkipListMap<>();
  private final AtomicLong answers = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopping;

  /** Starts to ask at once. */
  LeaderWatch(TestCluster cluster) {
    for (MillraceProcess node : cluster.nodes()) {
      Thread thread = new Thread(() -> ask(node), "leader watch");
      threads.add(thread);
      thread.start();
    }
  }

  private void ask(MillraceProcess node) {
    while (!stopping) {
      ClusterView.of(node).ifPresent(this::note);
      LockSupport.parkNanos(INTERVAL_NS);
    }
  }

  private void note(ClusterView view) {
    JsonObject quorum = view.json().getJsonObject("quorum");
    Integer leader = quorum == null ? null : quorum.getInteger("leaderId");
    if (leader != null) {
      answers.incrementAndGet();
      leaders
          .computeIfAbsent(quorum.getInteger("term"), term -> new ConcurrentSkipListSet<>())
          .add(leader);
    }
  }

  /** What was seen so far: the leaders of each term. */
  Map<Integer, Set<Integer>> leaders() {
    return leaders;
  }

  void assertOneOfEachTerm() {
    assertThat(answers.get()).isPositive();
    assertThat(leaders.values()).allSatisfy(ofTerm -> assertThat(ofTerm).hasSize(1));
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
