package io.millrace.coordinator.transaction;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.millrace.model.TopicPartition;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeTransactions and ListTransactions (KIP-664, KIP-1152). Pure.
 *
 * <p>Owner: partition loop.
 */
final class TransactionViews {
  /** A longer one would make each match long. */
  private static final int MAX_PATTERN = 1_024;

  private TransactionViews() {}

  /**
   * One id.
   *
   * @param transaction null = the id is not known
   */
  static DescribeTransactionsResponseData.TransactionState describe(
      String transactionalId, Transaction transaction) {
    DescribeTransactionsResponseData.TransactionState answer =
        new DescribeTransactionsResponseData.TransactionState().setTransactionalId(transactionalId);
    if (transactionalId.isEmpty()) {
      return answer.setErrorCode(Errors.INVALID_REQUEST.code());
    }
    if (transaction == null || transaction.state() == TransactionState.DEAD) {
      return answer.setErrorCode(Errors.TRANSACTIONAL_ID_NOT_FOUND.code());
    }
    for (TopicPartition partition : transaction.partitions()) {
      TopicData topic = answer.topics().find(partition.topic());
      if (topic == null) {
        topic = new TopicData().setTopic(partition.topic());
        answer.topics().add(topic);
      }
      topic.partitions().add(partition.partition());
    }
    answer.topics().forEach(topic -> topic.partitions().sort(null));
    return answer
        .setTransactionState(transaction.state().shown())
        .setTransactionTimeoutMs(transaction.timeoutMs())
        .setTransactionStartTimeMs(transaction.startMs())
        .setProducerId(transaction.producerId())
        .setProducerEpoch(transaction.producerEpoch());
  }

  static ListTransactionsResponseData list(
      Iterable<Transaction> transactions, ListTransactionsRequestData request, long nowMs) {
    ListTransactionsResponseData answer = new ListTransactionsResponseData();
    Pattern pattern = null;
    String regex = request.transactionalIdPattern();
    if (regex != null && !regex.isEmpty()) {
      try {
        pattern = regex.length() > MAX_PATTERN ? null : Pattern.compile(regex);
      } catch (PatternSyntaxException e) {
        pattern = null;
      }
      if (pattern == null) {
        return answer.setErrorCode(Errors.INVALID_REGULAR_EXPRESSION.code());
      }
    }
    Set<TransactionState> states = EnumSet.noneOf(TransactionState.class);
    for (String name : request.stateFilters()) {
      TransactionState state = TransactionState.named(name);
      if (state == null) {
        answer.unknownStateFilters().add(name);
      } else {
        states.add(state);
      }
    }
    Set<Long> producerIds = new HashSet<>(request.producerIdFilters());
    List<ListTransactionsResponseData.TransactionState> found = new ArrayList<>();
    for (Transaction one : transactions) {
      if ((request.stateFilters().isEmpty() || states.contains(one.state()))
          && (producerIds.isEmpty() || producerIds.contains(one.producerId()))
          && (request.durationFilter() < 0 || nowMs - one.startMs() > request.durationFilter())
          && one.state() != TransactionState.DEAD
          && (pattern == null || pattern.matcher(one.transactionalId()).matches())) {
        found.add(
            new ListTransactionsResponseData.TransactionState()
                .setTransactionalId(one.transactionalId())
                .setProducerId(one.producerId())
                .setTransactionState(one.state().shown()));
      }
    }
    return answer.setTransactionStates(found);
  }
}
