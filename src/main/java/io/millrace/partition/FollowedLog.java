package io.millrace.partition;

import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;

/**
 * The log of a replica that follows a leader, in one leader epoch, as who fetches for it sees it.
 *
 * <p>Owner: any thread, but for {@link #take}.
 */
public interface FollowedLog {
  TopicIdPartition id();

  /** The loop that owns the replica. */
  Loop loop();

  /** In which it follows. */
  int leaderEpoch();

  /**
   * From where to fetch.
   *
   * @param offset the end of the log; everything before is persisted
   * @param lastFetchedEpoch leader epoch of the last batch; -1 = there is none
   */
  record Point(long offset, int lastFetchedEpoch, long logStartOffset) {}

  /** What comes of an answer. */
  interface Taken {
    /**
     * All of the answer is in the log, or refused.
     *
     * @param next from where to fetch next; null = not at all, this replica follows no more in this
     *     epoch
     * @param pause whether to wait a little before it, because something was not as it should be
     */
    void onTaken(Point next, boolean pause);
  }

  /**
   * Takes what the leader has answered, or asks where to begin. On the owner's loop, and not again
   * before {@code taken} is called, there too.
   *
   * @param fetched null = nothing has been asked yet
   */
  void take(Fetched fetched, Taken taken);
}
