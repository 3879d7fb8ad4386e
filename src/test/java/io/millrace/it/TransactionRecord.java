package io.millrace.it;

import io.millrace.it.TransactionLedger.TransactionId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A record of a transaction, and where it was seen. Each transaction writes the sequence 0, 1, … to
 * each partition; what a producer sends when it is fenced has {@link #AFTER_FENCE}.
 *
 * @param place topic and partition
 *     <p>Owner: immutable.
 */
record TransactionRecord(TransactionId id, int sequence, String place, long offset) {
  /** Of records that must never be in the log. */
  static final int AFTER_FENCE = 1_000;

  /** A record to send. */
  static ProducerRecord<byte[], byte[]> toSend(
      String topic, int partition, TransactionId id, int sequence) {
    return new ProducerRecord<>(
        topic,
        partition,
        id.writer().getBytes(StandardCharsets.UTF_8),
        ByteBuffer.allocate(8).putInt(id.number()).putInt(sequence).array());
  }

  static TransactionRecord of(ConsumerRecord<byte[], byte[]> seen) {
    ByteBuffer value = ByteBuffer.wrap(seen.value());
    TransactionId id =
        new TransactionId(new String(seen.key(), StandardCharsets.UTF_8), value.getInt());
    return new TransactionRecord(
        id, value.getInt(), seen.topic() + "-" + seen.partition(), seen.offset());
  }

  @Override
  public String toString() {
    return place + "@" + offset;
  }
}
