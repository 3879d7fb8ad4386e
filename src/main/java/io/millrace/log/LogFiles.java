package io.millrace.log;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What lies in the directory of a log.
 *
 * @param segments size in bytes by base offset
 * @param snapshots offsets of the producer snapshots
 * @param transactionIndexes base offsets of the segments that have one
 *     <p>Owner: log directory worker.
 */
record LogFiles(
    SortedMap<Long, Long> segments, NavigableSet<Long> snapshots, Set<Long> transactionIndexes) {
  /** Lists the directory; removes what a former process left half-made or half-removed. */
  static LogFiles list(FileIo io, Path directory) throws IOException {
    LogFiles found = look(io, directory);
    if (found != null) {
      return found;
    }
    new SwapRecovery(io, directory).run();
    return look(io, directory);
  }

  /** Null = a cleaning was interrupted. */
  private static LogFiles look(FileIo io, Path directory) throws IOException {
    SortedMap<Long, Long> segments = new TreeMap<>();
    NavigableSet<Long> snapshots = new TreeSet<>();
    Set<Long> transactionIndexes = new HashSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        long segment = SegmentNames.offset(name, SegmentNames.LOG);
        long snapshot = SegmentNames.offset(name, SegmentNames.SNAPSHOT);
        if (segment >= 0) {
          segments.put(segment, Files.size(file));
        } else if (snapshot >= 0) {
          snapshots.add(snapshot);
        } else if (SegmentNames.offset(name, SegmentNames.TRANSACTION_INDEX) >= 0) {
          transactionIndexes.add(SegmentNames.offset(name, SegmentNames.TRANSACTION_INDEX));
        } else if (name.endsWith(SegmentNames.DELETED) || name.endsWith(AtomicFile.TEMPORARY)) {
          io.delete(file);
        } else if (SwapRecovery.concerns(name)) {
          return null;
        }
      }
    }
    return new LogFiles(segments, snapshots, transactionIndexes);
  }
}
