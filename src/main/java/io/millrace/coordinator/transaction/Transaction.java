package io.millrace.coordinator.transaction;

import io.millrace.model.TopicPartition;
import java.util.Set;

/**
 * What is known of one transactional id, as its newest record says.
 *
 * @param producerId of the producer that is, or was last, at work
 * @param previousProducerId the producer id before the last change; -1 = none
 * @param nextProducerId the producer id from the next transaction on, or, while the transaction is
 *     ongoing, the one under which it will be ended (KIP-939); -1 = the same
 * @param producerEpoch of the producer; once prepared under transaction version 2, that of its next
 *     transaction, which the markers carry
 * @param lastProducerEpoch the epoch before, with which a producer may repeat a request; not in
 *     records; -1 = none
 * @param nextProducerEpoch epoch of {@code nextProducerId}; -1 = 0, or none
 * @param timeoutMs an ongoing transaction is aborted after this; {@link Integer#MAX_VALUE} = never
 *     (two-phase commit, KIP-939)
 * @param partitions that take part, and are not known to be done
 * @param startMs when the transaction began, wall time; -1 = there is none
 * @param updatedMs wall time of the record
 * @param clientVersion {@code transaction.version} that the producer speaks: 0 or 2
 *     <p>Owner: immutable.
 */
public record Transaction(
    String transactionalId,
    long producerId,
    long previousProducerId,
    long nextProducerId,
    short producerEpoch,
    short lastProducerEpoch,
    short nextProducerEpoch,
    int timeoutMs,
    TransactionState state,
    Set<TopicPartition> partitions,
    long startMs,
    long updatedMs,
    short clientVersion) {
  public static final long NO_PRODUCER_ID = -1;
  public static final short NO_EPOCH = -1;

  public Transaction {
    partitions = Set.copyOf(partitions);
  }
}
