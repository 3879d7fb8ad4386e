package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * One write by the worker: batches for the active segment, then perhaps for new ones. The loop
 * makes it, the worker fills in what happened, the loop reads that.
 *
 * <p>Owner: log directory worker while it runs, else partition loop.
 */
final class WriteTask {
  /** The batches for one segment. */
  static final class Run {
    private final Segment segment;
    private final boolean isNew;
    private final SegmentIndexes.Source unloaded; // null = the indexes are on the heap
    private final int position;
    private final List<QueuedBatch> batches = new ArrayList<>();
    private SegmentIndexes indexes;
    private boolean opened;
    private boolean written;

    /** A run for this segment as it is. */
    Run(Segment segment, boolean isNew) {
      this.segment = segment;
      this.isNew = isNew;
      this.position = segment.size();
      this.unloaded = segment.indexesLoaded() ? null : SegmentIndexes.Source.of(segment);
    }

    Segment segment() {
      return segment;
    }

    boolean isNew() {
      return isNew;
    }

    List<QueuedBatch> batches() {
      return batches;
    }

    /** What was loaded; null = nothing had to be. */
    SegmentIndexes indexes() {
      return indexes;
    }

    /** Whether the file is there, and the indexes if they were not. */
    boolean opened() {
      return opened;
    }

    boolean written() {
      return written;
    }
  }

  private final LogDirectory directory;
  private final int intervalBytes;
  private final List<Run> runs;
  private IOException failure;
  private boolean repaired;

  WriteTask(LogDirectory directory, int intervalBytes, List<Run> runs) {
    this.directory = directory;
    this.intervalBytes = intervalBytes;
    this.runs = runs;
  }

  List<Run> runs() {
    return runs;
  }

  /** Why not everything is written; null = everything is. */
  IOException failure() {
    return failure;
  }

  /** Whether the log can go on after the failure: nothing torn is left, and the disk is full. */
  boolean repaired() {
    return repaired;
  }

  /** Whether a segment was added. */
  boolean rolled() {
    return runs.stream().anyMatch(run -> run.isNew && run.opened && run.segment.baseOffset() > 0);
  }

  /** Opens, creates, writes; never throws. */
  void run() {
    for (Run run : runs) {
      if (run.batches.isEmpty() && !run.isNew) {
        run.opened = true;
        run.written = true;
        continue;
      }
      FileChannel channel = null;
      try {
        if (directory.failure() != null) {
          throw directory.failure();
        }
        SegmentFile file = run.segment.file();
        channel = run.isNew ? file.create() : file.acquire();
        if (run.unloaded != null) {
          run.indexes = SegmentIndexes.load(directory.io(), run.unloaded, intervalBytes);
        }
        run.opened = true;
        long started = directory.clock().nanos();
        write(channel, run);
        directory.onWriteTook(directory.clock().nanos() - started);
        run.written = true;
      } catch (IOException | RuntimeException e) {
        failure = LogState.asIoException(e);
        repaired = repair(directory, channel, run.position, failure);
        return;
      } finally {
        if (channel != null) {
          run.segment.file().release();
        }
      }
    }
  }

  private void write(FileChannel channel, Run run) throws IOException {
    ByteBuffer[] buffers = new ByteBuffer[run.batches.size()];
    for (int i = 0; i < buffers.length; i++) {
      buffers[i] = run.batches.get(i).buffer();
    }
    if (buffers.length == 0) {
      return;
    }
    channel.position(run.position);
    directory.io().writeFully(channel, buffers, 0, buffers.length);
  }

  /**
   * After a failed write: if the cause passes by, cuts off what was torn.
   *
   * @param channel null = the file could not even be opened
   * @return whether the log can be written again later
   */
  private static boolean repair(
      LogDirectory directory, FileChannel channel, int size, IOException cause) {
    if (directory.failure() != null || !directory.health().passes(cause)) {
      return false;
    }
    try {
      if (channel != null) {
        directory.io().truncate(channel, size);
      }
      return true;
    } catch (IOException e) {
      cause.addSuppressed(e);
      return false;
    }
  }

  /** The same for a write that failed elsewhere. For workers. */
  static boolean repair(LogDirectory directory, SegmentFile file, int size, IOException cause) {
    try {
      FileChannel channel = file.acquire();
      try {
        return repair(directory, channel, size, cause);
      } finally {
        file.release();
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
      return false;
    }
  }
}
