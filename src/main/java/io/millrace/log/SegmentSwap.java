package io.millrace.log;

import io.millrace.fault.FaultPoint;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives compacted segments of a log their names: the files of the segments in whose place they come
 * get the ending {@code .deleted}, and when that is durable their own lose {@code .swap}. What
 * fails can be tried again and goes on where it stopped.
 *
 * <p>Owner: log directory worker.
 */
final class SegmentSwap {
  private record Rename(Path from, Path to) {}

  private final FileIo io;
  private final Path directory;
  private final ArrayDeque<Rename> old = new ArrayDeque<>();
  private final ArrayDeque<Rename> cleaned = new ArrayDeque<>();
  private final List<Path> deleted = new ArrayList<>();

  /** A swap; nothing is done yet. */
  SegmentSwap(FileIo io, Path directory, List<Segment> replaced, List<Segment> with) {
    this.io = io;
    this.directory = directory;
    for (Segment segment : replaced) {
      for (String suffix : SegmentNames.OF_SEGMENT) {
        Path file = SegmentNames.file(directory, segment.baseOffset(), suffix);
        old.add(new Rename(file, Path.of(file + SegmentNames.DELETED)));
      }
    }
    for (Segment segment : with) {
      for (String suffix : SegmentNames.OF_SEGMENT) {
        Path file = SegmentNames.file(directory, segment.baseOffset(), suffix);
        cleaned.add(new Rename(Path.of(file + SegmentNames.SWAP), file));
      }
    }
  }

  /** Renames what is not renamed yet. */
  void run() throws IOException {
    while (!old.isEmpty()) {
      if (rename(old.peek())) {
        deleted.add(old.peek().to);
        FaultPoint.SWAP_OLD_RENAMED.reached();
      }
      old.poll();
    }
    // Else after a crash of the machine an old segment could lie beside the one in its place.
    io.fsyncDirectory(directory);
    FaultPoint.SWAP_OLD_DURABLE.reached();
    while (!cleaned.isEmpty()) {
      rename(cleaned.peek());
      cleaned.poll();
      FaultPoint.SWAP_NEW_RENAMED.reached();
    }
    io.fsyncDirectory(directory);
    FaultPoint.SWAP_DONE.reached();
  }

  private boolean rename(Rename rename) throws IOException {
    try {
      io.rename(rename.from, rename.to);
      return true;
    } catch (NoSuchFileException e) {
      return false; // not every segment has all files
    }
  }

  /** Files that nobody needs any more. */
  List<Path> deleted() {
    return deleted;
  }
}
