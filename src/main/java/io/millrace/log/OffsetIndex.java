package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The sparse offset index of one segment: where in its file to start looking for an offset.
 *
 * <p>The file is Kafka's {@code .index}, entries without gaps, never preallocated or mapped:
 *
 * <pre>
 *  byte  0        4        8
 *        +--------+--------+
 *        | offset |position|   both int32, big endian
 *        +--------+--------+
 * </pre>
 *
 * <p>An entry names the <em>last</em> offset of a batch, relative to the segment's base offset, and
 * the position of that batch's first byte. Offsets and positions grow strictly. How sparse the
 * entries are is the caller's decision ({@code index.interval.bytes}).
 *
 * <p>Entries live on the heap. Those of an active segment reach the file with {@link #flush}, which
 * must come before the recovery point passes them; those of a closed segment are read when needed
 * ({@link #read} on a worker, {@link #install} on the owner's loop) and dropped again by {@link
 * #unload}.
 *
 * <p>Owner: partition loop.
 */
final class OffsetIndex {
  static final int ENTRY_BYTES = 8;
  private static final long[] NO_ENTRIES = {};
  private static final int FIRST_CAPACITY = 16;

  private final long baseOffset;

  /**
   * One entry each, as in the file: relative offset in the upper half, position in the lower. Null
   * = not loaded.
   */
  private long[] entries;

  private int size;

  /**
   * Entries at the start of {@link #entries} that the file has as well.
   *
   * <p>Invariant: {@code 0 <= flushed <= size}.
   */
  private int flushed;

  /** The file may hold entries beyond {@link #flushed} that are not valid any more. */
  private boolean fileTooLong;

  private OffsetIndex(long baseOffset, long[] entries) {
    this.baseOffset = baseOffset;
    this.entries = entries;
  }

  /** The index of a segment that has none in its file, or whose file is to be overwritten. */
  static OffsetIndex empty(long baseOffset) {
    OffsetIndex index = new OffsetIndex(baseOffset, NO_ENTRIES);
    index.fileTooLong = true;
    return index;
  }

  /** The index of a segment whose entries are only in the file as yet. */
  static OffsetIndex unloaded(long baseOffset) {
    return new OffsetIndex(baseOffset, null);
  }

  /**
   * Reads and checks the entries of a file; blocks, and touches no state.
   *
   * @param endOffset end of the segment's offsets (exclusive)
   * @param segmentBytes size of the segment's file
   * @return what {@link #install} takes
   * @throws CorruptIndexException if no such segment can have these entries
   * @throws java.nio.file.NoSuchFileException if there is no index file
   */
  static long[] read(FileIo io, Path file, long baseOffset, long endOffset, long segmentBytes)
      throws IOException {
    ByteBuffer bytes = readAll(io, file);
    if (bytes.remaining() % ENTRY_BYTES != 0) {
      throw new CorruptIndexException(
          file, bytes.remaining() + " bytes is not a multiple of " + ENTRY_BYTES);
    }
    long[] entries = new long[bytes.remaining() / ENTRY_BYTES];
    bytes.asLongBuffer().get(entries);
    int lastRelative = -1;
    int lastPosition = -1;
    for (int slot = 0; slot < entries.length; slot++) {
      int relative = relativeOffset(entries[slot]);
      int position = position(entries[slot]);
      if (relative <= lastRelative || position <= lastPosition) {
        throw new CorruptIndexException(
            file,
            "entry %d (relative offset %d, position %d) does not follow relative offset %d, position %d"
                .formatted(slot, relative, position, lastRelative, lastPosition));
      }
      lastRelative = relative;
      lastPosition = position;
    }
    if (entries.length > 0 && baseOffset + lastRelative >= endOffset) {
      throw new CorruptIndexException(
          file, "offset " + (baseOffset + lastRelative) + " is not below the end " + endOffset);
    }
    if (lastPosition >= segmentBytes) {
      throw new CorruptIndexException(
          file, "position " + lastPosition + " is beyond the segment's " + segmentBytes + " bytes");
    }
    return entries;
  }

  /** The whole file; what is larger than an index can be is corrupt. */
  static ByteBuffer readAll(FileIo io, Path file) throws IOException {
    try (FileChannel channel = io.open(file, StandardOpenOption.READ)) {
      long bytes = channel.size();
      if (bytes > Integer.MAX_VALUE - 8) {
        throw new CorruptIndexException(file, bytes + " bytes");
      }
      ByteBuffer buffer = ByteBuffer.allocate((int) bytes);
      int read = 0;
      while (buffer.hasRemaining() && read >= 0) {
        read = channel.read(buffer, buffer.position());
      }
      return buffer.flip();
    }
  }

  /** Takes entries that {@link #read} got from this index's file; a loaded index ignores them. */
  void install(long[] fromFile) {
    if (entries == null) {
      entries = fromFile;
      size = fromFile.length;
      flushed = size;
    }
  }

  /** Whether the entries are on the heap; all methods below but {@link #flush} need them there. */
  boolean loaded() {
    return entries != null;
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
    entries = null;
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

  /** Last offset of the batch in this slot. */
  long offset(int slot) {
    return baseOffset + relativeOffset(entry(slot));
  }

  /** Where the batch in this slot starts. */
  int position(int slot) {
    return position(entry(slot));
  }

  /** Whether the offset is near enough to the base offset to be indexed; if not, time to roll. */
  static boolean fits(long baseOffset, long offset) {
    return offset >= baseOffset && offset - baseOffset <= Integer.MAX_VALUE;
  }

  /**
   * Adds an entry for a batch behind all others.
   *
   * @param lastOffset the batch's last offset
   * @param position where the batch starts in the segment's file
   */
  void append(long lastOffset, int position) {
    requireLoaded();
    if (!fits(baseOffset, lastOffset)) {
      throw new IllegalArgumentException(
          "Offset " + lastOffset + " does not fit a segment that starts at " + baseOffset);
    }
    if (position < 0) {
      throw new IllegalArgumentException("Position " + position);
    }
    if (size > 0 && (lastOffset <= offset(size - 1) || position <= position(size - 1))) {
      throw new IllegalArgumentException(
          "Entry (%d, %d) does not follow (%d, %d)"
              .formatted(lastOffset, position, offset(size - 1), position(size - 1)));
    }
    if (size == entries.length) {
      entries = Arrays.copyOf(entries, Math.max(FIRST_CAPACITY, size * 2));
    }
    entries[size++] = ((lastOffset - baseOffset) << 32) | position;
  }

  /**
   * A position from which reading forward surely meets the batch that contains {@code offset}: that
   * of the largest entry at or below it, 0 if there is none.
   */
  int lookup(long offset) {
    int slot = slotAtOrBelow(offset);
    return slot < 0 ? 0 : position(slot);
  }

  /** Slot of the largest entry at or below {@code offset}; -1 = none. */
  int slotAtOrBelow(long offset) {
    requireLoaded();
    if (offset < baseOffset) {
      return -1;
    }
    long relative = Math.min(offset - baseOffset, Integer.MAX_VALUE);
    int found = Arrays.binarySearch(entries, 0, size, (relative << 32) | 0xFFFF_FFFFL);
    // No position is negative, so the key is never an entry and lies behind all of its offset.
    return -found - 2;
  }

  /** Removes all entries of offsets from {@code offset} (inclusive) on. */
  void truncateTo(long offset) {
    int kept = slotAtOrBelow(offset - 1) + 1;
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
      bytes.asLongBuffer().put(entries, flushed, size - flushed);
      io.writeFully(channel, bytes, (long) flushed * ENTRY_BYTES);
    }
    flushed = size;
    fileTooLong = false;
  }

  private long entry(int slot) {
    requireLoaded();
    if (slot >= size) {
      throw new IndexOutOfBoundsException("Slot " + slot + " of " + size);
    }
    return entries[slot];
  }

  private void requireLoaded() {
    if (entries == null) {
      throw new IllegalStateException("The index of segment " + baseOffset + " is not loaded");
    }
  }

  private static int relativeOffset(long entry) {
    return (int) (entry >> 32);
  }

  private static int position(long entry) {
    return (int) entry;
  }
}
