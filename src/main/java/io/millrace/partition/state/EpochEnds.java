package io.millrace.partition.state;

import io.millrace.model.EpochEnd;

/**
 * What a log knows of the leader epochs that wrote it.
 *
 * <p>Owner: partition loop.
 */
public interface EpochEnds {
  /** First offset that the log keeps. */
  long startOffset();

  /** End of what is persisted (exclusive). */
  long endOffset();

  /** End of what has offsets (exclusive): {@link #endOffset}, and what is being written. */
  long nextOffset();

  /** The largest epoch that is not above the one asked for, and where it ends. */
  EpochEnd endOf(int epoch);
}
