package io.millrace.log;

import java.io.IOException;
import java.nio.file.NoSuchFileException;

/**
 * Compares the index files of a closed segment with its batches, which it is shown one by one.
 *
 * <p>Owner: log directory worker, one task at a time.
 */
final class IndexCheck {
  private final OffsetIndex offsets;
  private final TimeIndex times;
  private String problem;
  private int offsetSlot;
  private int timeSlot;

  private IndexCheck(OffsetIndex offsets, TimeIndex times, String problem) {
    this.offsets = offsets;
    this.times = times;
    this.problem = problem;
  }

  /** Reads the files; what cannot be read is a problem. */
  static IndexCheck of(FileIo io, SegmentIndexes.Source source) throws IOException {
    OffsetIndex offsets = OffsetIndex.unloaded(source.baseOffset());
    TimeIndex times = TimeIndex.unloaded(source.baseOffset());
    try {
      offsets.install(
          OffsetIndex.read(
              io, source.offsetIndex(), source.baseOffset(), source.endOffset(), source.size()));
      times.install(
          TimeIndex.read(io, source.timeIndex(), source.baseOffset(), source.endOffset()));
      return new IndexCheck(offsets, times, null);
    } catch (CorruptIndexException e) {
      return new IndexCheck(
          OffsetIndex.empty(source.baseOffset()),
          TimeIndex.empty(source.baseOffset()),
          e.getMessage());
    } catch (NoSuchFileException e) {
      // Made anew when somebody needs it.
      return new IndexCheck(
          OffsetIndex.empty(source.baseOffset()), TimeIndex.empty(source.baseOffset()), null);
    }
  }

  /** The next batch of the segment. */
  void onBatch(int position, long baseOffset, long lastOffset, long maxTimestamp) {
    while (offsetSlot < offsets.entries() && offsets.position(offsetSlot) <= position) {
      if (offsets.position(offsetSlot) != position || offsets.offset(offsetSlot) != lastOffset) {
        wrong(
            "the offset index has a batch with offset "
                + offsets.offset(offsetSlot)
                + " at position "
                + offsets.position(offsetSlot));
      }
      offsetSlot++;
    }
    while (timeSlot < times.entries() && times.entry(timeSlot).offset() <= lastOffset) {
      TimeIndex.Entry entry = times.entry(timeSlot);
      if (entry.offset() < baseOffset || entry.timestamp() != maxTimestamp) {
        wrong("the time index has " + entry.timestamp() + " at offset " + entry.offset());
      }
      timeSlot++;
    }
  }

  /** A batch that was shown is bad: the indexes say nothing any more. */
  void rewind() {
    offsetSlot = offsets.entries();
    timeSlot = times.entries();
  }

  private void wrong(String what) {
    if (problem == null) {
      problem = what;
    }
  }

  /** After all batches of the segment, which are good; null = there is none. */
  String problem() {
    if (offsetSlot < offsets.entries()) {
      wrong("the offset index has position " + offsets.position(offsetSlot));
    }
    if (timeSlot < times.entries()) {
      wrong("the time index has offset " + times.entry(timeSlot).offset());
    }
    return problem;
  }
}
