package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;

/**
 * A decision about one transactional id while it is made: what its records would lead to. Several
 * commands can add to it, each upon what those before have decided.
 *
 * <p>Owner: partition loop.
 */
final class Draft {
  private final String transactionalId;
  private final long nowMs;
  private final int transactionVersion;
  private final Decision decision = new Decision();
  private Transaction transaction;

  /** Begins with a transaction as it is; null = the id is not known. */
  Draft(String transactionalId, Transaction transaction, long nowMs, int transactionVersion) {
    this.transactionalId = transactionalId;
    this.transaction = transaction;
    this.nowMs = nowMs;
    this.transactionVersion = transactionVersion;
  }

  String transactionalId() {
    return transactionalId;
  }

  /** As it will be; null = the id is not known. */
  Transaction transaction() {
    return transaction;
  }

  long nowMs() {
    return nowMs;
  }

  /** Finalized level of {@code transaction.version}. */
  int transactionVersion() {
    return transactionVersion;
  }

  /**
   * Decides the next state.
   *
   * @throws IllegalStateException it cannot follow on this one
   */
  void become(Transaction next) {
    if (transaction != null && !transaction.state().mayBecome(next.state())) {
      throw new IllegalStateException(
          transactionalId + ": " + next.state() + " cannot follow on " + transaction.state());
    }
    decision.append(TransactionRecords.of(next, transactionVersion));
    transaction = next;
  }

  <R> void answer(Reply<R> reply, R value) {
    decision.answer(reply, value);
  }

  Decision decision() {
    return decision;
  }
}
