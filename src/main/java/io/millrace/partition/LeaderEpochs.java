package io.millrace.partition;

import org.apache.kafka.common.protocol.Errors;

/**
 * The fencing of clients by the leader epoch that they know (KIP-320).
 *
 * <p>Owner: any thread.
 */
final class LeaderEpochs {
  private LeaderEpochs() {}

  /**
   * What a client is told.
   *
   * @param clientsEpoch -1 = it does not say
   */
  static Errors fence(int clientsEpoch, int leaderEpoch) {
    if (clientsEpoch < 0 || clientsEpoch == leaderEpoch) {
      return Errors.NONE;
    }
    return clientsEpoch < leaderEpoch ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
  }
}
