package io.millrace.partition;

import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import org.apache.kafka.common.protocol.Errors;

/**
 * Port: asks the coordinator of a producer whether a partition belongs to the producer's
 * transaction, before the first batch of that transaction is appended there (KIP-890). So no batch
 * gets into a log whose marker would never come.
 *
 * <p>Owner: any thread.
 */
public interface TransactionVerifier {
  /** There is no coordinator: everything is as the client says. */
  TransactionVerifier NONE = (question, deadlineMs) -> Future.succeededFuture(Errors.NONE);

  /**
   * What is asked.
   *
   * @param adds true = the partition is added to the transaction if it does not belong to it yet
   *     (transaction version 2); false = it must have been added before
   */
  record Question(
      String transactionalId,
      long producerId,
      short producerEpoch,
      TopicIdPartition partition,
      boolean adds) {}

  /**
   * Asks, again while the coordinator moves, loads or completes the producer's last transaction.
   * Never fails; completes on any thread with NONE or with what the producer is to be told.
   *
   * @param deadlineMs wall time at which the producer waits no longer
   */
  Future<Errors> verify(Question question, long deadlineMs);
}
