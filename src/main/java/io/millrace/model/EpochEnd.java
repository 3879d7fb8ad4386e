package io.millrace.model;

/**
 * A leader epoch and the end (exclusive) of its records in a log; -1 and -1 = unknown.
 *
 * <p>Owner: immutable.
 */
public record EpochEnd(int leaderEpoch, long endOffset) {
  public static final EpochEnd UNKNOWN = new EpochEnd(-1, -1);
}
