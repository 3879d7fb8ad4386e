package io.millrace.partition;

import org.apache.kafka.common.protocol.Errors;

/**
 * Answers readers of a replica that is simulated, for tests of other packages.
 *
 * <p>Owner: any thread.
 */
public final class SimulatedReads {
  private SimulatedReads() {}

  /** The answer to {@link Replica#read}. */
  public static void answer(FetchRead reader, FetchAnswer answer) {
    reader.onRead(answer);
  }

  /** What a reader is told who knows of another leader epoch. */
  public static Errors fence(FetchAsk ask, int leaderEpoch) {
    return LeaderEpochs.fence(ask.currentLeaderEpoch(), leaderEpoch);
  }
}
