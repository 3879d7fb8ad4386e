package io.millrace.log;

import io.millrace.model.TransactionMarker;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a log knows of its producers and what it takes from them: the rules of {@link
 * ProducerStateTable} as {@code ProducedBatches} applies them, without batches and files, for
 * simulations.
 *
 * <p>Owner: the test's thread.
 */
public final class ProducersOfLog {
  private final ProducerStateTable table = new ProducerStateTable();
  private long nextOffset;

  /** Whether a batch of one record would begin a transaction. */
  public boolean beginsTransaction(long producerId, short epoch, int sequence) {
    return !isInTransaction(producerId, epoch)
        && table.check(producerId, epoch, sequence, 1) instanceof SequenceCheck.Accept;
  }

  private boolean isInTransaction(long producerId, short epoch) {
    ProducerState state = table.get(producerId);
    return state != null && state.currentTxnFirstOffset() >= 0 && state.epoch() == epoch;
  }

  /** Whether a transaction of the producer is in progress. */
  public boolean hasOpen(long producerId) {
    ProducerState state = table.get(producerId);
    return state != null && state.currentTxnFirstOffset() >= 0;
  }

  /**
   * Appends a transactional batch of one record if that may be; NONE = it is appended,
   * DUPLICATE_SEQUENCE_NUMBER = it was.
   *
   * @param sequence -1 = a coordinator writes it
   */
  public Errors append(long producerId, short epoch, int sequence) {
    SequenceCheck check =
        sequence < 0
            ? table.checkWithoutSequence(producerId, epoch)
            : table.check(producerId, epoch, sequence, 1);
    Errors error = error(check);
    if (error == Errors.NONE) {
      if (sequence < 0) {
        table.noteWithoutSequence(producerId, epoch, nextOffset, -1, true);
      } else {
        table.update(producerId, epoch, sequence, nextOffset, 0, -1);
      }
      table.beginTransaction(producerId, nextOffset);
      table.persistedTo(++nextOffset);
    }
    return error;
  }

  /** Appends a marker if that may be; NONE = it is appended. */
  public Errors append(TransactionMarker marker) {
    Errors error = error(table.checkMarker(marker));
    if (error == Errors.NONE) {
      table.endTransaction(marker, nextOffset, -1, true);
      table.persistedTo(++nextOffset);
    }
    return error;
  }

  private static Errors error(SequenceCheck check) {
    if (check instanceof SequenceCheck.Refused refused) {
      return refused.error();
    }
    return check instanceof SequenceCheck.Accept ? Errors.NONE : Errors.DUPLICATE_SEQUENCE_NUMBER;
  }
}
