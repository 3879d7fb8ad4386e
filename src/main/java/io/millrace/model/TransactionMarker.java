package io.millrace.model;

/**
 * The end of a producer's transaction, as its coordinator has decided it and every partition that
 * took part writes it down (KIP-98).
 *
 * @param producerId whose transaction ends
 * @param producerEpoch that the marker carries: from transaction version 2 on that of the next
 *     transaction (KIP-890), so that late batches of this one are refused
 * @param commits false = the transaction is aborted
 * @param coordinatorEpoch leader epoch of the coordinator's partition; a partition takes nothing
 *     from an older one
 * @param transactionVersion {@code transaction.version} under which the transaction ran; 0 = the
 *     sender does not know of it
 *     <p>Owner: immutable.
 */
public record TransactionMarker(
    long producerId,
    short producerEpoch,
    boolean commits,
    int coordinatorEpoch,
    int transactionVersion) {
  /** The same marker of a transaction that ran under this version. */
  public TransactionMarker under(int version) {
    return new TransactionMarker(producerId, producerEpoch, commits, coordinatorEpoch, version);
  }
}
