package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * InitProducerId: a producer begins, or goes on after an error (KIP-360). Whoever had the
 * transactional id before is fenced, and what it has left open is aborted, or handed over
 * (KIP-939).
 *
 * <p>Owner: partition loop.
 */
final class InitProducer implements Attempt {
  private static final short FIRST_VERSION_WITH_FENCED = 4;

  private final InitProducerIdRequestData request;
  private final short version;
  private final long freshProducerId;
  private final TransactionConfig config;
  private final Endings endings;
  private final Reply<InitProducerIdResponseData> reply;

  /**
   * The command.
   *
   * @param freshProducerId -1 = none at hand
   */
  InitProducer(
      InitProducerIdRequestData request,
      short version,
      long freshProducerId,
      TransactionConfig config,
      Endings endings,
      Reply<InitProducerIdResponseData> reply) {
    this.request = request;
    this.version = version;
    this.freshProducerId = freshProducerId;
    this.config = config;
    this.endings = endings;
    this.reply = reply;
  }

  @Override
  public boolean tryOn(Draft draft) {
    Errors refusal = refusal(draft);
    if (refusal != Errors.NONE) {
      refuse(draft, refusal);
      return true;
    }
    if (draft.transaction() == null) {
      if (hasFreshProducerId()) {
        Transaction unused =
            Transaction.unused(
                request.transactionalId(), freshProducerId, timeoutMs(), draft.nowMs());
        begin(draft, unused, freshProducerId, (short) 0, Transaction.NO_EPOCH);
      }
      return true;
    }
    if (draft.transaction().state() == TransactionState.ONGOING) {
      if (resumes() && !isCurrent(draft.transaction())) {
        // Kafka aborts first, and then refuses: here a zombie ends nobody's transaction.
        refuse(draft, Errors.PRODUCER_FENCED);
        return true;
      }
      if (request.keepPreparedTxn()) {
        handOver(draft);
        return true;
      }
      endings.fence(draft);
    }
    if (!draft.transaction().state().isAtRest()) {
      return false;
    }
    begin(draft);
    return true;
  }

  /** What forbids it whoever comes; NONE = nothing. */
  private Errors refusal(Draft draft) {
    if (request.transactionalId().isEmpty()
        || (request.producerId() == Transaction.NO_PRODUCER_ID)
            != (request.producerEpoch() == Transaction.NO_EPOCH)) {
      return Errors.INVALID_REQUEST;
    }
    if (request.enable2Pc() && !config.twoPhaseCommit()) {
      return Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    }
    if (request.keepPreparedTxn()
        && (!config.twoPhaseCommit() || draft.transactionVersion() < Transaction.VERSION_2)) {
      return Errors.UNSUPPORTED_VERSION;
    }
    if (!request.enable2Pc()
        && (request.transactionTimeoutMs() <= 0
            || request.transactionTimeoutMs() > config.maxTimeoutMs())) {
      return Errors.INVALID_TRANSACTION_TIMEOUT;
    }
    return draft.transaction() == null || !resumes() || mayResume(draft.transaction())
        ? Errors.NONE
        : Errors.PRODUCER_FENCED;
  }

  /** The producer was at work before, and says as whom. */
  private boolean resumes() {
    return request.producerId() != Transaction.NO_PRODUCER_ID;
  }

  private boolean mayResume(Transaction transaction) {
    return transaction.producerEpoch() == Transaction.NO_EPOCH
        || request.producerId() == transaction.producerId()
        || request.producerId() == transaction.currentProducerId()
        // It repeats the request that gave it a new producer id.
        || (request.producerId() == transaction.previousProducerId()
            && Transaction.isExhausted(request.producerEpoch()));
  }

  private boolean isCurrent(Transaction transaction) {
    return request.producerId() == transaction.currentProducerId()
        && request.producerEpoch() == transaction.currentEpoch();
  }

  private int timeoutMs() {
    return request.enable2Pc() ? Transaction.NO_TIMEOUT : request.transactionTimeoutMs();
  }

  private boolean hasFreshProducerId() {
    if (freshProducerId != Transaction.NO_PRODUCER_ID) {
      return true;
    }
    reply.fail(TransactionShard.NEEDS_PRODUCER_ID, null);
    return false;
  }

  // ---- no transaction is open

  private void begin(Draft draft) {
    Transaction before = draft.transaction();
    short epoch = before.producerEpoch();
    if (resumes() && request.producerEpoch() != epoch && epoch != Transaction.NO_EPOCH) {
      repeat(draft, before);
    } else if (Transaction.isExhausted(epoch)) {
      rotate(draft, before, resumes() ? epoch : Transaction.NO_EPOCH);
    } else {
      begin(
          draft,
          before,
          before.producerId(),
          (short) (epoch + 1),
          resumes() ? epoch : Transaction.NO_EPOCH);
    }
  }

  /** The producer has an epoch that is over: either it repeats its request, or it is fenced. */
  private void repeat(Draft draft, Transaction before) {
    short last = before.lastProducerEpoch();
    if (request.producerEpoch() != last) {
      refuse(draft, Errors.PRODUCER_FENCED);
    } else if (before.producerEpoch() == Short.MAX_VALUE) {
      // That epoch was left to the marker.
      rotate(draft, before, last);
    } else {
      begin(draft, before, before.producerId(), before.producerEpoch(), last);
    }
  }

  private void rotate(Draft draft, Transaction before, short lastEpoch) {
    if (hasFreshProducerId()) {
      begin(draft, before, freshProducerId, (short) 0, lastEpoch);
    }
  }

  private void begin(
      Draft draft, Transaction before, long producerId, short epoch, short lastEpoch) {
    Transaction begun = before.begun(producerId, epoch, lastEpoch, timeoutMs(), draft.nowMs());
    draft.become(begun);
    draft.answer(
        reply,
        new InitProducerIdResponseData()
            .setProducerId(begun.producerId())
            .setProducerEpoch(begun.producerEpoch()));
  }

  // ---- the application finishes what its predecessor has prepared

  private void handOver(Draft draft) {
    Transaction ongoing = draft.transaction();
    boolean exhausted = Transaction.isExhausted(ongoing.currentEpoch());
    if (exhausted && !hasFreshProducerId()) {
      return;
    }
    Transaction handedOver =
        exhausted
            ? ongoing.handedOver(freshProducerId, (short) 0, draft.nowMs())
            : ongoing.handedOver(
                ongoing.currentProducerId(), (short) (ongoing.currentEpoch() + 1), draft.nowMs());
    draft.become(handedOver);
    draft.answer(
        reply,
        new InitProducerIdResponseData()
            .setProducerId(handedOver.currentProducerId())
            .setProducerEpoch(handedOver.currentEpoch())
            .setOngoingTxnProducerId(handedOver.producerId())
            .setOngoingTxnProducerEpoch(handedOver.producerEpoch()));
  }

  // ---- other answers

  @Override
  public void refuse(Draft draft, Errors error) {
    draft.answer(
        reply,
        new InitProducerIdResponseData()
            .setErrorCode(Fencing.named(error, version >= FIRST_VERSION_WITH_FENCED).code())
            .setProducerId(Transaction.NO_PRODUCER_ID)
            .setProducerEpoch(Transaction.NO_EPOCH));
  }

  @Override
  public void fail(Errors why) {
    reply.fail(why, null);
  }
}
