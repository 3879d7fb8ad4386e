package io.millrace.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/**
 * A Java consumer that polls in a thread of its own, notes what it owns and reads, and commits
 * after each poll what it has read.
 *
 * <p>Owner: any thread; a thread of its own polls.
 */
final class GroupMember implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final String name;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Duration commitWithin;
  private final Ownership ownership;
  private final Thread thread;
  private final Semaphore mayPoll = new Semaphore(1, /* fair= */ true);
  private final List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
  private final Set<TopicPartition> given = new HashSet<>();
  private final AtomicInteger assignments = new AtomicInteger();
  private volatile Set<TopicPartition> owned = Set.of();
  private volatile int generation = -1;
  private volatile GroupMembershipOperation atEnd = GroupMembershipOperation.LEAVE_GROUP;
  private volatile boolean stopping;
  private volatile Throwable failure;

  /** Starts to poll at once. */
  GroupMember(
      String name,
      KafkaConsumer<byte[], byte[]> consumer,
      Duration commitWithin,
      Ownership ownership,
      BiConsumer<KafkaConsumer<byte[], byte[]>, ConsumerRebalanceListener> subscribe) {
    this.name = name;
    this.consumer = consumer;
    this.commitWithin = commitWithin;
    this.ownership = ownership;
    this.thread = new Thread(() -> run(subscribe), "member-" + name);
    thread.start();
  }

  private void run(BiConsumer<KafkaConsumer<byte[], byte[]>, ConsumerRebalanceListener> subscribe) {
    try {
      subscribe.accept(consumer, new Listener());
      while (!stopping) {
        mayPoll.acquire();
        try {
          pollAndCommit();
        } finally {
          mayPoll.release();
        }
      }
    } catch (Exception | AssertionError e) {
      failure = e;
    } finally {
      consumer.close(
          CloseOptions.groupMembershipOperation(atEnd).withTimeout(Duration.ofSeconds(5)));
      owned = Set.of();
    }
  }

  private void pollAndCommit() {
    ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
    synchronized (read) {
      records.forEach(read::add);
    }
    if (records.isEmpty()) {
      return;
    }
    try {
      consumer.commitSync(commitWithin);
    } catch (CommitFailedException | RebalanceInProgressException e) {
      // Somebody else reads these records once more: at least once is what a group promises.
    }
  }

  private final class Listener implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      int now = consumer.groupMetadata().generationId();
      Set<TopicPartition> all = Set.copyOf(consumer.assignment());
      ownership.claim(now, name, all);
      generation = now;
      assignments.incrementAndGet();
      owned = all;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      synchronized (given) {
        given.addAll(partitions);
      }
      Set<TopicPartition> rest = new HashSet<>(owned);
      rest.removeAll(partitions);
      owned = Set.copyOf(rest);
    }
  }

  /** The partitions that it may read now. */
  Set<TopicPartition> owned() {
    return owned;
  }

  /** The generation that it has synced last; -1 before the first. */
  int generation() {
    return generation;
  }

  /** How many rebalances it has been through. */
  int assignments() {
    return assignments.get();
  }

  /** All partitions that it ever had to give away. */
  Set<TopicPartition> given() {
    synchronized (given) {
      return Set.copyOf(given);
    }
  }

  List<Integer> numbers() {
    synchronized (read) {
      return read.stream().map(r -> Integer.parseInt(JavaClientIT.text(r.value()))).toList();
    }
  }

  /** What ended it before it was asked to; null while there is nothing. */
  Throwable failure() {
    return failure;
  }

  boolean isActive() {
    return !stopping && failure == null;
  }

  /** Stops polling, as an application does that is busy; the client goes on heart-beating. */
  void pausePolling() {
    mayPoll.acquireUninterruptibly();
  }

  void resumePolling() {
    mayPoll.release();
  }

  /** Leaves the group. */
  void leave() {
    end(GroupMembershipOperation.LEAVE_GROUP);
  }

  /** Ends without a word to the group, only its connections are closed. */
  void vanish() {
    end(GroupMembershipOperation.REMAIN_IN_GROUP);
  }

  /** Ends as a consumer does by default: a static member stays, another leaves. */
  void closeByDefault() {
    end(GroupMembershipOperation.DEFAULT);
  }

  private void end(GroupMembershipOperation operation) {
    atEnd = operation;
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    vanish();
  }
}
