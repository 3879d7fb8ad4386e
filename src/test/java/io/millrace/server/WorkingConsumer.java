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
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
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
  private final Set<Integer> owned = ConcurrentHashMap.newKeySet();
  private volatile ConsumerGroupMetadata membership;
  private volatile GroupMembershipOperation end;
  private volatile Throwable failure;

  /**
   * Starts a member.
   *
   * @param seen where it puts the values that it has read
   */
  WorkingConsumer(String topic, Map<String, Object> config, Set<String> seen) {
    this.seen = seen;
    Map<String, Object> all = new HashMap<>(config);
    all.put("auto.offset.reset", "earliest");
    all.put("enable.auto.commit", "false");
    thread = new Thread(() -> work(topic, all), "consumer");
    thread.start();
  }

  private void work(String topic, Map<String, Object> config) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      consumer.subscribe(List.of(topic), new Owned());
      while (end == null) {
        for (ConsumerRecord<byte[], byte[]> one : consumer.poll(Duration.ofMillis(100))) {
          seen.add(new String(one.value(), StandardCharsets.UTF_8));
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

  /** What cannot be committed in a rebalance is read again by whoever owns it next. */
  private static void commit(KafkaConsumer<byte[], byte[]> consumer) {
    try {
      consumer.commitSync(Duration.ofSeconds(10));
    } catch (CommitFailedException | RebalanceInProgressException | RetriableException e) {
      // With the next poll.
    }
  }

  private final class Owned implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      partitions.forEach(partition -> owned.add(partition.partition()));
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      partitions.forEach(partition -> owned.remove(partition.partition()));
    }
  }

  Set<Integer> owned() {
    if (failure != null) {
      throw new AssertionError(failure);
    }
    return Set.copyOf(owned);
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
