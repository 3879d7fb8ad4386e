package io.millrace.quorum.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What stands between a decision and saying it: one write at a time, and the messages that wait for
 * writes.
 *
 * <p>Invariant: a message leaves only after everything it promises is on the disk.
 *
 * <p>Owner: quorum context.
 */
final class Disk {
  /** A message for after the write of this number. */
  private record Held(long write, Message message) {}

  private final ReplicaLog log;
  private final List<Held> held = new ArrayList<>();
  private final List<Message> outgoing = new ArrayList<>();
  private HardState hardState;
  private HardState persistedHardState;

  /** Of the write under way; null = none, or it is not about that. */
  private HardState writingHardState;

  private Ready.Chunk waitingChunk;
  private Ready.Chunk writingChunk;
  private boolean writing;

  /** When the write under way was handed out. */
  private long writingSinceMs;

  /** Number of writes that were handed out. */
  private long writes;

  private long pausedUntilMs = Long.MIN_VALUE;

  Disk(HardState hardState, ReplicaLog log) {
    this.hardState = hardState;
    this.persistedHardState = hardState;
    this.log = log;
  }

  HardState hardState() {
    return hardState;
  }

  void setHardState(HardState changed) {
    if (changed.term() < hardState.term()
        || (changed.term() == hardState.term()
            && hardState.votedFor() != null
            && !hardState.votedFor().equals(changed.votedFor()))) {
      throw new IllegalStateException("From " + hardState + " to " + changed);
    }
    if (changed.term() > hardState.term()) {
      held.clear(); // What was promised to the old term's leader may never be on the disk.
    }
    hardState = changed;
  }

  boolean isHardStateWritten() {
    return hardState.equals(persistedHardState);
  }

  /** Sends what promises nothing. */
  void send(Message message) {
    outgoing.add(message);
  }

  /** Sends as soon as term and vote are on the disk. */
  void sendInTerm(Message message) {
    if (isHardStateWritten()) {
      outgoing.add(message);
    } else {
      held.add(new Held(hardState.equals(writingHardState) ? writes : writes + 1, message));
    }
  }

  /** Sends as soon as term, vote and the log as it is now are on the disk. */
  void sendWhenWritten(Message message) {
    boolean allHanded =
        log.isWritten() && (isHardStateWritten() || hardState.equals(writingHardState));
    if (!allHanded) {
      held.add(new Held(writes + 1, message));
    } else if (writing) {
      held.add(new Held(writes, message));
    } else {
      outgoing.add(message);
    }
  }

  /** The chunk goes to the disk after everything else. */
  void write(Ready.Chunk chunk) {
    waitingChunk = chunk;
  }

  /** The chunk that is being written; null = none. */
  Ready.Chunk writingChunk() {
    return writingChunk;
  }

  boolean isChunkUnderWay() {
    return waitingChunk != null || writingChunk != null;
  }

  /** Whether the log is about to be replaced by a snapshot. */
  boolean isInstalling() {
    return (waitingChunk != null && waitingChunk.last())
        || (writingChunk != null && writingChunk.last());
  }

  boolean isPaused(long nowMs) {
    return nowMs < pausedUntilMs;
  }

  long pausedUntilMs() {
    return pausedUntilMs;
  }

  /** Whether one write has been under way for so long that the disk cannot be counted on. */
  boolean isHanging(long nowMs, QuorumTiming timing) {
    return writing && nowMs - writingSinceMs > 2L * timing.electionTimeoutMs();
  }

  /** The next write; null = there is none now. */
  Ready.Write takeWrite(long nowMs) {
    if (writing || isPaused(nowMs)) {
      return null;
    }
    Ready.Write write = null;
    if (!isHardStateWritten() || !log.isWritten()) {
      writingHardState = isHardStateWritten() ? null : hardState;
      write = log.handOut(writingHardState);
    } else if (waitingChunk != null) {
      writingChunk = waitingChunk;
      waitingChunk = null;
      write = new Ready.Write(null, writingChunk, -1, List.of());
    }
    if (write != null) {
      writing = true;
      writingSinceMs = nowMs;
      writes++;
    }
    return write;
  }

  void onWritten() {
    require(writing);
    if (writingHardState != null) {
      persistedHardState = writingHardState;
    }
    if (writingChunk == null) {
      log.onWritten();
    }
    endWrite();
    release();
  }

  /** Whatever the write was to allow to be said is not said. */
  void onFailed(long diskEnd, long retryAtMs) {
    require(writing && writingChunk == null);
    log.onAppendFailed(diskEnd);
    pausedUntilMs = retryAtMs;
    endWrite();
    held.clear();
  }

  private void endWrite() {
    writing = false;
    writingHardState = null;
    writingChunk = null;
  }

  private void release() {
    List<Held> still = new ArrayList<>();
    for (Held one : held) {
      if (one.write() > writes) {
        still.add(one);
      } else {
        outgoing.add(one.message());
      }
    }
    held.clear();
    held.addAll(still);
  }

  /** Nothing is promised any more. */
  void fail() {
    held.clear();
    outgoing.clear();
    waitingChunk = null;
    endWrite();
  }

  List<Message> takeMessages() {
    List<Message> messages = new ArrayList<>(outgoing.size());
    for (int i = 0; i < outgoing.size(); i++) {
      if (i + 1 == outgoing.size() || !isOutdone(outgoing.get(i), outgoing.get(i + 1))) {
        messages.add(outgoing.get(i));
      }
    }
    outgoing.clear();
    return messages;
  }

  /** Of replies that one write has set free, the last one says it all. */
  private static boolean isOutdone(Message message, Message next) {
    return message instanceof Message.AppendReply reply
        && next instanceof Message.AppendReply later
        && reply.matched()
        && later.matched()
        && reply.term() == later.term()
        && reply.end() <= later.end()
        && reply.round() <= later.round()
        && Objects.equals(reply.to(), later.to());
  }

  private static void require(boolean allowed) {
    if (!allowed) {
      throw new IllegalStateException("There is no such write under way");
    }
  }
}
