package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.model.TopicPartition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue.PartitionsSchema;

/**
 * Transactions as records of {@code __transaction_state}, in Kafka's schema.
 *
 * <p>Kafka forgets with a failover that a producer may repeat its last request with its last epoch.
 * Here that epoch goes into the record as a tagged field of our own, which Kafka's readers skip.
 *
 * <p>Owner: any thread.
 */
final class TransactionRecords {
  /** int16, only if there is one; far from the tags that Kafka counts up. */
  static final int LAST_EPOCH_TAG = 10_000;

  private static final short FIRST_VERSION_WITH_TAGS = 1;

  private TransactionRecords() {}

  static TransactionLogKey key(String transactionalId) {
    return new TransactionLogKey().setTransactionalId(transactionalId);
  }

  static CoordinatorRecord tombstone(String transactionalId) {
    return CoordinatorRecord.tombstone(key(transactionalId));
  }

  /**
   * The record of a transaction.
   *
   * @param transactionVersion finalized level of {@code transaction.version}
   */
  static CoordinatorRecord of(Transaction transaction, int transactionVersion) {
    TransactionLogValue value =
        new TransactionLogValue()
            .setProducerId(transaction.producerId())
            .setProducerEpoch(transaction.producerEpoch())
            .setTransactionTimeoutMs(transaction.timeoutMs())
            .setTransactionStatus(transaction.state().id())
            .setTransactionPartitions(
                transaction.state() == TransactionState.EMPTY
                    ? null
                    : partitions(transaction.partitions()))
            .setTransactionLastUpdateTimestampMs(transaction.updatedMs())
            .setTransactionStartTimestampMs(transaction.startMs());
    short version = transactionVersion >= 1 ? FIRST_VERSION_WITH_TAGS : 0;
    if (version >= FIRST_VERSION_WITH_TAGS) {
      value
          .setPreviousProducerId(transaction.previousProducerId())
          .setNextProducerId(transaction.nextProducerId())
          .setNextProducerEpoch(transaction.nextProducerEpoch())
          .setClientTransactionVersion(transaction.clientVersion());
      if (transaction.lastProducerEpoch() != Transaction.NO_EPOCH) {
        byte[] last = new byte[Short.BYTES];
        ByteBuffer.wrap(last).putShort(transaction.lastProducerEpoch());
        value.unknownTaggedFields().add(new RawTaggedField(LAST_EPOCH_TAG, last));
      }
    }
    return new CoordinatorRecord(key(transaction.transactionalId()), value, version);
  }

  private static List<PartitionsSchema> partitions(Set<TopicPartition> partitions) {
    Map<String, List<Integer>> byTopic = new TreeMap<>();
    for (TopicPartition one : partitions) {
      byTopic.computeIfAbsent(one.topic(), topic -> new ArrayList<>()).add(one.partition());
    }
    List<PartitionsSchema> topics = new ArrayList<>(byTopic.size());
    byTopic.forEach(
        (topic, ids) -> {
          ids.sort(null);
          topics.add(new PartitionsSchema().setTopic(topic).setPartitionIds(ids));
        });
    return topics;
  }

  /**
   * What a record says.
   *
   * @throws IllegalArgumentException its state is not known
   */
  static Transaction read(TransactionLogKey key, TransactionLogValue value) {
    Set<TopicPartition> partitions = new HashSet<>();
    if (value.transactionPartitions() != null) {
      for (PartitionsSchema topic : value.transactionPartitions()) {
        for (int id : topic.partitionIds()) {
          partitions.add(new TopicPartition(topic.topic(), id));
        }
      }
    }
    return new Transaction(
        key.transactionalId(),
        value.producerId(),
        value.previousProducerId(),
        value.nextProducerId(),
        value.producerEpoch(),
        lastEpoch(value),
        value.nextProducerEpoch(),
        value.transactionTimeoutMs(),
        TransactionState.of(value.transactionStatus()),
        partitions,
        value.transactionStartTimestampMs(),
        value.transactionLastUpdateTimestampMs(),
        value.clientTransactionVersion());
  }

  private static short lastEpoch(TransactionLogValue value) {
    for (RawTaggedField field : value.unknownTaggedFields()) {
      if (field.tag() == LAST_EPOCH_TAG && field.data().length == Short.BYTES) {
        return ByteBuffer.wrap(field.data()).getShort();
      }
    }
    return Transaction.NO_EPOCH;
  }
}
