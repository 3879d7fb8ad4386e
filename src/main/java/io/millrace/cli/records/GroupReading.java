package io.millrace.cli.records;

import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Terminal;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/**
 * Reads as a member of a group and commits what was written, after it was written: what a crash
 * interrupts is read again.
 *
 * <p>Owner: the command's thread.
 */
final class GroupReading implements ConsumerRebalanceListener {
  /**
   * When to end.
   *
   * @param follow false = also where the partitions ended when they were assigned
   * @param maxRecords written
   * @param idle without records; null = never for that; counts with {@code follow} only
   * @param joinPatience for the first assignment, without {@code follow}, and for the last commit
   *     <p>Owner: immutable.
   */
  record End(boolean follow, long maxRecords, Duration idle, Duration joinPatience) {}

  private final Consumer<byte[], byte[]> consumer;
  private final Terminal terminal;
  private final RecordTemplate template;
  private final End end;

  /** Where the partitions ended when they were assigned. */
  private final Map<TopicPartition, Long> ends = new HashMap<>();

  /** What was written and is not committed. */
  private final Map<TopicPartition, OffsetAndMetadata> written = new HashMap<>();

  private boolean joined;

  GroupReading(
      Consumer<byte[], byte[]> consumer, Terminal terminal, RecordTemplate template, End end) {
    this.consumer = consumer;
    this.terminal = terminal;
    this.template = template;
    this.end = end;
  }

  /** Joins, reads, and has committed all that it wrote when it returns. */
  void read(String topic) {
    consumer.subscribe(List.of(topic), this);
    long left = end.maxRecords();
    long lastNews = System.nanoTime();
    while (left > 0 && (end.follow() || !joined || anyLeft())) {
      ConsumerRecords<byte[], byte[]> batch = consumer.poll(Duration.ofMillis(200));
      for (ConsumerRecord<byte[], byte[]> record : batch) {
        var partition = new TopicPartition(record.topic(), record.partition());
        if (left > 0 && (end.follow() || record.offset() < ends.getOrDefault(partition, 0L))) {
          terminal.out().write(template.render(record));
          written.put(partition, new OffsetAndMetadata(record.offset() + 1));
          left--;
        }
      }
      // Only what has left this process counts as read.
      terminal.out().flush();
      commit();
      long now = System.nanoTime();
      if (!batch.isEmpty()) {
        lastNews = now;
      } else if (end.follow() && end.idle() != null && now - lastNews >= end.idle().toNanos()) {
        break;
      } else if (!end.follow() && !joined && now - lastNews >= end.joinPatience().toNanos()) {
        throw new CommandFailure(
            ExitCode.UNREACHABLE, "the group has assigned nothing to this member in time");
      }
    }
    commitTheRest();
  }

  /** A rebalance that goes on has kept the last records from being committed. */
  private void commitTheRest() {
    long began = System.nanoTime();
    while (!written.isEmpty() && System.nanoTime() - began < end.joinPatience().toNanos()) {
      // What comes with it is neither written nor committed.
      consumer.poll(Duration.ofMillis(100));
      commit();
    }
  }

  private boolean anyLeft() {
    boolean any = false;
    for (var one : ends.entrySet()) {
      if (consumer.position(one.getKey()) < one.getValue()) {
        any = true;
      } else {
        consumer.pause(Set.of(one.getKey()));
      }
    }
    return any;
  }

  private void commit() {
    if (written.isEmpty()) {
      return;
    }
    try {
      consumer.commitSync(Map.copyOf(written));
      written.clear();
    } catch (RebalanceInProgressException e) {
      terminal.note("The group rebalances; what was read is committed afterwards.");
    } catch (CommitFailedException e) {
      terminal.note(
          "Others read these partitions now, and may read again what was not committed in time.");
      written.clear();
    }
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    joined = true;
    ends.putAll(consumer.endOffsets(partitions));
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    commit();
    forget(partitions);
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> partitions) {
    forget(partitions);
  }

  private void forget(Collection<TopicPartition> partitions) {
    partitions.forEach(
        partition -> {
          ends.remove(partition);
          written.remove(partition);
        });
  }
}
