package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.InstallSnapshot;

/**
 * A snapshot on its way here, piece by piece. Two leaders' files of the same snapshot may differ in
 * their bytes, so it begins anew with each leader and term.
 *
 * <p>Owner: quorum context.
 */
final class SnapshotReceipt {
  private final Replica replica;
  private VoterId from;
  private int term;
  private SnapshotId snapshot = SnapshotId.NONE;
  private long position;
  private long round;

  SnapshotReceipt(Replica replica) {
    this.replica = replica;
  }

  /** Takes a piece if it is the next one, and says which one is. */
  void onChunk(InstallSnapshot message) {
    boolean goesOn =
        message.snapshot().equals(snapshot)
            && message.from().equals(from)
            && message.term() == term;
    if (replica.disk.isChunkUnderWay()) {
      if (goesOn) {
        round = message.round();
      }
      return; // The leader asks again.
    }
    if (!goesOn) {
      from = message.from();
      term = message.term();
      snapshot = message.snapshot();
      position = 0;
    }
    round = message.round();
    if (message.position() != position) {
      sayPosition();
      return;
    }
    replica.disk.write(
        new Ready.Chunk(snapshot, message.position(), message.data(), message.last()));
  }

  /**
   * Answers a heartbeat while the log is being replaced. Who did not send what is here has another
   * file, in which our position means nothing.
   */
  void onHeartbeat(Message.Append append) {
    boolean isSender = append.from().equals(from) && append.term() == term;
    replica.disk.sendInTerm(
        new Message.SnapshotReply(
            replica.self,
            append.from(),
            replica.term(),
            snapshot,
            isSender ? position : 0,
            append.round()));
  }

  /** A piece that was not the last one is written. */
  void onWritten(Ready.Chunk chunk) {
    position = chunk.position() + chunk.data().remaining();
    sayPosition();
  }

  /** The file is gone. */
  void onRefused() {
    position = 0;
    sayPosition();
  }

  private void sayPosition() {
    if (from != null && replica.term() == term) {
      replica.disk.sendInTerm(
          new Message.SnapshotReply(replica.self, from, term, snapshot, position, round));
    }
  }

  VoterId from() {
    return from;
  }

  int term() {
    return term;
  }

  long round() {
    return round;
  }

  /** Installed, or of no use any more. */
  void end() {
    snapshot = SnapshotId.NONE;
    from = null;
  }
}
