package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Kafka's {@code .txnindex}: the aborted transactions whose markers are in a segment. Blocks.
 *
 * <pre>
 *  byte  0      2          10         18         26         34
 *        +------+----------+----------+----------+----------+
 *        |version| producer|  first   |   last   |last stable|   int16 and int64s, big endian
 *        | (0)  |    id    |  offset  |  offset  |  offset  |
 *        +------+----------+----------+----------+----------+
 *
 *  last offset: that of the marker
 * </pre>
 *
 * <p>Owner: log directory worker.
 */
final class TransactionIndexFile {
  /** An aborted transaction. */
  record Entry(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}

  private static final int ENTRY_BYTES = 34;
  private static final short VERSION = 0;

  private TransactionIndexFile() {}

  /** The entries of a file; none if there is no file. */
  static List<Entry> read(FileIo io, Path file) throws IOException {
    ByteBuffer bytes;
    try {
      bytes = OffsetIndex.readAll(io, file);
    } catch (NoSuchFileException e) {
      return List.of();
    }
    if (bytes.remaining() % ENTRY_BYTES != 0) {
      throw new CorruptIndexException(file, bytes.remaining() + " bytes");
    }
    List<Entry> entries = new ArrayList<>();
    while (bytes.hasRemaining()) {
      short version = bytes.getShort();
      if (version != VERSION) {
        throw new CorruptIndexException(file, "version " + version);
      }
      entries.add(new Entry(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong()));
    }
    return entries;
  }

  /**
   * Makes the file of a segment hold these entries, durably; without any there is no file. After a
   * crash it holds these or those before: recovery may trust the segment already, and half a file
   * would hide that records are aborted.
   */
  static void save(FileIo io, Path directory, long baseOffset, List<Entry> entries)
      throws IOException {
    Path file = SegmentNames.file(directory, baseOffset, SegmentNames.TRANSACTION_INDEX);
    if (entries.isEmpty()) {
      io.delete(file);
    } else {
      AtomicFile.write(io, file, encode(entries));
      io.fsyncDirectory(directory);
    }
  }

  /** Writes a new file, durable on return except for its name. */
  static void write(FileIo io, Path file, List<Entry> entries) throws IOException {
    try (FileChannel channel =
        io.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      io.writeFully(channel, encode(entries), 0);
      io.force(channel, true);
    }
  }

  private static ByteBuffer encode(List<Entry> entries) {
    ByteBuffer bytes = ByteBuffer.allocate(entries.size() * ENTRY_BYTES);
    for (Entry entry : entries) {
      bytes.putShort(VERSION).putLong(entry.producerId).putLong(entry.firstOffset);
      bytes.putLong(entry.lastOffset).putLong(entry.lastStableOffset);
    }
    return bytes.flip();
  }
}
