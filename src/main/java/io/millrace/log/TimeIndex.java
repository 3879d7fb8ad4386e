package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The sparse time index of one segment: from which offset on to look for a timestamp.
 *
 * <p>The file is Kafka's {@code .timeindex}, entries without gaps, never preallocated or mapped:
 *
 * <pre>
 *  byte  0                 8        12
 *        +-----------------+--------+
 *        |    timestamp    | offset |   int64 and int32, big endian
 *        +-----------------+--------+
 * </pre>
 *
 * <p>An entry says: {@code timestamp} (ms) is the largest one in the segment so far, and it is in
 * the batch whose <em>last</em> offset is {@code offset}, relative to the segment's base offset
 * (the earliest such batch). So everything later than {@code timestamp} lies behind that batch.
 * Timestamps and offsets grow strictly. The last entry of a closed segment holds its largest
 * timestamp.
 *
 * <p>Loading, flushing and dropping are as in {@link OffsetIndex}.
 *
 * <p>Owner: partition loop.
 */
final class TimeIndex {
  static final int ENTRY_BYTES = 12;

  /** "No timestamp", as in a record batch. */
  static final long NO_TIMESTAMP = -1;

  private static final Entries NO_ENTRIES = new Entries(new long[0], new int[0]);
  private static final int FIRST_CAPACITY = 16;

  /**
   * What a file holds.
   *
   * @param relativeOffsets as many as timestamps
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Entries(long[] timestamps, int[] relativeOffsets) {}

  /** An entry of the index. */
  record Entry(long timestamp, long offset) {}

  private final long baseOffset;

  /** Null = not loaded. */
  private long[] timestamps;

  private int[] relativeOffsets;
  private int size;

  /**
   * Entries from the first on that the file has as well.
   *
   * <p>Invariant: {@code 0 <= flushed <= size}.
   */
  private int flushed;

  /** The file may hold entries beyond {@link #flushed} that are not valid any more. */
  private boolean fileTooLong;

  private TimeIndex(long baseOffset, Entries entries) {
    this.baseOffset = baseOffset;
    if (entries != null) {
      timestamps = entries.timestamps;
      relativeOffsets = entries.relativeOffsets;
    }
  }

  /** The index of a segment that has none in its file, or whose file is to be overwritten. */
  static TimeIndex empty(long baseOffset) {
    TimeIndex index = new TimeIndex(baseOffset, NO_ENTRIES);
    index.fileTooLong = true;
    return index;
  }

  /** The index of a segment whose entries are only in the file as yet. */
  static TimeIndex unloaded(long baseOffset) {
    return new TimeIndex(baseOffset, null);
  }

  /**
   * Reads and checks the entries of a file; blocks, and touches no state.
   *
   * @param endOffset end of the segment's offsets (exclusive)
   * @return what {@link #install} takes
   * @throws CorruptIndexException if no such segment can have these entries
   * @throws java.nio.file.NoSuchFileException if there is no index file
   */
  static Entries read(FileIo io, Path file, long baseOffset, long endOffset) throws IOException {
    ByteBuffer bytes = OffsetIndex.readAll(io, file);
    if (bytes.remaining() % ENTRY_BYTES != 0) {
      throw new CorruptIndexException(
          file, bytes.remaining() + " bytes is not a multiple of " + ENTRY_BYTES);
    }
    int count = bytes.remaining() / ENTRY_BYTES;
    Entries entries = new Entries(new long[count], new int[count]);
    long lastTimestamp = NO_TIMESTAMP;
    int lastRelative = -1;
    for (int slot = 0; slot < count; slot++) {
      long timestamp = bytes.getLong();
      int relative = bytes.getInt();
      if (timestamp <= lastTimestamp || relative <= lastRelative) {
        throw new CorruptIndexException(
            file,
            "entry %d (timestamp %d, relative offset %d) does not follow timestamp %d, relative offset %d"
                .formatted(slot, timestamp, relative, lastTimestamp, lastRelative));
      }
      entries.timestamps[slot] = timestamp;
      entries.relativeOffsets[slot] = relative;
      lastTimestamp = timestamp;
      lastRelative = relative;
    }
    if (count > 0 && baseOffset + lastRelative >= endOffset) {
      throw new CorruptIndexException(
          file, "offset " + (baseOffset + lastRelative) + " is not below the end " + endOffset);
    }
    return entries;
  }

