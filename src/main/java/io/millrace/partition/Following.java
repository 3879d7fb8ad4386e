package io.millrace.partition;

/**
 * Who fetches from leaders for the replicas of this node that follow.
 *
 * <p>Owner: any thread.
 */
public interface Following {
  /** Fetches for this replica from now on, from this node. */
  void follow(FollowedLog log, int leader);

  /** Fetches for it no more; what is on its way may still be delivered. */
  void unfollow(FollowedLog log);
}
