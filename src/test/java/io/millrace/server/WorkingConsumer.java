package io.millrace.server;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A member of a group in a thread of its own, which reads and commits until it leaves or dies.
 *
 * <p>Owner: any thread.
 */
final class WorkingConsumer {
  private final Thread thread;
  private final Set<String> seen;
  private final Set<TopicPartition> owned = ConcurrentHashMap.newKeySet();
  private final Set<TopicPartition> revoked = ConcurrentHashMap.newKeySet();
  // Of what it owns, and has not committed; its thread only.
  private final Map<TopicPartition, OffsetAndMetadata> read = new HashMap<>();
  private volatile ConsumerGroupMetadata membership;
  private volatile GroupMembershipOperation end;
  private volatile Throwable failure;

  /**
   * Starts a member.
   *
   * @param seen where it puts the values that it has read
   */
  WorkingConsumer(String topic, Map<String, Object> config, Set<String> seen) {
    this(config, seen, (consumer, listener) -> consumer.subscribe(List.of(topic), listener));
  }

  private WorkingConsumer(
      Map<String, Object> config,
      Set<String> seen,
      BiConsumer<KafkaConsumer<byte[], byte[]>, ConsumerRebalanceListener> subscribe) {
    this.seen = seen;
    Map<String, Object> all = new HashMap<>(config);
    all.put("auto.offset.reset", "earliest");
    all.put("enable.auto.commit", "false");
    thread = new Thread(() -> work(subscribe, all), "consumer");
    thread.start();
  }

  /** A member that reads all topics whose names match, as the node sees it. */
  static WorkingConsumer ofPattern(String regex, Map<String, Object> config, Set<String> seen) {
    return new WorkingConsumer(
        config,
        seen,
        (consumer, listener) -> consumer.subscribe(new SubscriptionPattern(regex), listener));
  }

  private void work(
      BiConsumer<KafkaConsumer<byte[], byte[]>, ConsumerRebalanceListener> subscribe,
      Map<String, Object> config) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      subscribe.accept(consumer, new Owned());
      while (end == null) {
        for (ConsumerRecord<byte[], byte[]> one : consumer.poll(Duration.ofMillis(100))) {
          seen.add(new String(one.value(), StandardCharsets.UTF_8));
          read.put(
              new TopicPartition(one.topic(), one.partition()),
              new OffsetAndMetadata(one.offset() + 1));
        }
        membership = consumer.groupMetadata();
        commit(consumer);
      }
    } catch (KafkaException | IllegalStateException e) {
      failure = e;
    } finally {
      consumer.close(
          CloseOptions.timeout(Duration.ofSeconds(5))
              .withGroupMembershipOperation(
                  end == null ? GroupMembershipOperation.LEAVE_GROUP : end));
      owned.clear();
    }
  }

  /**
   * Commits what it has read. Not the position of each partition: that of a topic which was deleted
   * would keep it, trying again, from giving the topic up.
   */
  private void commit(KafkaConsumer<byte[], byte[]> consumer) {
    if (read.isEmpty()) {
      return;
    }
    try {
      consumer.commitSync(Map.copyOf(read), Duration.ofSeconds(10));
      read.clear();
    } catch (CommitFailedException | RebalanceInProgressException | RetriableException e) {
      // After the next poll.
    }
  }

  private final class Owned implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      owned.addAll(partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      partitions.forEach(owned::remove);
      // Read again by whoever owns it next.
      partitions.forEach(read::remove);
      revoked.addAll(partitions);
    }
  }

  /** Numbers of its partitions, of a topic like any other. */
  Set<Integer> owned() {
    return partitions().stream().map(TopicPartition::partition).collect(Collectors.toSet());
  }

  Set<TopicPartition> partitions() {
    if (failure != null) {
      throw new AssertionError(failure);
    }
    return Set.copyOf(owned);
  }

  /** What it had to give up until now. */
  Set<TopicPartition> revoked() {
    return Set.copyOf(revoked);
  }

  /** null = it has not polled yet. */
  ConsumerGroupMetadata membership() {
    return membership;
  }

  /** Leaves the group. */
  void leave() throws InterruptedException {
    end(GroupMembershipOperation.LEAVE_GROUP);
  }

  /** Is gone without a word. */
  void die() throws InterruptedException {
    end(GroupMembershipOperation.REMAIN_IN_GROUP);
  }

  private void end(GroupMembershipOperation how) throws InterruptedException {
    if (end == null) {
      end = how;
    }
    thread.join(TimeUnit.SECONDS.toMillis(60));
  }
}