  /**
   * Reads only the last entry of a file, which for a closed segment is its largest timestamp;
   * blocks.
   *
   * @return timestamp -1 and the base offset if the file has no entry
   * @throws CorruptIndexException if the file does not consist of whole entries
   */
  static Entry readLast(FileIo io, Path file, long baseOffset) throws IOException {
    try (FileChannel channel = io.open(file, StandardOpenOption.READ)) {
      long bytes = channel.size();
      if (bytes % ENTRY_BYTES != 0) {
        throw new CorruptIndexException(file, bytes + " bytes is not a multiple of " + ENTRY_BYTES);
      }
      if (bytes == 0) {
        return new Entry(NO_TIMESTAMP, baseOffset);
      }
      ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES);
      long from = bytes - ENTRY_BYTES;
      while (entry.hasRemaining()) {
        if (channel.read(entry, from + entry.position()) < 0) {
          throw new CorruptIndexException(file, "it ends before its size");
        }
      }
      return new Entry(entry.getLong(0), baseOffset + entry.getInt(8));
    }
  }

  /** Takes entries that {@link #read} got from this index's file; a loaded index ignores them. */
  void install(Entries fromFile) {
    if (timestamps == null) {
      timestamps = fromFile.timestamps;
      relativeOffsets = fromFile.relativeOffsets;
      size = timestamps.length;
      flushed = size;
    }
  }

  /** Whether the entries are on the heap; all methods below but {@link #flush} need them there. */
  boolean loaded() {
    return timestamps != null;
  }

  /**
   * Drops the entries from the heap; they are still in the file.
   *
   * @return false if they are not, so that the index stays loaded: {@link #flush} first
   */
  boolean unload() {
    if (dirty()) {
      return false;
    }
    timestamps = null;
    relativeOffsets = null;
    size = 0;
    flushed = 0;
    return true;
  }

  /** Whether the file differs from the entries, so that {@link #flush} has something to do. */
  boolean dirty() {
    return flushed < size || fileTooLong;
  }

  int entries() {
    return size;
  }

  Entry entry(int slot) {
    requireLoaded();
    if (slot >= size) {
      throw new IndexOutOfBoundsException("Slot " + slot + " of " + size);
    }
    return new Entry(timestamps[slot], baseOffset + relativeOffsets[slot]);
  }

  /** Timestamp of the last entry; -1 = no entry. */
  long lastTimestamp() {
    requireLoaded();
    return size == 0 ? NO_TIMESTAMP : timestamps[size - 1];
  }

  /**
   * Adds an entry, unless its timestamp is not larger than the last one's (then the index says so
   * already).
   *
   * @param timestamp the largest timestamp in the segment so far
   * @param lastOffset last offset of the earliest batch that has it
   */
  void append(long timestamp, long lastOffset) {
    requireLoaded();
    if (timestamp <= lastTimestamp()) {
      return;
    }
    if (!OffsetIndex.fits(baseOffset, lastOffset)) {
      throw new IllegalArgumentException(
          "Offset " + lastOffset + " does not fit a segment that starts at " + baseOffset);
    }
    int relative = (int) (lastOffset - baseOffset);
    if (size > 0 && relative <= relativeOffsets[size - 1]) {
      throw new IllegalArgumentException(
          "Entry (%d, %d) does not follow %s".formatted(timestamp, lastOffset, entry(size - 1)));
    }
    if (size == timestamps.length) {
      int capacity = Math.max(FIRST_CAPACITY, size * 2);
      timestamps = Arrays.copyOf(timestamps, capacity);
      relativeOffsets = Arrays.copyOf(relativeOffsets, capacity);
    }
    timestamps[size] = timestamp;
    relativeOffsets[size] = relative;
    size++;
  }

  /**
   * An offset from which reading forward surely meets the first record with {@code timestamp} or
   * later: that of the largest entry at or below the timestamp, the base offset if there is none.
   *
   * <p>An entry of exactly this timestamp names the last offset of the batch that has it, which may
   * hold such records before: start with the batch that contains the offset.
   */
  long lookup(long timestamp) {
    requireLoaded();
    int found = Arrays.binarySearch(timestamps, 0, size, timestamp);
    int slot = found >= 0 ? found : -found - 2;
    return slot < 0 ? baseOffset : baseOffset + relativeOffsets[slot];
  }

  /** Removes all entries of offsets from {@code offset} (inclusive) on. */
  void truncateTo(long offset) {
    requireLoaded();
    long relative = Math.max(0, Math.min(offset - baseOffset, Integer.MAX_VALUE + 1L));
    int kept = size;
    while (kept > 0 && relativeOffsets[kept - 1] >= relative) {
      kept--;
    }
    if (kept < size) {
      size = kept;
      if (flushed > kept) {
        flushed = kept;
        fileTooLong = true;
      }
    }
  }

  /**
   * Writes what the file lacks. Not fsynced. After a failure it can be tried again.
   *
   * @param channel this index's file, open for writing
   */
  void flush(FileIo io, FileChannel channel) throws IOException {
    if (!dirty()) {
      return;
    }
    if (fileTooLong) {
      io.truncate(channel, (long) flushed * ENTRY_BYTES);
    }
    if (flushed < size) {
      ByteBuffer bytes = ByteBuffer.allocate((size - flushed) * ENTRY_BYTES);
      for (int slot = flushed; slot < size; slot++) {
        bytes.putLong(timestamps[slot]).putInt(relativeOffsets[slot]);
      }
      io.writeFully(channel, bytes.flip(), (long) flushed * ENTRY_BYTES);
    }
    flushed = size;
    fileTooLong = false;
  }

  private void requireLoaded() {
    if (timestamps == null) {
      throw new IllegalStateException("The time index of segment " + baseOffset + " is not loaded");
    }
  }
}
