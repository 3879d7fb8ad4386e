package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;

/**
 * The segment that compaction writes in the place of one or more others: first to {@code .cleaned}
 * files, which mean nothing; once all of them are durable they are renamed to {@code .swap}, which
 * a later start puts in the others' place if this process cannot any more.
 *
 * <p>Its file stays leased until {@link SegmentSwap} has given it its name.
 *
 * <p>Owner: log directory worker until it is handed to the partition loop.
 */
final class CleanedSegment {
  private final FileIo io;
  private final Path directory;
  private final Segment segment;
  private final FileChannel channel;
  private final int intervalBytes;
  private final ByteBuffer pending;
  private final CleaningMeter meter;

  /** Bytes of the file; the rest of the segment is pending. */
  private long written;

  private boolean changed;
  private List<TransactionIndexFile.Entry> aborted = List.of();

  private CleanedSegment(
      FileIo io,
      Path directory,
      Segment segment,
      FileChannel channel,
      int intervalBytes,
      ByteBuffer pending,
      CleaningMeter meter) {
    this.io = io;
    this.directory = directory;
    this.segment = segment;
    this.channel = channel;
    this.intervalBytes = intervalBytes;
    this.pending = pending;
    this.meter = meter;
  }

  /**
   * Creates the file.
   *
   * @param buffer for what is still to be written; cleared
   */
  static CleanedSegment create(
      LogDirectory logDirectory,
      Path directory,
      long baseOffset,
      int intervalBytes,
      ByteBuffer buffer,
      CleaningMeter meter)
      throws IOException {
    Path path = SegmentNames.file(directory, baseOffset, SegmentNames.LOG);
    SegmentFile file = new SegmentFile(logDirectory.channels(), path);
    Segment segment = Segment.empty(baseOffset, file, logDirectory.nowMs());
    FileChannel channel = file.createAs(Path.of(path + SegmentNames.CLEANED));
    FaultPoint.CLEANED_CREATED.reached();
    return new CleanedSegment(
        logDirectory.io(), directory, segment, channel, intervalBytes, buffer.clear(), meter);
  }

  Segment segment() {
    return segment;
  }

  /** The aborted transactions whose markers it still has; known after {@link #finish}. */
  List<TransactionIndexFile.Entry> aborted() {
    return aborted;
  }

  /** Whether it differs from the segments that it was made from, apart from their number. */
  boolean changed() {
    return changed;
  }

  /** A batch was left out. */
  void skip() {
    changed = true;
  }

  /**
   * Adds a batch.
   *
   * @param same whether it is as it was
   */
  void append(ByteBuffer buffer, int at, boolean same) throws IOException {
    changed |= !same;
    int size = RecordBatch.sizeInBytes(buffer, at);
    if (size > Integer.MAX_VALUE - segment.size()) {
      throw new CorruptSegmentException(segment + " would become larger than a segment can be");
    }
    ByteBuffer batch = buffer.duplicate().limit(at + size).position(at);
    if (size > pending.remaining()) {
      flush();
    }
    if (size > pending.capacity()) {
      io.writeFully(channel, batch, written);
      written += size;
      meter.onWritten(size);
    } else {
      pending.put(batch);
    }
    segment.onBatch(
        RecordBatch.baseOffset(buffer, at),
        RecordBatch.lastOffset(buffer, at),
        size,
        RecordBatch.maxTimestamp(buffer, at),
        intervalBytes,
        false);
  }

  private void flush() throws IOException {
    pending.flip();
    int size = pending.remaining();
    io.writeFully(channel, pending, written);
    written += size;
    pending.clear();
    meter.onWritten(size);
  }

  /**
   * Makes the content of its files durable.
   *
   * @param left entries of the transaction index
   * @param modified time of the newest of the others, by which retention judges a segment without
   *     timestamps
   */
  void finish(long endOffset, List<TransactionIndexFile.Entry> left, FileTime modified)
      throws IOException {
    aborted = List.copyOf(left);
    flush();
    FaultPoint.CLEANED_BATCHES_WRITTEN.reached();
    segment.seal();
    segment.endAt(endOffset);
    SegmentIndexes.write(io, directory, segment, SegmentNames.CLEANED, true);
    if (!aborted.isEmpty()) {
      TransactionIndexFile.write(
          io, file(SegmentNames.TRANSACTION_INDEX, SegmentNames.CLEANED), aborted);
    }
    FaultPoint.CLEANED_INDEXES_WRITTEN.reached();
    io.force(channel, true);
    Files.setLastModifiedTime(file(SegmentNames.LOG, SegmentNames.CLEANED), modified);
  }

  /**
   * Gives the files of finished segments of one log the ending {@code .swap}, durably: from now on
   * they are to take the place of the others.
   *
   * @param finished in order: a start takes no {@code .swap} behind a {@code .cleaned}
   */
  static void name(List<CleanedSegment> finished) throws IOException {
    if (finished.isEmpty()) {
      return;
    }
    CleanedSegment any = finished.get(0);
    any.io.fsyncDirectory(any.directory);
    FaultPoint.CLEANED_DURABLE.reached();
    for (CleanedSegment one : finished) {
      one.name();
    }
    any.io.fsyncDirectory(any.directory);
    FaultPoint.SWAP_DURABLE.reached();
  }

  private void name() throws IOException {
    // The batches come last: without them a start does not take the others for a whole segment.
    for (int i = SegmentNames.OF_SEGMENT.size() - 1; i >= 0; i--) {
      String suffix = SegmentNames.OF_SEGMENT.get(i);
      try {
        io.rename(file(suffix, SegmentNames.CLEANED), file(suffix, SegmentNames.SWAP));
        FaultPoint.SWAP_NAMED.reached();
      } catch (NoSuchFileException e) {
        if (!suffix.equals(SegmentNames.TRANSACTION_INDEX)) {
          throw e;
        }
      }
    }
  }

  private Path file(String suffix, String ending) {
    return SegmentNames.file(directory, segment.baseOffset(), suffix + ending);
  }

  /** Removes what was written; adds to {@code cause} what cannot be removed. */
  void abandon(Throwable cause) {
    segment.file().release();
    segment.file().doom();
    // Without the batches the other files of a swap would be taken for those of the old segment.
    for (String ending : List.of(SegmentNames.SWAP, SegmentNames.CLEANED)) {
      for (int i = SegmentNames.OF_SEGMENT.size() - 1; i >= 0; i--) {
        try {
          io.delete(file(SegmentNames.OF_SEGMENT.get(i), ending));
        } catch (IOException e) {
          cause.addSuppressed(e);
          return;
        }
      }
    }
  }
}
