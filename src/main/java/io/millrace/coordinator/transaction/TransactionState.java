package io.millrace.coordinator.transaction;

import java.util.EnumSet;
import java.util.Set;

/**
 * Where the transaction of a transactional id stands, with Kafka's names and numbers.
 *
 * <p>Owner: immutable.
 */
public enum TransactionState {
  /** There has been no transaction since the producer began. */
  EMPTY(0, "Empty"),
  /** Partitions take part. */
  ONGOING(1, "Ongoing"),
  /** It is decided that it commits; not every partition may know. */
  PREPARE_COMMIT(2, "PrepareCommit"),
  /** It is decided that it aborts; not every partition may know. */
  PREPARE_ABORT(3, "PrepareAbort"),
  /** Every partition knows that it is committed. */
  COMPLETE_COMMIT(4, "CompleteCommit"),
  /** Every partition knows that it is aborted. */
  COMPLETE_ABORT(5, "CompleteAbort"),
  /** The id is being forgotten. Not written here: a tombstone says it. */
  DEAD(6, "Dead"),
  /**
   * The producer is being fenced, and its transaction will abort. Not written here: the record of
   * PREPARE_ABORT fences as well. If it is read, the transaction aborts.
   */
  PREPARE_EPOCH_FENCE(7, "PrepareEpochFence");

  private static final TransactionState[] BY_ID = values();

  private final byte id;
  private final String shown;

  TransactionState(int id, String shown) {
    this.id = (byte) id;
    this.shown = shown;
  }

  /** Its number in records. */
  public byte id() {
    return id;
  }

  /** The name that clients see. */
  public String shown() {
    return shown;
  }

  /**
   * The state of this number.
   *
   * @throws IllegalArgumentException there is none
   */
  public static TransactionState of(byte id) {
    if (id < 0 || id >= BY_ID.length) {
      throw new IllegalArgumentException("Transaction state " + id + " is not known");
    }
    return BY_ID[id];
  }

  /** The state of a name that clients see; null = there is none. */
  public static TransactionState named(String shown) {
    for (TransactionState state : BY_ID) {
      if (state.shown.equals(shown)) {
        return state;
      }
    }
    return null;
  }

  /** The decision is made, and partitions may still have to learn of it. */
  public boolean isPrepared() {
    return this == PREPARE_COMMIT || this == PREPARE_ABORT;
  }

  /** No transaction is open: the next may begin. */
  public boolean isAtRest() {
    return this == EMPTY || this == COMPLETE_COMMIT || this == COMPLETE_ABORT;
  }

  /** Whether a state may follow directly on this one. */
  public boolean mayBecome(TransactionState next) {
    return switch (this) {
      case EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT ->
          AFTER_REST.contains(next); // aborts without partitions: transaction version 2
      case ONGOING -> AFTER_ONGOING.contains(next);
      case PREPARE_COMMIT -> next == COMPLETE_COMMIT;
      case PREPARE_ABORT -> next == COMPLETE_ABORT;
      case PREPARE_EPOCH_FENCE -> next == PREPARE_ABORT;
      case DEAD -> false;
    };
  }

  private static final Set<TransactionState> AFTER_REST = EnumSet.of(EMPTY, ONGOING, PREPARE_ABORT);
  private static final Set<TransactionState> AFTER_ONGOING =
      EnumSet.of(ONGOING, PREPARE_COMMIT, PREPARE_ABORT);
}
