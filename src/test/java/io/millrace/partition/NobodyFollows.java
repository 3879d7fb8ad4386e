package io.millrace.partition;

import java.util.ArrayList;
import java.util.List;

/**
 * Notes who is to be fetched for.
 *
 * <p>Owner: the test's thread.
 */
final class NobodyFollows implements Following {
  final List<FollowedLog> followed = new ArrayList<>();

  @Override
  public void follow(FollowedLog log, int leader) {
    followed.add(log);
  }

  @Override
  public void unfollow(FollowedLog log) {
    followed.remove(log);
  }
}
