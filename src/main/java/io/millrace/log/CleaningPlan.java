package io.millrace.log;

import io.millrace.log.clean.DirtyPart;
import io.millrace.log.clean.LastRecords;
import io.millrace.log.clean.SegmentGroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the partition loop decided of a round of compaction.
 *
 * @param segments all below the end of the round, in order; each one's end offset is where the next
 *     one starts
 *     <p>Owner: immutable.
 */
record CleaningPlan(
    LogDirectory directory,
    Path path,
    List<SegmentIndexes.Source> segments,
    DirtyPart dirty,
    LastRecords lastRecords,
    LogConfig config,
    long nowMs) {
  /** The segments that become one each, in order: those that begin below an offset. For workers. */
  List<List<SegmentIndexes.Source>> groups(long endOffset) throws IOException {
    List<SegmentIndexes.Source> all = new ArrayList<>();
    List<SegmentGroups.Member> members = new ArrayList<>();
    for (SegmentIndexes.Source segment : segments) {
      if (segment.baseOffset() < endOffset) {
        all.add(segment);
        members.add(
            new SegmentGroups.Member(
                segment.baseOffset(),
                segment.endOffset(),
                segment.size(),
                size(segment.offsetIndex()),
                size(segment.timeIndex())));
      }
    }
    List<List<SegmentIndexes.Source>> groups = new ArrayList<>();
    int from = 0;
    for (int size :
        SegmentGroups.of(
            members, SegmentGroups.maxBytes(config.segmentBytes()), config.segmentIndexBytes())) {
      groups.add(List.copyOf(all.subList(from, from + size)));
      from += size;
    }
    return groups;
  }

  private static long size(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }
}
