package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What the rules want done; each thing is handed out once. The parts do not wait for each other:
 * whatever may be said only after a write is in {@code messages} only once the rules were told of
 * that write.
 *
 * @param write what to persist; null = nothing, or one write is not yet answered
 * @param messages to send, in order
 * @param committed entries that are committed and on this disk, in the order of the log, each once
 * @param logReads entries to be read from the disk for a follower
 * @param snapshotReads pieces of the newest snapshot to be read for a follower
 * @param reads what {@link QuorumRules#readIndex} was asked; after {@code committed}
 *     <p>Owner: immutable.
 */
public record Ready(
    Write write,
    List<Message> messages,
    List<Entry> committed,
    List<LogRead> logReads,
    List<SnapshotRead> snapshotReads,
    List<Read> reads) {
  public Ready {
    messages = List.copyOf(messages);
    committed = List.copyOf(committed);
    logReads = List.copyOf(logReads);
    snapshotReads = List.copyOf(snapshotReads);
    reads = List.copyOf(reads);
  }

  /**
   * One write: either a chunk of a snapshot and nothing else, or in this order {@code hardState}
   * (file and directory fsynced), {@code truncateTo}, {@code append}, fsync. The answer is {@link
   * QuorumRules#onWritten}, for the last chunk {@link QuorumRules#onSnapshotInstalled}; after a
   * failure {@link QuorumRules#onAppendFailed}, for any chunk {@link
   * QuorumRules#onSnapshotRefused}, or {@link QuorumRules#onDiskFailed}.
   *
   * @param hardState null = as it was
   * @param chunk piece of a snapshot that replaces the whole log once it is there; null = none
   * @param truncateTo the log ends here before {@code append}; -1 = it is not cut. May lie inside a
   *     batch, but always where a proposal ended
   * @param append entries, in order; may be empty
   */
  public record Write(HardState hardState, Chunk chunk, long truncateTo, List<Entry> append) {
    public Write {
      append = List.copyOf(append);
    }
  }

  /**
   * A piece of a snapshot. At position 0 the file is begun anew; when {@code last} is written, the
   * file is checked, made durable under its name, and the log is emptied: it goes on at the
   * snapshot's end.
   */
  public record Chunk(SnapshotId snapshot, long position, ByteBuffer data, boolean last) {}

  /**
   * Entries to read: from {@code fromOffset} on, not beyond {@code toOffset} (exclusive) and not
   * more than {@code maxBytes} of {@link Entry#bytes}, but at least one. They are whole, as they
   * were proposed, so that the first one may go beyond both; but one that begins before {@code
   * fromOffset} is cut there. Answered by {@link QuorumRules#onLogRead}.
   */
  public record LogRead(VoterId to, long fromOffset, long toOffset, int maxBytes) {}

  /** Bytes of a snapshot's file to read. Answered by {@link QuorumRules#onSnapshotRead}. */
  public record SnapshotRead(VoterId to, SnapshotId snapshot, long position) {}

  /**
   * The answer to {@link QuorumRules#readIndex}.
   *
   * @param ticket what readIndex returned
   * @param end everything below this (exclusive) was committed when it was asked; -1 = this node
   *     leads no longer, ask the new leader
   */
  public record Read(long ticket, long end) {}

  public boolean isEmpty() {
    return write == null
        && messages.isEmpty()
        && committed.isEmpty()
        && logReads.isEmpty()
        && snapshotReads.isEmpty()
        && reads.isEmpty();
  }
}
