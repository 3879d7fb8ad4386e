package io.millrace.log.clean;

import java.util.ArrayList;
import java.util.List;

/**
 * Which neighbouring segments are cleaned into one, so that segments do not become ever smaller: as
 * many as are at most half larger than a segment before the cleaning.
 *
 * <p>Owner: immutable.
 */
public final class SegmentGroups {
  /**
   * One segment.
   *
   * @param endOffset where the next one starts
   * @param bytes of the {@code .log} file
   */
  public record Member(
      long baseOffset, long endOffset, long bytes, long indexBytes, long timeIndexBytes) {}

  private SegmentGroups() {}

  /**
   * How large a group may be. Half a segment more than a segment: what cleaning has left of earlier
   * ones then goes with the next full one, instead of staying beside it until the round after.
   *
   * @param segmentBytes {@code segment.bytes}
   */
  public static long maxBytes(int segmentBytes) {
    return Math.min(Integer.MAX_VALUE, segmentBytes + segmentBytes / 2L);
  }

  /**
   * Sizes of the groups, in order.
   *
   * @param segments neighbours, in order
   * @param maxBytes of the {@code .log} files of a group; a larger one is a group of its own
   * @param maxIndexBytes {@code segment.index.bytes}, for each of the two indexes
   */
  public static List<Integer> of(List<Member> segments, long maxBytes, long maxIndexBytes) {
    List<Integer> groups = new ArrayList<>();
    int from = 0;
    while (from < segments.size()) {
      Member first = segments.get(from);
      long bytes = first.bytes;
      long indexBytes = first.indexBytes;
      long timeIndexBytes = first.timeIndexBytes;
      int to = from + 1;
      while (to < segments.size()) {
        Member next = segments.get(to);
        bytes += next.bytes;
        indexBytes += next.indexBytes;
        timeIndexBytes += next.timeIndexBytes;
        // An empty segment adds no offset to the indexes, however far its end is.
        boolean reachable =
            next.bytes == 0 || next.endOffset - 1 - first.baseOffset <= Integer.MAX_VALUE;
        if (bytes > maxBytes
            || indexBytes > maxIndexBytes
            || timeIndexBytes > maxIndexBytes
            || !reachable) {
          break;
        }
        to++;
      }
      groups.add(to - from);
      from = to;
    }
    return groups;
  }
}
