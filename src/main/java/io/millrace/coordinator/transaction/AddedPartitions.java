package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Reply;
import io.millrace.model.TopicPartition;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.protocol.Errors;

/**
 * The outcome of {@link AddPartitions} as AddPartitionsToTxn answers it.
 *
 * @param knowsFenced the version has PRODUCER_FENCED
 * @param knowsAbortable the version has TRANSACTION_ABORTABLE
 *     <p>Owner: partition loop.
 */
record AddedPartitions(
    AddPartitionsToTxnTransaction request,
    boolean knowsFenced,
    boolean knowsAbortable,
    Reply<AddPartitionsToTxnResult> reply)
    implements Reply<AddPartitions.Outcome> {

  static Set<TopicPartition> asked(AddPartitionsToTxnTransaction request) {
    Set<TopicPartition> asked = new HashSet<>();
    for (AddPartitionsToTxnTopic topic : request.topics()) {
      topic.partitions().forEach(index -> asked.add(new TopicPartition(topic.name(), index)));
    }
    return asked;
  }

  /** One error for all partitions. */
  static AddPartitionsToTxnResult all(AddPartitionsToTxnTransaction request, Errors error) {
    return each(request, partition -> error);
  }

  private static AddPartitionsToTxnResult each(
      AddPartitionsToTxnTransaction request, Function<TopicPartition, Errors> errors) {
    AddPartitionsToTxnResult result =
        new AddPartitionsToTxnResult().setTransactionalId(request.transactionalId());
    for (AddPartitionsToTxnTopic topic : request.topics()) {
      AddPartitionsToTxnTopicResult ofTopic =
          new AddPartitionsToTxnTopicResult().setName(topic.name());
      for (int index : topic.partitions()) {
        ofTopic
            .resultsByPartition()
            .add(
                new AddPartitionsToTxnPartitionResult()
                    .setPartitionIndex(index)
                    .setPartitionErrorCode(
                        errors.apply(new TopicPartition(topic.name(), index)).code()));
      }
      result.topicResults().add(ofTopic);
    }
    return result;
  }

  @Override
  public void complete(AddPartitions.Outcome outcome) {
    Errors missing = knowsAbortable ? Errors.TRANSACTION_ABORTABLE : Errors.INVALID_TXN_STATE;
    Errors ofAll = Fencing.named(outcome.error(), knowsFenced);
    reply.complete(
        each(request, partition -> outcome.missing().contains(partition) ? missing : ofAll));
  }

  @Override
  public void fail(Errors error, String message) {
    reply.fail(error, message);
  }
}
