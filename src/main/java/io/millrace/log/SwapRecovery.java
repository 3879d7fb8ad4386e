package io.millrace.log;

import io.millrace.fault.FaultPoint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finishes or undoes what a cleaning had begun when its process ended, as Kafka does: with a {@code
 * .cleaned} file the new segment is not whole, and it is removed; with {@code .swap} files only it
 * is, and takes the place of the segments that it was made from. It can be interrupted anywhere and
 * done again.
 *
 * <p>Owner: log directory worker.
 */
final class SwapRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(SwapRecovery.class);

  private final FileIo io;
  private final Path directory;

  SwapRecovery(FileIo io, Path directory) {
    this.io = io;
    this.directory = directory;
  }

  /** Whether a file of this name is left of a cleaning. */
  static boolean concerns(String name) {
    return base(name, SegmentNames.CLEANED) >= 0 || base(name, SegmentNames.SWAP) >= 0;
  }

  /** Brings the directory into order; durable on return. */
  void run() throws IOException {
    long firstCleaned = Long.MAX_VALUE;
    for (Path file : files(SegmentNames.CLEANED)) {
      firstCleaned = Math.min(firstCleaned, base(file, SegmentNames.CLEANED));
    }
    for (Path file : batchesLast(SegmentNames.SWAP)) {
      if (base(file, SegmentNames.SWAP) >= firstCleaned) {
        io.delete(file);
      }
    }
    for (Path file : batchesLast(SegmentNames.CLEANED)) {
      LOG.info("{} is removed: its cleaning was interrupted", file);
      io.delete(file);
    }
    FaultPoint.SWAP_RECOVERY_BEGUN.reached();
    for (Path file : files(SegmentNames.SWAP)) {
      if (file.toString().endsWith(SegmentNames.LOG + SegmentNames.SWAP)) {
        LOG.info("{} takes its place: its cleaning was interrupted", file);
        removeReplaced(base(file, SegmentNames.SWAP), endOffset(file));
        FaultPoint.SWAP_RECOVERY_REMOVED.reached();
      }
    }
    io.fsyncDirectory(directory);
    List<Path> swaps = batchesLast(SegmentNames.SWAP);
    for (int i = swaps.size() - 1; i >= 0; i--) {
      String name = swaps.get(i).getFileName().toString();
      io.rename(
          swaps.get(i),
          directory.resolve(name.substring(0, name.length() - SegmentNames.SWAP.length())));
      FaultPoint.SWAP_RECOVERY_RENAMED.reached();
    }
    io.fsyncDirectory(directory);
  }

  /** The old segments from {@code base} (inclusive) to {@code end}. */
  private void removeReplaced(long base, long end) throws IOException {
    for (Path file : files("")) {
      long offset = SegmentNames.offset(file.getFileName().toString(), SegmentNames.LOG);
      if (offset > base && offset < end) {
        removeSegment(offset);
      }
    }
    removeSegment(base);
  }

  private void removeSegment(long base) throws IOException {
    for (String suffix : SegmentNames.OF_SEGMENT) {
      io.delete(SegmentNames.file(directory, base, suffix));
    }
  }

  /** The offset behind the last batch; 0 = there is none. */
  private long endOffset(Path log) throws IOException {
    try (FileChannel channel = io.open(log, StandardOpenOption.READ)) {
      BatchScanner batches = new BatchScanner(channel, 0, io.size(channel));
      long end = 0;
      while (batches.next()) {
        end = batches.lastOffset() + 1;
      }
      return end;
    }
  }

  /** Files with this ending, those of batches behind all others. */
  private List<Path> batchesLast(String ending) throws IOException {
    List<Path> ordered = new ArrayList<>();
    List<Path> batches = new ArrayList<>();
    for (Path file : files(ending)) {
      boolean log = file.toString().endsWith(SegmentNames.LOG + ending);
      (log ? batches : ordered).add(file);
    }
    ordered.addAll(batches);
    return ordered;
  }

  /** Files of segments with this ending behind their names. */
  private List<Path> files(String ending) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (base(file, ending) >= 0) {
          found.add(file);
        }
      }
    }
    return found;
  }

  private static long base(Path file, String ending) {
    return base(file.getFileName().toString(), ending);
  }

  /** Base offset in the name of a segment's file with this ending; -1 = it is no such file. */
  private static long base(String name, String ending) {
    if (!name.endsWith(ending)) {
      return -1;
    }
    String bare = name.substring(0, name.length() - ending.length());
    for (String suffix : SegmentNames.OF_SEGMENT) {
      long base = SegmentNames.offset(bare, suffix);
      if (base >= 0) {
        return base;
      }
    }
    return -1;
  }
}
