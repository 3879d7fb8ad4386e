package io.millrace.partition;

import java.util.List;

/**
 * Where a new log goes. Directories with about the same free space get as many logs each; else each
 * gets new logs in proportion to its free space, so that a topic's partitions do not all go to the
 * emptiest disk. One that failed never gets any; one that is full or cordoned only if there is no
 * other.
 *
 * <p>Owner: immutable.
 */
final class DirectoryChoice {
  /**
   * What is known of a log directory.
   *
   * @param usableBytes what can be written to it; -1 = unknown
   * @param logs in it
   * @param young of these, begun by this process, so that they have yet to grow
   */
  record Candidate(
      boolean failed, boolean full, boolean cordoned, long usableBytes, int logs, int young) {}

  /** Free space that differs by less than such a part of the largest counts as the same. */
  private static final int SAME = 10;

  private DirectoryChoice() {}

  /** The place in the list of the one to take; -1 = all have failed. */
  static int of(List<Candidate> candidates) {
    long most = -1;
    int tier = Integer.MAX_VALUE;
    for (Candidate candidate : candidates) {
      tier = Math.min(tier, tier(candidate));
    }
    long least = Long.MAX_VALUE;
    for (Candidate candidate : candidates) {
      if (tier(candidate) == tier) {
        most = Math.max(most, candidate.usableBytes);
        least = Math.min(least, candidate.usableBytes);
      }
    }
    boolean same = least < 0 || most - least <= most / SAME;
    int best = -1;
    for (int i = 0; i < candidates.size(); i++) {
      Candidate candidate = candidates.get(i);
      if (!candidate.failed
          && tier(candidate) == tier
          && (best < 0 || better(candidate, candidates.get(best), same))) {
        best = i;
      }
    }
    return best;
  }

  private static int tier(Candidate candidate) {
    if (candidate.failed) {
      return 3;
    }
    return candidate.cordoned ? 2 : candidate.full ? 1 : 0;
  }

  private static boolean better(Candidate one, Candidate other, boolean same) {
    if (!same) {
      double share = (double) one.usableBytes / (1 + one.young);
      double otherShare = (double) other.usableBytes / (1 + other.young);
      if (share != otherShare) {
        return share > otherShare;
      }
    }
    return one.logs < other.logs;
  }
}
