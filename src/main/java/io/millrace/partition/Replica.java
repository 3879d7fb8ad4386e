package io.millrace.partition;

/**
 * The hot operations of a partition's replica, which callers reach by hopping to its loop
 * themselves, many partitions in one hop.
 *
 * <p>Owner: partition loop.
 */
public interface Replica {
  /** Validates, assigns, queues; the write follows at the end of the loop's turn. */
  void append(ProduceAppend append);

  /**
   * Reads; answers by {@link FetchRead#onRead}, at once unless cold bytes must be looked at first.
   */
  void read(FetchRead reader, FetchAsk ask);

  /** Takes a watcher away; it fires no more. */
  void unwatch(FetchRead reader);

  /**
   * Who lives with this replica; null = it does not lead, or nobody does. {@link Resident#ARRIVING}
   * while the log is being opened.
   */
  default Resident resident() {
    return null;
  }
}
