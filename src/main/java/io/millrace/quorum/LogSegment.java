package io.millrace.quorum;

import io.millrace.quorum.state.Entry;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of the metadata log, from which parts can be read.
 *
 * <p>Owner: metadata log worker.
 */
final class LogSegment {
  /** A batch that does not end within the bytes that were read, or does not begin there. */
  private static final int NONE = -1;

  private final Path path;
  private final long baseOffset;
  private final BatchIndex index;
  private int size;

  /** A segment of which the first {@code size} bytes count. */
  LogSegment(Path path, long baseOffset, BatchIndex index, int size) {
    this.path = path;
    this.baseOffset = baseOffset;
    this.index = index;
    this.size = size;
  }

  Path path() {
    return path;
  }

  long baseOffset() {
    return baseOffset;
  }

  int size() {
    return size;
  }

  /** A batch was written, durably, at the end. */
  void onAppended(long batchOffset, int bytes) {
    index.add(batchOffset, size);
    size = Math.addExact(size, bytes);
  }

  /** The file was cut to so many bytes. */
  void onCut(int bytes) {
    index.cutTo(bytes);
    size = bytes;
  }

  /** The batch that holds an offset. */
  record Located(int position, ByteBuffer batch) {
    long baseOffset() {
      return RecordBatch.baseOffset(batch, 0);
    }
  }

  /** Finds the batch with {@code offset}, which must be in this segment. */
  Located locate(long offset) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer header = ByteBuffer.allocate(RecordBatch.HEADER_SIZE);
      int position = index.floor(offset);
      while (true) {
        header.clear();
        SnapshotSource.readFully(channel, header, position);
        int bytes = checkedSize(header, 0, position);
        if (RecordBatch.nextOffset(header, 0) > offset) {
          ByteBuffer batch = ByteBuffer.allocate(bytes);
          SnapshotSource.readFully(channel, batch, position);
          if (!RecordBatch.isCrcValid(batch.flip(), 0)) {
            throw damaged(position);
          }
          return new Located(position, batch);
        }
        position += bytes;
      }
    }
  }

  /**
   * Whole entries: the one with {@code from}, which loses what is before it, and those after it as
   * long as they end at {@code to} (exclusive) and all fit {@code maxBytes} of {@link Entry#bytes}.
   * The first one is there in any case, and never cut at its end: that would make two groups of
   * one.
   *
   * @throws IOException also if the bytes are damaged
   */
  List<Entry> read(long from, long to, int maxBytes) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      int start = index.floor(from);
      int window = Math.min(size - start, maxBytes + BatchIndex.BYTES_BETWEEN);
      ByteBuffer bytes = read(channel, start, window);
      int position = 0;
      long taken = 0;
      while (start + position < size) {
        int batch = sizeIfWhole(bytes, position, start);
        if (batch == NONE) {
          if (!entries.isEmpty()) {
            return entries;
          }
          // One batch is larger than the window.
          start += position;
          position = 0;
          bytes = read(channel, start, Math.min(RecordBatch.HEADER_SIZE, size - start));
          bytes = read(channel, start, checkedSize(bytes, 0, start));
          continue;
        }
        if (RecordBatch.nextOffset(bytes, position) > from) {
          if (!RecordBatch.isCrcValid(bytes, position)) {
            throw damaged(start + position);
          }
          for (Entry entry : EntryCodec.decode(bytes, position)) {
            if (entry.endOffset() > from) {
              Entry next = entry.slice(from, entry.endOffset());
              taken += next.bytes();
              if (!entries.isEmpty() && (next.endOffset() > to || taken > maxBytes)) {
                return entries;
              }
              entries.add(next);
            }
          }
          if (entries.get(entries.size() - 1).endOffset() >= to) {
            return entries;
          }
        }
        position += batch;
      }
    }
    return entries;
  }

  private static ByteBuffer read(FileChannel channel, int position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    SnapshotSource.readFully(channel, buffer, position);
    return buffer.flip();
  }

  private int sizeIfWhole(ByteBuffer bytes, int position, int start) throws IOException {
    int left = bytes.limit() - position;
    if (left < RecordBatch.HEADER_SIZE) {
      return NONE;
    }
    int batch = checkedSize(bytes, position, start + position);
    return batch <= left ? batch : NONE;
  }

  private int checkedSize(ByteBuffer bytes, int at, int position) throws IOException {
    int batch =
        bytes.limit() - at < RecordBatch.HEADER_SIZE ? 0 : RecordBatch.sizeInBytes(bytes, at);
    if (batch < RecordBatch.HEADER_SIZE || batch > size - position) {
      throw damaged(position);
    }
    return batch;
  }

  private MetadataLogException damaged(int position) {
    return new MetadataLogException(
        "Metadata log "
            + path
            + " is damaged at byte "
            + position
            + ": what was written there reads otherwise. Replace the disk and this voter");
  }
}
