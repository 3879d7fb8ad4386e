package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * EndTxn, of producers of both versions. What is decided already is told again to the producer that
 * asked for it: it has lost the answer.
 *
 * <p>Owner: partition loop.
 */
final class EndTransaction implements Attempt {
  private static final short FIRST_VERSION_WITH_FENCED = 2;
  private static final short FIRST_VERSION_OF_TRANSACTIONS_2 = 5;

  private final EndTxnRequestData request;
  private final short version;
  private final long freshProducerId;
  private final Endings endings;
  private final Reply<EndTxnResponseData> reply;

  /**
   * The command.
   *
   * @param freshProducerId -1 = none at hand
   */
  EndTransaction(
      EndTxnRequestData request,
      short version,
      long freshProducerId,
      Endings endings,
      Reply<EndTxnResponseData> reply) {
    this.request = request;
    this.version = version;
    this.freshProducerId = freshProducerId;
    this.endings = endings;
    this.reply = reply;
  }

  @Override
  public boolean tryOn(Draft draft) {
    if (draft.transaction() == null) {
      refuse(draft, Errors.INVALID_PRODUCER_ID_MAPPING);
    } else if (version >= FIRST_VERSION_OF_TRANSACTIONS_2) {
      return end2(draft);
    } else {
      end1(draft);
    }
    return true;
  }

  private TransactionState wantedPrepare() {
    return request.committed() ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT;
  }

  private TransactionState wantedComplete() {
    return request.committed() ? TransactionState.COMPLETE_COMMIT : TransactionState.COMPLETE_ABORT;
  }

  private boolean isDecidedSo(Transaction transaction) {
    return transaction.state() == wantedPrepare() || transaction.state() == wantedComplete();
  }

  // ---- version 1: the producer keeps its epoch

  private void end1(Draft draft) {
    Transaction transaction = draft.transaction();
    if (request.producerId() != transaction.currentProducerId()) {
      refuse(draft, Errors.INVALID_PRODUCER_ID_MAPPING);
    } else if (request.producerEpoch() != transaction.currentEpoch()) {
      refuse(draft, Errors.PRODUCER_FENCED);
    } else if (transaction.state() == TransactionState.ONGOING && !transaction.isHandedOver()) {
      Transaction prepared = transaction.prepared1(request.committed(), draft.nowMs());
      answer(draft, prepared);
      endings.prepare(draft, prepared);
    } else if (isDecidedSo(transaction)) {
      answer(draft, transaction);
    } else {
      refuse(draft, Errors.INVALID_TXN_STATE);
    }
  }

  // ---- version 2: the epoch rises with every end

  /** False = it is about the next transaction, while the last is still being completed. */
  private boolean end2(Draft draft) {
    Transaction transaction = draft.transaction();
    TransactionState state = transaction.state();
    if (state != TransactionState.EMPTY
        && state != TransactionState.ONGOING
        && repeats(transaction)) {
      answerRepeated(draft, transaction);
    } else if (request.producerId() != transaction.currentProducerId()) {
      refuse(draft, Errors.INVALID_PRODUCER_ID_MAPPING);
    } else if (request.producerEpoch() != transaction.currentEpoch()) {
      refuse(draft, Errors.PRODUCER_FENCED);
    } else if (state.isPrepared()) {
      // Kafka fences the producer here, which has only aborted what had no partition yet.
      return false;
    } else if (state == TransactionState.ONGOING || (state.isAtRest() && !request.committed())) {
      // At rest no partition has joined yet, as far as is known here.
      prepare(draft, transaction);
    } else {
      refuse(draft, Errors.INVALID_TXN_STATE);
    }
    return true;
  }

  /** Whether the request is the one that has led to this state, or one just like it. */
  private boolean repeats(Transaction transaction) {
    int raised = request.producerEpoch() + 1;
    boolean rose =
        (request.producerId() == transaction.producerId() && raised == transaction.producerEpoch())
            || (request.producerId() == transaction.currentProducerId()
                && raised == transaction.currentEpoch());
    boolean rotated =
        request.producerId() == transaction.previousProducerId()
            && request.producerEpoch() == Short.MAX_VALUE - 1
            && transaction.producerEpoch() == 0;
    return rose || rotated;
  }

  private void answerRepeated(Draft draft, Transaction transaction) {
    if (transaction.currentEpoch() == Short.MAX_VALUE) {
      // It was fenced at the last epoch: that of the marker is no producer's.
      refuse(draft, Errors.PRODUCER_FENCED);
    } else if (isDecidedSo(transaction)) {
      answer(draft, transaction);
    } else {
      refuse(draft, Errors.INVALID_TXN_STATE);
    }
  }

  private void prepare(Draft draft, Transaction transaction) {
    if (Transaction.isExhausted(transaction.currentEpoch())
        && freshProducerId == Transaction.NO_PRODUCER_ID) {
      reply.fail(TransactionShard.NEEDS_PRODUCER_ID, null);
      return;
    }
    Transaction prepared =
        transaction.prepared2(request.committed(), freshProducerId, draft.nowMs());
    answer(draft, prepared);
    endings.prepare(draft, prepared);
  }

  // ---- answers

  /** With the producer id and epoch of the next transaction. */
  private void answer(Draft draft, Transaction decided) {
    EndTxnResponseData response = new EndTxnResponseData();
    if (version >= FIRST_VERSION_OF_TRANSACTIONS_2) {
      response.setProducerId(decided.currentProducerId()).setProducerEpoch(decided.currentEpoch());
    }
    draft.answer(reply, response);
  }

  @Override
  public void refuse(Draft draft, Errors error) {
    draft.answer(
        reply,
        new EndTxnResponseData()
            .setErrorCode(Fencing.named(error, version >= FIRST_VERSION_WITH_FENCED).code()));
  }

  @Override
  public void fail(Errors why) {
    reply.fail(why, null);
  }
}
