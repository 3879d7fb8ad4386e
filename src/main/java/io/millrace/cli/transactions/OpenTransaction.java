package io.millrace.cli.transactions;

import java.util.Comparator;
import java.util.Map;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.common.TopicPartition;

/**
 * A transaction that a partition has open.
 *
 * @param producer of which {@code currentTransactionStartOffset} is there
 *     <p>Owner: immutable.
 */
record OpenTransaction(TopicPartition partition, ProducerState producer) {
  static final Comparator<TopicPartition> BY_NAME =
      Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

  /** Whether a producer has a transaction open. */
  static boolean isOpen(ProducerState producer) {
    return producer.currentTransactionStartOffset().orElse(-1) >= 0;
  }

  /** The transaction's first offset in this partition. */
  long startOffset() {
    return producer.currentTransactionStartOffset().orElseThrow();
  }

  /** Whether it is the same transaction. */
  boolean is(OpenTransaction other) {
    return partition.equals(other.partition)
        && producer.producerId() == other.producer.producerId()
        && startOffset() == other.startOffset();
  }

  static Map<String, Object> json(TopicPartition partition) {
    return Map.of("topic", partition.topic(), "partition", partition.partition());
  }
}
