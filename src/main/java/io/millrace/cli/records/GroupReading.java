package io.millrace.cli.records;

import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Terminal;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Reads as a member of a group and commits what was written, after it was written: what a crash
 * interrupts is read again.
 *
 * <p>Owner: the command's thread.
 */
final class GroupReading extends Reading implements ConsumerRebalanceListener {
  /** Within what a signal waits for, and longer than the first rebalance of a group is delayed. */
  private static final Duration LEAVING = Duration.ofSeconds(4);

  private static final Duration GIVING_UP = Duration.ofSeconds(1);

  /** What was written and is not committed. */
  private final Map<TopicPartition, OffsetAndMetadata> written = new HashMap<>();

  private boolean joined;
  private long joinedNanos;

  GroupReading(
      Consumer<byte[], byte[]> consumer, Terminal terminal, RecordTemplate template, End end) {
    super(consumer, terminal, template, end, new HashMap<>());
  }

  /**
   * Joins, reads, and has committed all that it wrote when it returns.
   *
   * @throws CommandFailure when something could not be committed in time
   */
  void read(String topic) {
    consumer.subscribe(List.of(topic), this);
    try {
      read();
      commitTheRest();
    } catch (WakeupException e) {
      // A signal, perhaps amid a commit. What was written has been flushed.
      commitTheRest();
      leave(LEAVING);
    }
    if (!written.isEmpty()) {
      throw new CommandFailure(
          ExitCode.UNREACHABLE,
          "what was read could not be committed within "
              + end.patience().toSeconds()
              + " s, and will be read again: the group rebalances or does not answer");
    }
  }

  @Override
  void onWritten(TopicPartition partition, long offset) {
    written.put(partition, new OffsetAndMetadata(offset + 1));
  }

  @Override
  void onFlushed() {
    // Only what has left this process counts as read.
    commit();
  }

  @Override
  void onSilence(long nanos) {
    if (joined) {
      super.onSilence(Math.min(nanos, System.nanoTime() - joinedNanos));
    } else if (!end.follow() && nanos >= end.patience().toNanos()) {
      String group = consumer.groupMetadata().groupId();
      leave(GIVING_UP);
      throw new CommandFailure(
          ExitCode.FAILED,
          "group "
              + group
              + " has assigned nothing to this member within "
              + end.patience().toSeconds()
              + " s: other members have the partitions, or ended without leaving and have not timed"
              + " out yet",
          new TimeoutException("no assignment"));
    }
  }

  /**
   * Leaves the group. The broker answers a connection in order, so while a rebalance keeps it from
   * answering that we join, it does not hear that we leave.
   */
  private void leave(Duration patience) {
    consumer.close(CloseOptions.timeout(patience));
  }

  /** A rebalance that goes on has kept the last records from being committed. */
  private void commitTheRest() {
    long began = System.nanoTime();
    while (!written.isEmpty() && System.nanoTime() - began < end.patience().toNanos()) {
      // What comes with it is neither written nor committed.
      consumer.poll(Duration.ofMillis(100));
      commit();
    }
  }

  @Override
  boolean anyLeft() {
    return !joined || super.anyLeft();
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
    } catch (TimeoutException e) {
      terminal.note("The group does not answer; what was read is committed afterwards.");
    } catch (CommitFailedException e) {
      terminal.note(
          "Others read these partitions now, and may read again what was not committed in time.");
      written.clear();
    }
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    // Nothing may be just the first word, until others have given something up.
    if (!joined && !partitions.isEmpty()) {
      joined = true;
      joinedNanos = System.nanoTime();
    }
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
