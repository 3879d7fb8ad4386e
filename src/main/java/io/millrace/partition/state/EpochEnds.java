package io.millrace.partition.state;

/**
 * What a log knows of the leader epochs that wrote it.
 *
 * <p>Owner: partition loop.
 */
public interface EpochEnds {
  /**
   * An epoch and the end (exclusive) of its records; -1 and -1 = unknown.
   *
   * <p>Owner: immutable.
   */
  record EpochEnd(int epoch, long endOffset) {}

  /** First offset that the log keeps. */
  long startOffset();

  /** End of what is persisted (exclusive). */
  long endOffset();

  /** The largest epoch that is not above the one asked for, and where it ends. */
  EpochEnd endOf(int epoch);
}
