package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * What is on one replica's disk, and so survives a crash. A write becomes durable when it ends; a
 * crash before that keeps any part of it from the front, and never half an entry, as recovery cuts
 * the torn one.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedDisk {
  private final Set<VoterId> initialVoters;
  private final int padding;
  private HardState hardState = HardState.INITIAL;
  private SnapshotId snapshot = SnapshotId.NONE;
  private ReplicatedState snapshotState = ReplicatedState.EMPTY;
  private final List<Entry> entries = new ArrayList<>();
  private ByteBuffer part = ByteBuffer.allocate(0);

  /** What the replica has noted of what is committed, without fsync. */
  private long committedEnd;

  SimulatedDisk(Set<VoterId> initialVoters) {
    this(initialVoters, 0);
  }

  /** A disk whose snapshots are longer than others by so many bytes. */
  SimulatedDisk(Set<VoterId> initialVoters, int padding) {
    this.initialVoters = initialVoters;
    this.padding = padding;
  }

  HardState hardState() {
    return hardState;
  }

  SnapshotId snapshot() {
    return snapshot;
  }

  ReplicatedState snapshotState() {
    return snapshotState;
  }

  long end() {
    return entries.isEmpty()
        ? snapshot.endOffset()
        : Math.max(snapshot.endOffset(), entries.get(entries.size() - 1).endOffset());
  }

  Stored stored() {
    List<Entry> after = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.endOffset() > snapshot.endOffset()) {
        after.add(entry.slice(snapshot.endOffset(), entry.endOffset()));
      }
    }
    return new Stored(
        hardState,
        snapshot,
        snapshotState.voters(),
        after,
        Math.max(committedEnd, snapshot.endOffset()),
        initialVoters);
  }

  void noteCommitted(long end) {
    committedEnd = end;
  }

  /** All of it but a chunk is durable on return. */
  void write(Ready.Write write) {
    if (write.hardState() != null) {
      hardState = write.hardState();
    }
    if (write.truncateTo() >= 0) {
      truncateTo(write.truncateTo());
    }
    append(write.append());
  }

  private void append(List<Entry> added) {
    for (Entry entry : added) {
      if (entry.baseOffset() != end()) {
        throw new AssertionError("Entry at " + entry.baseOffset() + " after the end " + end());
      }
      entries.add(entry);
    }
  }

  private void truncateTo(long to) {
    while (!entries.isEmpty() && entries.get(entries.size() - 1).endOffset() > to) {
      Entry last = entries.remove(entries.size() - 1);
      if (last.baseOffset() < to) {
        entries.add(last.slice(last.baseOffset(), to));
      }
    }
  }

  /** A crash in the middle of a write. */
  void writePartly(Ready.Write write, Random random) {
    if (write.chunk() != null) {
      return;
    }
    int step = random.nextInt(3 + write.append().size());
    if (step > 0 && write.hardState() != null) {
      hardState = write.hardState();
    }
    if (step > 1) {
      if (write.truncateTo() >= 0) {
        truncateTo(write.truncateTo());
      }
      append(write.append().subList(0, step - 2));
    }
  }

  /** The disk is full: term and vote did not get there, nor did some of the entries. */
  long fail(Ready.Write write, Random random) {
    if (write.hardState() == null) {
      if (write.truncateTo() >= 0) {
        truncateTo(write.truncateTo());
      }
      append(write.append().subList(0, random.nextInt(write.append().size() + 1)));
    }
    return end();
  }

  /** Whether the last chunk is written and the log is the snapshot. */
  boolean write(Ready.Chunk chunk) {
    if (chunk.position() == 0) {
      part = ByteBuffer.allocate(4_096);
    }
    if (part.position() != chunk.position()) {
      throw new AssertionError("Chunk at " + chunk.position() + ", wanted " + part.position());
    }
    part.put(chunk.data().duplicate());
    if (chunk.last()) {
      snapshot = chunk.snapshot();
      snapshotState = ReplicatedState.ofFile(part.flip());
      entries.clear();
      committedEnd = snapshot.endOffset();
      if (snapshotState.end() != snapshot.endOffset()) {
        throw new AssertionError("Snapshot " + snapshot + " holds " + snapshotState);
      }
    }
    return chunk.last();
  }

  void take(SnapshotId id, ReplicatedState state) {
    snapshot = id;
    snapshotState = state;
    entries.removeIf(entry -> entry.endOffset() <= id.endOffset());
  }

  /** null = it is not there any more. */
  ByteBuffer read(SnapshotId id, long position, int maxBytes) {
    if (!id.equals(snapshot)) {
      return null;
    }
    ByteBuffer file = snapshotState.toFile(padding);
    if (position > file.limit()) {
      return null;
    }
    file.position((int) position);
    file.limit((int) Math.min(file.limit(), position + maxBytes));
    return file.slice().asReadOnlyBuffer();
  }

  boolean isLast(SnapshotId id, long position, int bytes) {
    return id.equals(snapshot) && position + bytes == snapshotState.toFile(padding).limit();
  }

  List<Entry> read(Ready.LogRead wanted) {
    List<Entry> read = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : entries) {
      if (entry.endOffset() > wanted.fromOffset()) {
        if (read.isEmpty() && entry.baseOffset() > wanted.fromOffset()) {
          return List.of();
        }
        Entry part = entry.slice(wanted.fromOffset(), entry.endOffset());
        bytes += part.bytes();
        if (!read.isEmpty()
            && (part.endOffset() > wanted.toOffset() || bytes > wanted.maxBytes())) {
          break;
        }
        read.add(part);
      }
    }
    return read;
  }
}
