package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Reply;
import io.millrace.model.TopicPartition;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * Adds partitions to a transaction, which begins with the first, or asks whether they belong to it
 * (KIP-890).
 *
 * <p>Owner: partition loop.
 */
final class AddPartitions implements Attempt {
  /**
   * Whose transaction, and which partitions.
   *
   * @param clientVersion transaction version of the producer: 0 or 2
   */
  record Question(
      long producerId, short producerEpoch, Set<TopicPartition> partitions, short clientVersion) {}

  /**
   * What comes of it.
   *
   * @param error of all; NONE = each has its own
   * @param missing do not belong to the transaction; only when that was asked
   */
  record Outcome(Errors error, Set<TopicPartition> missing) {
    static final Outcome ADDED = new Outcome(Errors.NONE, Set.of());
  }

  private final Question question;
  private final boolean verifyOnly;
  private final Reply<Outcome> reply;

  AddPartitions(Question question, boolean verifyOnly, Reply<Outcome> reply) {
    this.question = question;
    this.verifyOnly = verifyOnly;
    this.reply = reply;
  }

  @Override
  public boolean tryOn(Draft draft) {
    Transaction transaction = draft.transaction();
    if (transaction == null || question.producerId() != transaction.currentProducerId()) {
      refuse(draft, Errors.INVALID_PRODUCER_ID_MAPPING);
      return true;
    }
    if (question.producerEpoch() != transaction.currentEpoch()) {
      refuse(draft, Errors.PRODUCER_FENCED);
      return true;
    }
    if (!transaction.state().isAtRest() && transaction.state() != TransactionState.ONGOING) {
      return false;
    }
    if (verifyOnly) {
      verify(draft, transaction);
    } else {
      add(draft, transaction);
    }
    return true;
  }

  private void verify(Draft draft, Transaction transaction) {
    Set<TopicPartition> missing = new java.util.HashSet<>(question.partitions());
    // Nothing more is written in a transaction that was handed over.
    if (!transaction.isHandedOver()) {
      missing.removeAll(transaction.partitions());
    }
    draft.answer(reply, new Outcome(Errors.NONE, missing));
  }

  private void add(Draft draft, Transaction transaction) {
    if (transaction.isHandedOver()) {
      refuse(draft, Errors.INVALID_TXN_STATE);
      return;
    }
    boolean known =
        transaction.state() == TransactionState.ONGOING
            && transaction.partitions().containsAll(question.partitions());
    if (!known) {
      draft.become(
          transaction.joinedBy(question.partitions(), question.clientVersion(), draft.nowMs()));
    }
    draft.answer(reply, Outcome.ADDED);
  }

  @Override
  public void refuse(Draft draft, Errors error) {
    draft.answer(reply, new Outcome(error, Set.of()));
  }

  @Override
  public void fail(Errors why) {
    reply.fail(why, null);
  }
}
