package io.millrace.quorum.state;

/**
 * Times and bounds of the rules.
 *
 * @param heartbeatMs a leader is heard from at least this often; lost requests are repeated after
 *     it too
 * @param electionTimeoutMs without news from a leader for this long, and up to twice as long at
 *     random, a voter asks for an election; as long a leader leads without a majority, and as long
 *     a voter refuses to desert a leader it has heard from
 * @param learnerTimeoutMs a learner that was silent for this long is forgotten by the leader
 * @param diskRetryMs after an append that failed and may succeed later, nothing is written for this
 *     long
 * @param maxRecordsPerAppend in one message; a larger entry goes alone
 * @param maxBytesPerAppend of records in one message; a larger entry goes alone
 * @param maxAppendsInFlight messages with entries that one follower has not answered
 * @param tailRecords so many of the newest records stay in memory for followers
 *     <p>Owner: immutable.
 */
public record QuorumTiming(
    int heartbeatMs,
    int electionTimeoutMs,
    int learnerTimeoutMs,
    int diskRetryMs,
    int maxRecordsPerAppend,
    int maxBytesPerAppend,
    int maxAppendsInFlight,
    int tailRecords) {
  public static final QuorumTiming DEFAULT =
      new QuorumTiming(500, 1_500, 5_000, 1_000, 5_000, 1 << 20, 8, 20_000);

  public QuorumTiming {
    if (heartbeatMs < 1 || electionTimeoutMs < 2 * heartbeatMs) {
      throw new IllegalArgumentException(
          "The election timeout, "
              + electionTimeoutMs
              + " ms, must be at least twice the heartbeat of "
              + heartbeatMs
              + " ms");
    }
    if (learnerTimeoutMs < electionTimeoutMs || diskRetryMs < 1) {
      throw new IllegalArgumentException(
          "Learner timeout " + learnerTimeoutMs + " ms or disk retry " + diskRetryMs + " ms");
    }
    if (maxRecordsPerAppend < 1
        || maxBytesPerAppend < 1
        || maxAppendsInFlight < 1
        || tailRecords < 0) {
      throw new IllegalArgumentException(
          "Bounds "
              + maxRecordsPerAppend
              + ", "
              + maxBytesPerAppend
              + ", "
              + maxAppendsInFlight
              + ", "
              + tailRecords);
    }
  }
}
