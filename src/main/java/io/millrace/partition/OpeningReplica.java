package io.millrace.partition;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * A replica whose log is being opened, which takes a moment for a new one and longer for one to be
 * recovered. What comes meanwhile waits, up to a bound; beyond it clients are sent to ask again.
 *
 * <p>Owner: partition loop.
 */
final class OpeningReplica implements Replica {
  private static final int MAX_WAITING = 256;

  private final List<Runnable> waiting = new ArrayList<>();
  private Replica successor;

  /** Hands everything that waits to the opened (or failed) replica. */
  void succeed(Replica opened) {
    successor = opened;
    waiting.forEach(Runnable::run);
    waiting.clear();
  }

  @Override
  public void append(ProduceAppend append) {
    if (waiting.size() >= MAX_WAITING) {
      append.records().release();
      append.refuse(Errors.NOT_LEADER_OR_FOLLOWER, "The partition is being opened");
    } else {
      waiting.add(() -> successor.append(append));
    }
  }

  @Override
  public void read(FetchRead reader, FetchAsk ask) {
    reader.ask(ask);
    if (waiting.size() >= MAX_WAITING) {
      reader.onRead(FetchAnswer.refused(Errors.NOT_LEADER_OR_FOLLOWER));
    } else {
      waiting.add(() -> successor.read(reader, ask));
    }
  }

  @Override
  public Resident resident() {
    return Resident.ARRIVING;
  }

  @Override
  public void unwatch(FetchRead reader) {
    // Behind the read that would arm it.
    waiting.add(() -> successor.unwatch(reader));
  }
}
