package io.millrace.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is copied of the segments of a log that moves, and whether it is still a copy of the segment
 * that is there now.
 *
 * <p>Owner: partition loop.
 */
final class CopiedSegments {
  /** What is copied of one segment. */
  static final class Copied {
    /**
     * What it was copied from; another file of the same name is another segment. Null = it is no
     * copy of anything any more.
     */
    private SegmentFile source;

    private int bytes;
    private boolean indexed;

    private Copied(SegmentFile source) {
      this.source = source;
    }

    /** From the start of the segment. */
    int bytes() {
      return bytes;
    }

    void onCopied(int length) {
      bytes += length;
    }

    /** Whether its index files are copied, as far as there are any. */
    boolean indexed() {
      return indexed;
    }

    void onIndexed() {
      indexed = true;
    }
  }

  private final LogState log;
  private final TreeMap<Long, Copied> copied = new TreeMap<>();

  CopiedSegments(LogState log) {
    this.log = log;
  }

  /** The copy of this segment; null = none is begun. */
  Copied of(Segment segment) {
    return copied.get(segment.baseOffset());
  }

  /** The same, begun if need be. */
  Copied begun(Segment segment) {
    return copied.computeIfAbsent(segment.baseOffset(), any -> new Copied(segment.file()));
  }

  /** Base offsets of copies that are not of a segment of the log any more. */
  List<Long> outdated() {
    List<Long> outdated = new ArrayList<>();
    copied.forEach(
        (base, copy) -> {
          Segment now = segment(base);
          if (now == null || now.file() != copy.source) {
            outdated.add(base);
            copy.source = null;
          }
        });
    return outdated;
  }

  /** These are removed from the copy. */
  void remove(List<Long> baseOffsets) {
    baseOffsets.forEach(copied::remove);
  }

  /** The log was cut, in other files: what is copied of bytes that stayed is still good. */
  void onCut() {
    copied.forEach(
        (base, copy) -> {
          Segment now = segment(base);
          if (copy.source != null) {
            copy.source = now != null && copy.bytes <= now.size() ? now.file() : null;
            copy.indexed = false;
          }
        });
  }

  /** The segment that begins here; null = none does. */
  private Segment segment(long baseOffset) {
    int slot = log.segments.slotAtOrBelow(baseOffset);
    Segment found = slot < 0 ? null : log.segments.get(slot);
    return found != null && found.baseOffset() == baseOffset ? found : null;
  }

  /** Bytes that are not copied. */
  long left() {
    return log.segments.sizeInBytes() - bytes();
  }

  /** Bytes that are. */
  long bytes() {
    long bytes = 0;
    for (Copied copy : copied.values()) {
      bytes += copy.source == null ? 0 : copy.bytes;
    }
    return bytes;
  }

  /** Up to about where (exclusive) the log is copied. */
  long endOffset() {
    long end = log.segments.isEmpty() ? log.writtenEnd : log.segments.first().baseOffset();
    for (Map.Entry<Long, Copied> entry : copied.entrySet()) {
      Segment segment = segment(entry.getKey());
      Copied copy = entry.getValue();
      if (segment != null && copy.source == segment.file() && copy.bytes > 0) {
        double share = (double) copy.bytes / Math.max(1, segment.size());
        long offsets = segment.endOffset() - segment.baseOffset();
        end = Math.max(end, segment.baseOffset() + (long) (share * offsets));
      }
    }
    return end;
  }
}
