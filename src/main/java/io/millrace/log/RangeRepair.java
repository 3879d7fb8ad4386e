package io.millrace.log;

import io.millrace.log.LeaderEpochCache.EpochEntry;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Whether what another replica has may be written over a bad range. It must be exactly what was
 * there: as many bytes, whole batches with right CRCs, the same offsets, of the leader epochs that
 * this log knows.
 *
 * <p>In a log that nobody has compacted, equal offsets and epochs mean equal records. In a
 * compacted one they do not, because each replica compacts for itself: a tombstone that another
 * replica has removed may still be needed here. So there each batch must be proven to be the one
 * that was here: by the CRC that is left of it, or by all that the CRC covers.
 *
 * <p>Owner: immutable.
 */
final class RangeRepair {
  private RangeRepair() {}

  /**
   * Why it may not.
   *
   * @param copy its remaining bytes
   * @param bad what is on the disk, from its position on; as long as the range
   * @param compacted whether batches may be missing or shortened in this log or in the other
   * @return null = it may
   */
  static String problem(
      ByteBuffer copy, BadRange range, ByteBuffer bad, List<EpochEntry> epochs, boolean compacted) {
    if (copy.remaining() != range.length()) {
      return "the other replica has "
          + copy.remaining()
          + " bytes for these offsets, which take "
          + range.length()
          + " here";
    }
    long next = range.fromOffset();
    boolean gaps = false;
    int start = copy.position();
    int at = start;
    while (at < copy.limit()) {
      int left = copy.limit() - at;
      if (left < RecordBatch.HEADER_SIZE
          || !RecordBatch.isPlausible(copy, at)
          || RecordBatch.sizeInBytes(copy, at) > left
          || !RecordBatch.isCrcValid(copy, at)) {
        return "the other replica sent what is no good batch";
      }
      long base = RecordBatch.baseOffset(copy, at);
      long last = RecordBatch.lastOffset(copy, at);
      if (base < next || last < base || last >= range.toOffset()) {
        return "the other replica sent the offsets " + base + " to " + last;
      }
      int epoch = SegmentScrub.epochOf(epochs, base);
      if (epoch >= 0 && RecordBatch.leaderEpoch(copy, at) != epoch) {
        return "the other replica has leader epoch "
            + RecordBatch.leaderEpoch(copy, at)
            + " at offset "
            + base
            + ", and this one "
            + epoch;
      }
      gaps |= base > next;
      if (compacted && !wasHere(copy, at, bad, bad.position() + at - start)) {
        return "the log is compacted, and nothing proves that the other replica has what was here";
      }
      next = last + 1;
      at += RecordBatch.sizeInBytes(copy, at);
    }
    gaps |= next < range.toOffset();
    if (gaps && !compacted) {
      return problem(copy, range, bad, epochs, true);
    }
    return copy.equals(bad) ? "the other replica has the same bytes" : null;
  }

  private static boolean wasHere(ByteBuffer copy, int at, ByteBuffer bad, int there) {
    if (RecordBatch.crc(copy, at) == RecordBatch.crc(bad, there)) {
      return true;
    }
    int covered = RecordBatch.sizeInBytes(copy, at) - RecordBatch.ATTRIBUTES_AT;
    return copy.slice(at + RecordBatch.ATTRIBUTES_AT, covered)
        .equals(bad.slice(there + RecordBatch.ATTRIBUTES_AT, covered));
  }
}
