package io.millrace.coordinator.transaction;

import io.millrace.model.TopicPartition;
import java.util.HashSet;
import java.util.Set;

/**
 * What is known of one transactional id, as its newest record says. Each transition is a method
 * that gives the next record; none changes this one.
 *
 * <p>The producer id before a transition becomes the previous one of the next record, as in Kafka,
 * so that it differs from the producer id only right after a change.
 *
 * @param producerId of the producer that is, or was last, at work
 * @param previousProducerId the producer id of the record before; -1 = there was none
 * @param nextProducerId the producer id from the next transaction on, or, while the transaction is
 *     ongoing, the one under which it will be ended (KIP-939); -1 = the same
 * @param producerEpoch of the producer; once prepared under transaction version 2, that of its next
 *     transaction, which the markers carry; -1 = no producer has begun
 * @param lastProducerEpoch the epoch before, with which the producer may repeat its request; -1 =
 *     none
 * @param nextProducerEpoch epoch of {@code nextProducerId}; -1 = 0, or none
 * @param timeoutMs an ongoing transaction is aborted after this; {@link Integer#MAX_VALUE} = never
 *     (two-phase commit, KIP-939)
 * @param partitions that take part
 * @param startMs when the transaction began, wall time; -1 = there is none
 * @param updatedMs wall time of the record
 * @param clientVersion {@code transaction.version} under which the transaction runs: 0 or 2
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
  public static final int NO_TIMEOUT = Integer.MAX_VALUE;

  /** Transaction version 2: the epoch rises with every end (KIP-890). */
  static final short VERSION_2 = 2;

  private static final long NO_TIME = -1;

  public Transaction {
    partitions = Set.copyOf(partitions);
  }

  /**
   * Whether no producer can be given an epoch above this one: the highest of all is left to the
   * marker that fences it.
   */
  static boolean isExhausted(short epoch) {
    return epoch >= Short.MAX_VALUE - 1;
  }

  // ---- who may speak for the transactional id

  /** The ongoing transaction was kept for another instance of the application (KIP-939). */
  public boolean isHandedOver() {
    return state == TransactionState.ONGOING && nextProducerEpoch != NO_EPOCH;
  }

  /**
   * The producer id that the producer was told last: once the end is decided, that of its next
   * transaction.
   */
  public long currentProducerId() {
    return hasNext() ? nextProducerId : producerId;
  }

  /** The epoch that the producer was told last, see {@link #currentProducerId}. */
  public short currentEpoch() {
    return hasNext() ? (short) Math.max(0, nextProducerEpoch) : producerEpoch;
  }

  private boolean hasNext() {
    return isHandedOver() || (state.isPrepared() && nextProducerId != NO_PRODUCER_ID);
  }

  // ---- transitions

  /** A transactional id that nobody has used: not a record yet. */
  static Transaction unused(String transactionalId, long producerId, int timeoutMs, long nowMs) {
    return new Transaction(
        transactionalId,
        producerId,
        NO_PRODUCER_ID,
        NO_PRODUCER_ID,
        NO_EPOCH,
        NO_EPOCH,
        NO_EPOCH,
        timeoutMs,
        TransactionState.EMPTY,
        Set.of(),
        NO_TIME,
        nowMs,
        (short) 0);
  }

  /** A producer begins, under this producer id and epoch. */
  Transaction begun(
      long newProducerId, short epoch, short lastEpoch, int newTimeoutMs, long nowMs) {
    return new Transaction(
        transactionalId,
        newProducerId,
        producerId,
        NO_PRODUCER_ID,
        epoch,
        lastEpoch,
        NO_EPOCH,
        newTimeoutMs,
        TransactionState.EMPTY,
        Set.of(),
        NO_TIME,
        nowMs,
        clientVersion);
  }

  /** Partitions are added to the transaction, which begins with the first. */
  Transaction joinedBy(Set<TopicPartition> more, short version, long nowMs) {
    Set<TopicPartition> all = new HashSet<>(partitions);
    all.addAll(more);
    return new Transaction(
        transactionalId,
        producerId,
        producerId,
        nextProducerId,
        producerEpoch,
        lastProducerEpoch,
        nextProducerEpoch,
        timeoutMs,
        TransactionState.ONGOING,
        all,
        state == TransactionState.ONGOING ? startMs : nowMs,
        nowMs,
        version);
  }

  /** The transaction goes on, and will be ended under another producer id or epoch (KIP-939). */
  Transaction handedOver(long toProducerId, short toEpoch, long nowMs) {
    return new Transaction(
        transactionalId,
        producerId,
        producerId,
        toProducerId,
        producerEpoch,
        lastProducerEpoch,
        toEpoch,
        timeoutMs,
        TransactionState.ONGOING,
        partitions,
        startMs,
        nowMs,
        clientVersion);
  }

  /** The end is decided under version 1: the producer goes on with its epoch. */
  Transaction prepared1(boolean commits, long nowMs) {
    return prepared(
        commits, producerEpoch, lastProducerEpoch, NO_PRODUCER_ID, NO_EPOCH, (short) 0, nowMs);
  }

  /** The transaction is to abort, and its producer is fenced, under version 1. */
  Transaction fenced1(long nowMs) {
    return prepared(
        false, above(producerEpoch), NO_EPOCH, NO_PRODUCER_ID, NO_EPOCH, (short) 0, nowMs);
  }

  /**
   * The end is decided under version 2: the producer's epoch rises.
   *
   * @param freshProducerId for the next transaction if the epochs are exhausted; -1 = the producer
   *     is left with an exhausted one, and must begin again
   */
  Transaction prepared2(boolean commits, long freshProducerId, long nowMs) {
    short told = currentEpoch();
    boolean exhausted = isExhausted(told) && freshProducerId != NO_PRODUCER_ID;
    if (isHandedOver() && nextProducerId != producerId) {
      // Two producer ids: the markers fence the one that wrote, the other goes on.
      return prepared(
          commits,
          above(producerEpoch),
          told,
          exhausted ? freshProducerId : nextProducerId,
          exhausted ? 0 : above(told),
          VERSION_2,
          nowMs);
    }
    return prepared(
        commits,
        above(told),
        told,
        exhausted ? freshProducerId : NO_PRODUCER_ID,
        NO_EPOCH,
        VERSION_2,
        nowMs);
  }

  private static short above(short epoch) {
    return epoch == Short.MAX_VALUE ? epoch : (short) (epoch + 1);
  }

  private Transaction prepared(
      boolean commits,
      short epoch,
      short lastEpoch,
      long next,
      short nextEpoch,
      short version,
      long nowMs) {
    return new Transaction(
        transactionalId,
        producerId,
        producerId,
        next,
        epoch,
        lastEpoch,
        nextEpoch,
        timeoutMs,
        commits ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT,
        partitions,
        // What never began, and aborts, begins now.
        startMs == NO_TIME || state.isAtRest() ? nowMs : startMs,
        nowMs,
        version);
  }

  /** Every partition has the marker. */
  Transaction completed(long nowMs) {
    return new Transaction(
        transactionalId,
        currentProducerId(),
        producerId,
        NO_PRODUCER_ID,
        currentEpoch(),
        lastProducerEpoch,
        NO_EPOCH,
        timeoutMs,
        state == TransactionState.PREPARE_COMMIT
            ? TransactionState.COMPLETE_COMMIT
            : TransactionState.COMPLETE_ABORT,
        Set.of(),
        startMs,
        nowMs,
        clientVersion);
  }

  // ---- time

  /** Wall time at which the transaction is aborted; {@link Long#MAX_VALUE} = never. */
  public long deadlineMs() {
    return state != TransactionState.ONGOING || timeoutMs == NO_TIMEOUT
        ? Long.MAX_VALUE
        : startMs + timeoutMs;
  }
}
