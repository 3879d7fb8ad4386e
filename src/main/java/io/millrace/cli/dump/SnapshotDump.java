package io.millrace.cli.dump;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Reads a producer {@code .snapshot}, version 1: version, CRC-32C of all that follows it, count,
 * and 46 bytes for each producer.
 *
 * <p>Owner: the command's thread.
 */
final class SnapshotDump {
  private static final int CRC_AT = 2;
  private static final int COUNT_AT = 6;
  private static final int HEADER = 10;
  private static final int ENTRY = 46;

  private final DumpSink sink;
  private final boolean entries;

  /** Makes one that tells each producer, or only the sum. */
  SnapshotDump(DumpSink sink, boolean entries) {
    this.sink = sink;
    this.entries = entries;
  }

  void dump(Path file) throws IOException {
    ByteBuffer snapshot = ByteBuffer.wrap(Files.readAllBytes(file));
    if (snapshot.limit() < HEADER) {
      sink.problem(file.toString(), snapshot.limit() + " bytes is too short");
      return;
    }
    short version = snapshot.getShort();
    if (version != 1) {
      sink.problem(file.toString(), "unknown version " + version);
      return;
    }
    CRC32C crc = new CRC32C();
    crc.update(snapshot.duplicate().position(COUNT_AT));
    if ((int) crc.getValue() != snapshot.getInt(CRC_AT)) {
      sink.problem(file.toString(), "wrong CRC");
    }
    int count = snapshot.getInt(COUNT_AT);
    snapshot.position(HEADER);
    if (count < 0 || (long) count * ENTRY != snapshot.remaining()) {
      sink.problem(
          file.toString(), count + " producers do not fit " + snapshot.remaining() + " bytes");
      return;
    }
    for (int i = 0; i < count; i++) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("file", file.toString());
      fields.put("producerId", snapshot.getLong());
      fields.put("producerEpoch", snapshot.getShort());
      fields.put("lastSequence", snapshot.getInt());
      fields.put("lastOffset", snapshot.getLong());
      fields.put("offsetDelta", snapshot.getInt());
      fields.put("timestamp", Times.readable(snapshot.getLong(), sink));
      fields.put("coordinatorEpoch", snapshot.getInt());
      fields.put("currentTransactionFirstOffset", snapshot.getLong());
      if (entries) {
        sink.entry("producer", fields);
      }
    }
    Map<String, Object> sum = new LinkedHashMap<>();
    sum.put("file", file.toString());
    sum.put("producers", count);
    sink.entry("snapshot", sum);
  }
}
