package io.millrace.partition.state;

import io.millrace.model.EpochEnd;

/**
 * Where the log of somebody who reads and the one that is read part: by leader epochs, never by a
 * high watermark (KIP-101, KIP-279, KIP-595). Pure.
 *
 * <p>Owner: any thread.
 */
public final class Divergence {
  private Divergence() {}

  /**
   * What a reader is told.
   *
   * @param fetchOffset where the reader goes on
   * @param lastFetchedEpoch leader epoch of the last record that it has; -1 = it does not say
   * @param follower whether it is one: it is told where to cut, whatever it has there
   * @return null = the logs do not part before the offset, as far as the reader says; with the end
   *     -1 = it speaks of an epoch that is not known here
   */
  public static EpochEnd of(
      EpochEnds log, int leaderEpoch, long fetchOffset, int lastFetchedEpoch, boolean follower) {
    if (lastFetchedEpoch >= 0) {
      EpochEnd end = log.endOf(lastFetchedEpoch);
      if (end.endOffset() < fetchOffset || end.leaderEpoch() < lastFetchedEpoch) {
        return end;
      }
    }
    // A new leader may still be writing what it took over as a follower: the same question must not
    // be answered in one way now and in another way then.
    return follower && fetchOffset > log.nextOffset()
        ? new EpochEnd(leaderEpoch, log.nextOffset())
        : null;
  }
}
