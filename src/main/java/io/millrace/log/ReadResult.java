package io.millrace.log;

/**
 * Outcome of {@link PartitionLog#read}.
 *
 * <p>Owner: immutable.
 */
public sealed interface ReadResult {
  /**
   * Bytes to send: whole batches, but for the last one, which may be cut where the byte limit says
   * so.
   */
  record Data(FileSlice slice) implements ReadResult {}

  /** The offset is valid, and nothing readable is there yet. */
  record Empty() implements ReadResult {
    public static final Empty INSTANCE = new Empty();
  }

  /** The offset lies below the log start or above the log end. */
  record OutOfRange() implements ReadResult {
    public static final OutOfRange INSTANCE = new OutOfRange();
  }
}
