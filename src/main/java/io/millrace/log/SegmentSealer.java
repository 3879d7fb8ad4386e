package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes what belongs to closed segments: their indexes, the producers' snapshot at their end, the
 * leader epochs. All of it is fsynced before the recovery point passes the segment. What finds the
 * disk full is tried again.
 *
 * <p>Owner: partition loop.
 */
final class SegmentSealer {
  /** A closed segment, the transactions aborted in it, and the producers at its end. */
  private record Closed(
      Segment segment,
      long endOffset,
      List<TransactionIndexFile.Entry> aborted,
      ByteBuffer snapshot) {
    /** Writes what makes the segment good as it is; its own indexes last, as a mark of that. */
    void writeIndexes(FileIo io, Path directory) throws IOException {
      TransactionIndexFile.save(io, directory, segment.baseOffset(), aborted);
      SegmentIndexes.write(io, directory, segment, true);
    }
  }

  private final LogState log;

  /** In order; the first one is being written while {@link #busy}. */
  private final ArrayDeque<Closed> unsealed = new ArrayDeque<>();

  /** What the file holds; null = unknown. */
  private List<LeaderEpochCache.EpochEntry> savedEpochs;

  private boolean busy;

  /** No further segment is begun; null = the log goes on. */
  private Promise<Void> stopped;

  SegmentSealer(LogState log) {
    this.log = log;
    savedEpochs = log.epochs.entries();
    // A recovery on a full disk leaves closed segments without index files.
    for (int i = 0; i + 1 < log.segments.count(); i++) {
      Segment segment = log.segments.get(i);
      if (segment.indexesLoaded() && dirty(segment)) {
        unsealed.add(
            new Closed(segment, segment.endOffset(), aborted(segment, segment.endOffset()), null));
      }
    }
    updateRecoveryPoint();
  }

  private List<TransactionIndexFile.Entry> aborted(Segment segment, long endOffset) {
    return log.transactions.aborted().endedBetween(segment.baseOffset(), endOffset);
  }

  private static boolean dirty(Segment segment) {
    return segment.offsetIndex().dirty() || segment.timeIndex().dirty();
  }

  /** A segment will not grow any more; the next one starts at {@code endOffset}. */
  void onClosed(Segment segment, long endOffset) {
    segment.seal();
    unsealed.add(
        new Closed(
            segment,
            endOffset,
            aborted(segment, endOffset),
            ProducerSnapshot.encode(log.producers, endOffset)));
    updateRecoveryPoint();
    work();
  }

  /** Whether the files of this segment are still to be written. */
  boolean pending(Segment segment) {
    return unsealed.stream().anyMatch(closed -> closed.segment == segment);
  }

  /** Goes on with what failed because the disk was full. */
  void retry() {
    if (!log.directory.lowOnSpace()) {
      work();
    }
  }

  private void work() {
    Closed next = unsealed.peek();
    if (busy || next == null || stopped != null || log.failure != null) {
      return;
    }
    busy = true;
    List<LeaderEpochCache.EpochEntry> epochs = epochsBelow(next.endOffset);
    boolean saveEpochs = !epochs.equals(savedEpochs);
    List<Long> outdated = outdatedSnapshots(next.segment.baseOffset());
    FileIo io = log.io();
    Path directory = log.path;
    log.directory
        .worker()
        .<Void>run(
            Lane.CARE,
            log.owner,
            () -> {
              next.writeIndexes(io, directory);
              if (saveEpochs) {
                LeaderEpochCheckpoint.write(io, directory, epochs);
              }
              writeSnapshot(io, directory, next.endOffset, next.snapshot, outdated);
              return null;
            })
        .onComplete(
            done -> {
              busy = false;
              if (done.succeeded()) {
                unsealed.poll();
                savedEpochs = saveEpochs ? epochs : savedEpochs;
                if (next.snapshot != null) {
                  log.snapshots.add(next.endOffset);
                }
                log.snapshots.removeAll(outdated);
                updateRecoveryPoint();
                work();
              } else {
                log.onTaskFailed("Writing the indexes of " + next.segment, done.cause());
              }
              if (stopped != null) {
                stopped.complete();
              }
            });
  }

