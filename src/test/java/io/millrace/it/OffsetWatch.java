package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks for the committed offsets of a group again and again, whatever happens to the node.
 *
 * <p>Invariant: a committed offset never goes back, and never goes away.
 *
 * <p>Owner: the test's thread; a thread of its own asks.
 */
final class OffsetWatch implements AutoCloseable {
  private static final long PAUSE_NS = 5_000_000;

  private final Clients clients;
  private final String group;
  private final Map<TopicPartition, Long> highest = new HashMap<>();
  private final List<String> violations = new ArrayList<>();
  private final Thread thread;
  private final AtomicLong answers = new AtomicLong();
  private volatile boolean stopping;

  /** Starts to ask at once. */
  OffsetWatch(Clients clients, String group) {
    this.clients = clients;
    this.group = group;
    this.thread = new Thread(this::run, "offset-watch");
    thread.start();
  }

  private void run() {
    while (!stopping) {
      LockSupport.parkNanos(PAUSE_NS);
      try {
        check(
            clients
                .admin()
                .listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .toCompletionStage()
                .toCompletableFuture()
                .get());
      } catch (ExecutionException e) {
        // The node is away; what it says when it is back counts.
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private synchronized void check(Map<TopicPartition, OffsetAndMetadata> committed) {
    answers.incrementAndGet();
    highest.forEach(
        (partition, before) -> {
          OffsetAndMetadata now = committed.get(partition);
          if (now == null || now.offset() < before) {
            violations.add(partition + " was committed at " + before + " and is at " + now);
          }
        });
    committed.forEach(
        (partition, offset) -> {
          if (offset != null) {
            highest.merge(partition, offset.offset(), Math::max);
          }
        });
  }

  synchronized long sum() {
    return highest.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Waits for an answer to a question that is asked from now on. */
  void awaitAnswer() {
    // The first answer may belong to a question of before.
    long enough = answers.get() + 2;
    Await.until("offsets of " + group, Clients.PATIENCE, () -> answers.get() >= enough);
  }

  synchronized void assertNeverBack() {
    assertThat(violations).isEmpty();
    assertThat(highest).isNotEmpty();
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
