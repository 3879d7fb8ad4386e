package io.millrace.log;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
    List<Path> indexes = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        long segment = SegmentNames.offset(name, SegmentNames.LOG);
        long snapshot = SegmentNames.offset(name, SegmentNames.SNAPSHOT);
        if (segment >= 0) {
          segments.put(segment, Files.size(file));
        } else if (snapshot >= 0) {
          snapshots.add(snapshot);
        } else if (indexed(name) >= 0) {
          indexes.add(file);
          if (name.endsWith(SegmentNames.TRANSACTION_INDEX)) {
            transactionIndexes.add(indexed(name));
          }
        } else if (name.endsWith(SegmentNames.DELETED) || name.endsWith(AtomicFile.TEMPORARY)) {
          io.delete(file);
        } else if (SwapRecovery.concerns(name)) {
          return null;
        }
      }
    }
    for (Path index : indexes) {
      // The batches go first when a segment is deleted.
      if (!segments.containsKey(indexed(index.getFileName().toString()))) {
        io.delete(index);
      }
    }
    transactionIndexes.retainAll(segments.keySet());
    return new LogFiles(segments, snapshots, transactionIndexes);
  }

  /** Base offset in the name of an index file; -1 = it is none. */
  private static long indexed(String name) {
    for (String suffix : SegmentNames.OF_SEGMENT.subList(1, SegmentNames.OF_SEGMENT.size())) {
      long base = SegmentNames.offset(name, suffix);
      if (base >= 0) {
        return base;
      }
    }
    return -1;
  }
}