  private static void writeSnapshot(
      FileIo io, Path directory, long offset, ByteBuffer snapshot, List<Long> outdated)
      throws IOException {
    if (snapshot != null) {
      Path file = SegmentNames.file(directory, offset, SegmentNames.SNAPSHOT);
      ProducerSnapshot.write(io, file, snapshot.duplicate(), true);
    }
    for (long old : outdated) {
      io.delete(SegmentNames.file(directory, old, SegmentNames.SNAPSHOT));
    }
  }

  /** Those older than the start of the last closed segment: two are kept. */
  private List<Long> outdatedSnapshots(long lastButOne) {
    return new ArrayList<>(log.snapshots.headSet(lastButOne, false));
  }

  private List<LeaderEpochCache.EpochEntry> epochsBelow(long endOffset) {
    List<LeaderEpochCache.EpochEntry> entries = log.epochs.entries();
    entries.removeIf(entry -> entry.startOffset() >= endOffset);
    return entries;
  }

  void updateRecoveryPoint() {
    long end = log.durableEnd;
    log.recoveryPoint =
        unsealed.isEmpty() ? end : Math.min(end, unsealed.peek().segment.baseOffset());
  }

  /** Completes when no file is being written any more. */
  Future<Void> stop() {
    if (stopped == null) {
      stopped = Promise.promise();
      if (!busy) {
        stopped.complete();
      }
    }
    return stopped.future();
  }

  /** Goes on after {@link #stop}: the segments are others now. */
  void resume() {
    stopped = null;
    unsealed.clear();
    savedEpochs = null;
    updateRecoveryPoint();
  }

  /** Goes on after {@link #stop} with the same segments, perhaps in another directory. */
  void goOn() {
    stopped = null;
    savedEpochs = null;
    updateRecoveryPoint();
    work();
  }

  /**
   * Makes the task that leaves the files of a closing log as a later start expects them, except for
   * the segments themselves, which are durable already. Not more is fsynced than what cannot be
   * recognized as damaged.
   */
  LogWorker.Task closing() {
    List<Closed> closed = List.copyOf(unsealed);
    Segment active = log.segments.active();
    Segment grown = active != null && active.indexesLoaded() && active.size() > 0 ? active : null;
    if (grown != null) {
      grown.seal();
    }
    List<LeaderEpochCache.EpochEntry> epochs = epochsBelow(log.writtenEnd);
    boolean saveEpochs = !epochs.equals(savedEpochs);
    boolean snapshot = log.producers.size() > 0 || !log.snapshots.isEmpty();
    long end = log.writtenEnd;
    ByteBuffer producers =
        snapshot && !log.snapshots.contains(end)
            ? ProducerSnapshot.encode(log.producers, end)
            : null;
    List<Long> outdated = active == null ? List.of() : outdatedSnapshots(active.baseOffset());
    List<TransactionIndexFile.Entry> aborted =
        active == null ? List.of() : aborted(active, Long.MAX_VALUE);
    FileIo io = log.io();
    Path directory = log.path;
    return () -> {
      for (Closed one : closed) {
        one.writeIndexes(io, directory);
      }
      if (active != null) {
        TransactionIndexFile.save(io, directory, active.baseOffset(), aborted);
      }
      if (grown != null) {
        SegmentIndexes.write(io, directory, grown, false);
      }
      if (saveEpochs) {
        LeaderEpochCheckpoint.write(io, directory, epochs);
      }
      if (producers != null) {
        Path file = SegmentNames.file(directory, end, SegmentNames.SNAPSHOT);
        ProducerSnapshot.write(io, file, producers, false);
        for (long old : outdated) {
          io.delete(SegmentNames.file(directory, old, SegmentNames.SNAPSHOT));
        }
      }
    };
  }

  /** Everything there is to write is written: {@link #closing} has run. */
  void onClosing() {
    unsealed.clear();
    updateRecoveryPoint();
  }
}
