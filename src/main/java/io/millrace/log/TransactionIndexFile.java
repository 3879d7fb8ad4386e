package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final int ENTRY_BYTES = 34;
  private static final short VERSION = 0;

  private static final Logger LOG = LoggerFactory.getLogger(TransactionIndexFile.class);

  private TransactionIndexFile() {}

  /** The entries of a file; none if there is no file. */
  static List<AbortedTransaction> read(FileIo io, Path file) throws IOException {
    ByteBuffer bytes;
    try {
      bytes = OffsetIndex.readAll(io, file);
    } catch (NoSuchFileException e) {
      return List.of();
    }
    if (bytes.remaining() % ENTRY_BYTES != 0) {
      throw new CorruptIndexException(file, bytes.remaining() + " bytes");
    }
    List<AbortedTransaction> entries = new ArrayList<>();
    while (bytes.hasRemaining()) {
      short version = bytes.getShort();
      if (version != VERSION) {
        throw new CorruptIndexException(file, "version " + version);
      }
      entries.add(
          new AbortedTransaction(
              bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong()));
    }
    return entries;
  }

  /**
   * The aborted transactions whose markers are in a segment; null = the file is corrupt, or lost
   * its end.
   */
  static List<AbortedTransaction> readOrNull(FileIo io, Path directory, long baseOffset)
      throws IOException {
    Path file = SegmentNames.file(directory, baseOffset, SegmentNames.TRANSACTION_INDEX);
    try {
      return read(io, file);
    } catch (CorruptIndexException e) {
      LOG.warn("{}; the segment is read instead", e.getMessage());
      return null;
    }
  }

  /** Leaves what a segment's file is to hold, which is no file if there is nothing. */
  static void save(FileIo io, Path directory, long baseOffset, List<AbortedTransaction> entries)
      throws IOException {
    Path file = SegmentNames.file(directory, baseOffset, SegmentNames.TRANSACTION_INDEX);
    if (entries.isEmpty()) {
      io.delete(file);
    } else {
      write(io, file, entries);
    }
  }

  /** Writes a new file, durable on return except for its name. */
  static void write(FileIo io, Path file, List<AbortedTransaction> entries) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(entries.size() * ENTRY_BYTES);
    for (AbortedTransaction entry : entries) {
      bytes.putShort(VERSION).putLong(entry.producerId()).putLong(entry.firstOffset());
      bytes.putLong(entry.lastOffset()).putLong(entry.lastStableOffset());
    }
    try (FileChannel channel =
        io.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      io.writeFully(channel, bytes.flip(), 0);
      io.force(channel, true);
    }
  }
}
