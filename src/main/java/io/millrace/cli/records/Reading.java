package io.millrace.cli.records;

import io.millrace.cli.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Writes out what a consumer gets, until an end is reached.
 *
 * <p>Owner: the command's thread.
 */
class Reading {
  /**
   * When to end.
   *
   * @param follow false = also where the partitions ended when they were assigned
   * @param maxRecords written
   * @param idle without records; null = never for that; counts with {@code follow} only
   * @param patience without {@code follow}: for more of what is known to be there, and of a group's
   *     member for the first assignment and the last commit
   *     <p>Owner: immutable.
   */
  record End(boolean follow, long maxRecords, Duration idle, Duration patience) {}

  final Consumer<byte[], byte[]> consumer;
  final Terminal terminal;
  final End end;

  /** Where the partitions ended when they were assigned. */
  final Map<TopicPartition, Long> ends;

  private final RecordTemplate template;

  /** Reads what is assigned to the consumer. */
  Reading(
      Consumer<byte[], byte[]> consumer,
      Terminal terminal,
      RecordTemplate template,
      End end,
      Map<TopicPartition, Long> ends) {
    this.consumer = consumer;
    this.terminal = terminal;
    this.template = template;
    this.end = end;
    this.ends = ends;
  }

  /**
   * Reads to the end; all that was written has left this process then.
   *
   * @throws org.apache.kafka.common.errors.WakeupException when the consumer was woken; likewise
   */
  final void read() {
    long left = end.maxRecords();
    long lastNews = System.nanoTime();
    while (left > 0 && (end.follow() || anyLeft())) {
      ConsumerRecords<byte[], byte[]> batch = consumer.poll(Duration.ofMillis(200));
      for (ConsumerRecord<byte[], byte[]> record : batch) {
        var partition = new TopicPartition(record.topic(), record.partition());
        if (left > 0 && (end.follow() || record.offset() < ends.getOrDefault(partition, 0L))) {
          terminal.out().write(template.render(record));
          onWritten(partition, record.offset());
          left--;
        }
      }
      // Whoever reads a pipe sees each batch at once, and we see that he has gone.
      terminal.out().flush();
      onFlushed();
      long now = System.nanoTime();
      if (!batch.isEmpty()) {
        lastNews = now;
      } else if (end.follow() && end.idle() != null && now - lastNews >= end.idle().toNanos()) {
        return;
      } else {
        onSilence(now - lastNews);
      }
    }
  }

  /** A record was written. */
  void onWritten(TopicPartition partition, long offset) {}

  /** Everything written so far has left this process. */
  void onFlushed() {}

  /** Nothing has come for so long. */
  void onSilence(long nanos) {
    if (!end.follow() && nanos >= end.patience().toNanos()) {
      throw new TimeoutException(
          "nothing has come for "
              + end.patience().toSeconds()
              + " s, and there is more: a partition may have lost its leader");
    }
  }

  /**
   * Whether a partition has not been read to its end. Positions also pass records that a reader
   * never sees: control batches, aborted ones.
   */
  boolean anyLeft() {
    boolean any = false;
    for (var one : ends.entrySet()) {
      if (consumer.position(one.getKey()) < one.getValue()) {
        any = true;
      } else {
        consumer.pause(List.of(one.getKey()));
      }
    }
    return any;
  }
}
