package io.millrace.quorum.state;

/**
 * Which snapshot: the state after all records below {@code endOffset}.
 *
 * @param endOffset exclusive
 * @param term of the last record below it
 *     <p>Owner: immutable.
 */
public record SnapshotId(long endOffset, int term) {
  /** No snapshot: the log is whole from offset 0 on. */
  public static final SnapshotId NONE = new SnapshotId(0, 0);
}
