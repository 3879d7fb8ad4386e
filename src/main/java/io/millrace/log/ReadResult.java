package io.millrace.log;

import io.vertx.core.Future;

/**
 * Outcome of {@link PartitionLog#read}.
 *
 * <p>Owner: immutable.
 */
public sealed interface ReadResult {
  /**
   * Bytes to send: whole batches, the first of which contains the offset that was asked for.
   *
   * @param endOffset all lie below it (exclusive); close to their end, not always at it
   */
  record Data(FileSlice slice, long endOffset) implements ReadResult {}

  /**
   * The answer lies outside the recently written tail and takes a look into the file, on the
   * worker. Completes on the owner's loop with one of the other results, whose bytes are in the
   * page cache then; fails with the IOException that kept them from being found. Whoever ignores it
   * must still release the slice.
   */
  record Later(Future<ReadResult> result) implements ReadResult {}

  /** The offset is valid, and nothing readable is there yet. */
  record Empty() implements ReadResult {
    public static final Empty INSTANCE = new Empty();
  }

  /** The offset lies below the log start or above the log end. */
  record OutOfRange() implements ReadResult {
    public static final OutOfRange INSTANCE = new OutOfRange();
  }
}
