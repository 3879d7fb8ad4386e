package io.millrace.cli.dump;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the indexes of a segment: offset index (8 bytes an entry: relative offset, position), time
 * index (12 bytes: timestamp, relative offset) and transaction index (34 bytes: version, producer
 * id, first, last and last stable offset). Kafka preallocates the first two while a segment is
 * active, so zeros at the end are no damage.
 *
 * <p>Owner: the command's thread.
 */
final class IndexDump {
  private static final int OFFSET_ENTRY = 8;
  private static final int TIME_ENTRY = 12;
  private static final int TRANSACTION_ENTRY = 34;

  private final DumpSink sink;
  private final boolean entries;

  /** Makes one that tells each entry, or only the sum. */
  IndexDump(DumpSink sink, boolean entries) {
    this.sink = sink;
    this.entries = entries;
  }

  /** Checks also that each entry points to the start of a batch, if the log is beside it. */
  void dumpOffsets(Path file, long baseOffset) throws IOException {
    ByteBuffer index = read(file, OFFSET_ENTRY);
    Path logFile = DumpFile.sibling(file, ".log");
    ByteBuffer log = Files.exists(logFile) ? map(logFile) : null;
    int count = 0;
    long lastOffset = -1;
    int lastPosition = -1;
    while (index.remaining() >= OFFSET_ENTRY) {
      long offset = baseOffset + index.getInt();
      int position = index.getInt();
      if (offset == baseOffset && position == 0 && restIsZero(index)) {
        break;
      }
      if (offset <= lastOffset || position <= lastPosition) {
        sink.problem(
            file.toString(),
            "entry "
                + count
                + " (offset "
                + offset
                + ", position "
                + position
                + ") does not follow offset "
                + lastOffset
                + ", position "
                + lastPosition);
      } else if (log != null) {
        checkBatch(file, log, offset, position);
      }
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("file", file.toString());
      fields.put("offset", offset);
      fields.put("position", position);
      tell("offset", fields);
      lastOffset = offset;
      lastPosition = position;
      count++;
    }
    sum(file, count);
  }

  private void checkBatch(Path file, ByteBuffer log, long offset, int position) {
    boolean plausible =
        position <= log.limit() - RecordBatch.HEADER_SIZE
            && RecordBatch.isPlausible(log, position)
            && RecordBatch.baseOffset(log, position) <= offset;
    if (!plausible) {
      sink.problem(
          file.toString(),
          "no batch for offset " + offset + " at position " + position + " of the log");
    }
  }

  void dumpTimes(Path file, long baseOffset) throws IOException {
    ByteBuffer index = read(file, TIME_ENTRY);
    int count = 0;
    long lastTimestamp = -1;
    long lastOffset = -1;
    while (index.remaining() >= TIME_ENTRY) {
      long timestamp = index.getLong();
      long offset = baseOffset + index.getInt();
      if (timestamp == 0 && offset == baseOffset && restIsZero(index)) {
        break;
      }
      if (timestamp < lastTimestamp || offset < lastOffset) {
        sink.problem(
            file.toString(),
            "entry "
                + count
                + " (timestamp "
                + timestamp
                + ", offset "
                + offset
                + ") does not follow timestamp "
                + lastTimestamp
                + ", offset "
                + lastOffset);
      }
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("file", file.toString());
      fields.put("timestamp", Times.readable(timestamp, sink));
      fields.put("offset", offset);
      tell("time", fields);
      lastTimestamp = timestamp;
      lastOffset = offset;
      count++;
    }
    sum(file, count);
  }

  void dumpTransactions(Path file) throws IOException {
    ByteBuffer index = read(file, TRANSACTION_ENTRY);
    int count = 0;
    while (index.remaining() >= TRANSACTION_ENTRY) {
      short version = index.getShort();
      if (version != 0) {
        sink.problem(file.toString(), "entry " + count + " has the unknown version " + version);
        return;
      }
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("file", file.toString());
      fields.put("producerId", index.getLong());
      fields.put("firstOffset", index.getLong());
      fields.put("lastOffset", index.getLong());
      fields.put("lastStableOffset", index.getLong());
      tell("aborted", fields);
      count++;
    }
    sum(file, count);
  }

  private void tell(String kind, Map<String, Object> fields) {
    if (entries) {
      sink.entry(kind, fields);
    }
  }

  private void sum(Path file, int count) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("file", file.toString());
    fields.put("entries", count);
    sink.entry("index", fields);
  }

  private ByteBuffer read(Path file, int entryBytes) throws IOException {
    ByteBuffer index = map(file);
    if (index.limit() % entryBytes != 0) {
      sink.problem(file.toString(), index.limit() + " bytes is not a multiple of " + entryBytes);
    }
    return index;
  }

  private static boolean restIsZero(ByteBuffer index) {
    for (int at = index.position(); at < index.limit(); at++) {
      if (index.get(at) != 0) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    }
  }
}
