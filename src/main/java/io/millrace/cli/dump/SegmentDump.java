package io.millrace.cli.dump;

import io.millrace.cli.Bytes;
import io.millrace.record.BatchIterator;
import io.millrace.record.Codec;
import io.millrace.record.CorruptBatchException;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Reads a segment's {@code .log} file (or a KRaft {@code .checkpoint}, which has the same format):
 * every batch, its CRC, and that offsets grow.
 *
 * <p>Owner: the command's thread.
 */
final class SegmentDump {
  /**
   * How much to tell.
   *
   * @param batches each batch
   * @param records each record too
   * @param payload keys, values and headers too
   * @param fromOffset first offset to tell of
   * @param maxBatches of each file; all are checked nevertheless
   */
  record Detail(
      boolean batches, boolean records, boolean payload, long fromOffset, long maxBatches) {}

  private static final String[] CONTROL_TYPES = {
    "ABORT",
    "COMMIT",
    "LEADER_CHANGE",
    "SNAPSHOT_HEADER",
    "SNAPSHOT_FOOTER",
    "KRAFT_VERSION",
    "KRAFT_VOTERS"
  };

  private final DumpSink sink;
  private final Detail detail;

  SegmentDump(DumpSink sink, Detail detail) {
    this.sink = sink;
    this.detail = detail;
  }

  /** What a whole file holds. */
  private static final class Totals {
    long batches;
    long records;
    long told;
    long firstOffset = -1;
    long lastOffset = -1;
    long minTimestamp = -1;
    long maxTimestamp = -1;
    final TreeSet<String> codecs = new TreeSet<>();
  }

  /**
   * Reads the file.
   *
   * @return the last offset in it; -1 = none
   */
  long dump(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() > Integer.MAX_VALUE) {
        sink.problem(file.toString(), channel.size() + " bytes; no segment is larger than 2 GiB");
        return -1;
      }
      return dump(file, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
    }
  }

  private long dump(Path file, ByteBuffer buffer) {
    Totals totals = new Totals();
    BatchIterator batches = new BatchIterator(buffer);
    while (batches.next()) {
      int position = batches.position();
      boolean valid = check(file, buffer, position, totals);
      add(buffer, position, totals);
      boolean wanted =
          RecordBatch.lastOffset(buffer, position) >= detail.fromOffset
              && totals.told < detail.maxBatches;
      if (detail.batches && wanted) {
        totals.told++;
        sink.entry("batch", batchFields(file, buffer, position, valid));
        if (detail.records && valid) {
          records(file, buffer, position);
        }
      }
    }
    int end = batches.end();
    int left = buffer.limit() - end;
    switch (batches.stop()) {
      case INCOMPLETE ->
          sink.problem(
              file.toString(),
              "the last "
                  + left
                  + " bytes, from position "
                  + end
                  + ", are no whole batch: a torn tail, or the broker is writing");
      case CORRUPT -> sink.problem(file.toString(), explain(buffer, end, left));
      default -> {}
    }
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("file", file.toString());
    summary.put("firstOffset", totals.firstOffset < 0 ? null : totals.firstOffset);
    summary.put("lastOffset", totals.lastOffset < 0 ? null : totals.lastOffset);
    summary.put("batches", totals.batches);
    summary.put("records", totals.records);
    summary.put("bytes", buffer.limit());
    summary.put("codecs", String.join(",", totals.codecs));
    summary.put("minTimestamp", Times.readable(totals.minTimestamp, sink));
    summary.put("maxTimestamp", Times.readable(totals.maxTimestamp, sink));
    sink.entry("segment", summary);
    return totals.lastOffset;
  }

  private static String explain(ByteBuffer buffer, int position, int left) {
    byte magic = RecordBatch.magic(buffer, position);
    if (magic == 0 || magic == 1) {
      return "format v" + magic + " from position " + position + " on; only v2 can be read";
    }
    return "the last " + left + " bytes, from position " + position + ", are no record batches";
  }

  private boolean check(Path file, ByteBuffer buffer, int position, Totals totals) {
    long base = RecordBatch.baseOffset(buffer, position);
    boolean valid = RecordBatch.isCrcValid(buffer, position);
    if (!valid) {
      sink.problem(
          file.toString(), "wrong CRC of the batch at offset " + base + ", position " + position);
    }
    if (base <= totals.lastOffset) {
      sink.problem(
          file.toString(),
          "offset " + base + " at position " + position + " follows offset " + totals.lastOffset);
    }
    return valid;
  }

  private static void add(ByteBuffer buffer, int position, Totals totals) {
    if (totals.firstOffset < 0) {
      totals.firstOffset = RecordBatch.baseOffset(buffer, position);
    }
    totals.lastOffset = RecordBatch.lastOffset(buffer, position);
    totals.batches++;
    totals.records += RecordBatch.count(buffer, position);
    totals.codecs.add(codec(buffer, position));
    long base = RecordBatch.baseTimestamp(buffer, position);
    if (base >= 0 && (totals.minTimestamp < 0 || base < totals.minTimestamp)) {
      totals.minTimestamp = base;
    }
    totals.maxTimestamp = Math.max(totals.maxTimestamp, RecordBatch.maxTimestamp(buffer, position));
  }

  private Map<String, Object> batchFields(
      Path file, ByteBuffer buffer, int position, boolean valid) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("file", file.toString());
    fields.put("baseOffset", RecordBatch.baseOffset(buffer, position));
    fields.put("lastOffset", RecordBatch.lastOffset(buffer, position));
    fields.put("count", RecordBatch.count(buffer, position));
    fields.put("position", position);
    fields.put("size", RecordBatch.sizeInBytes(buffer, position));
    fields.put("leaderEpoch", RecordBatch.leaderEpoch(buffer, position));
    fields.put("codec", codec(buffer, position));
    fields.put("timestampType", RecordBatch.timestampType(buffer, position).toString());
    fields.put("maxTimestamp", Times.readable(RecordBatch.maxTimestamp(buffer, position), sink));
    if (RecordBatch.hasProducerId(buffer, position)) {
      fields.put("producerId", RecordBatch.producerId(buffer, position));
      fields.put("producerEpoch", RecordBatch.producerEpoch(buffer, position));
      fields.put("baseSequence", RecordBatch.baseSequence(buffer, position));
      fields.put("lastSequence", RecordBatch.lastSequence(buffer, position));
    }
    int attributes = RecordBatch.attributes(buffer, position);
    if ((attributes & RecordBatch.TRANSACTIONAL_FLAG) != 0) {
      fields.put("transactional", true);
    }
    if ((attributes & RecordBatch.CONTROL_FLAG) != 0) {
      fields.put("control", true);
    }
    if ((attributes & RecordBatch.DELETE_HORIZON_FLAG) != 0) {
      fields.put("deleteHorizonMs", RecordBatch.baseTimestamp(buffer, position));
    }
    fields.put("crc", String.format("%08x", RecordBatch.crc(buffer, position)));
    fields.put("valid", valid);
    return fields;
  }

  private void records(Path file, ByteBuffer buffer, int position) {
    boolean control = (RecordBatch.attributes(buffer, position) & RecordBatch.CONTROL_FLAG) != 0;
    int sequence = RecordBatch.baseSequence(buffer, position);
    long base = RecordBatch.baseOffset(buffer, position);
    try (RecordReader reader = new RecordReader(buffer, position)) {
      while (reader.hasNext()) {
        LogRecord record = reader.next();
        if (record.offset() < detail.fromOffset) {
          continue;
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("file", file.toString());
        fields.put("offset", record.offset());
        fields.put("timestamp", Times.readable(record.timestampMs(), sink));
        fields.put("keySize", record.key() == null ? -1 : record.key().remaining());
        fields.put("valueSize", record.value() == null ? -1 : record.value().remaining());
        if (sequence != RecordBatch.NO_SEQUENCE) {
          fields.put(
              "sequence", RecordBatch.incrementSequence(sequence, (int) (record.offset() - base)));
        }
        if (control) {
          fields.put("control", controlType(record));
        }
        if (detail.payload) {
          payload(record, fields);
        }
        sink.entry("record", fields);
      }
    } catch (CorruptBatchException e) {
      sink.problem(file.toString(), e.getMessage());
    }
  }

  private void payload(LogRecord record, Map<String, Object> fields) {
    byte[] key = Bytes.of(record.key());
    byte[] value = Bytes.of(record.value());
    List<Object> headers = new ArrayList<>();
    for (LogRecord.Header header : record.headers()) {
      byte[] content = Bytes.of(header.value());
      if (sink.isJson()) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", header.key());
        Bytes.putJson(json, "value", content);
        headers.add(json);
      } else {
        headers.add(header.key() + "=" + (content == null ? "null" : Bytes.readable(content)));
      }
    }
    if (!headers.isEmpty()) {
      fields.put("headers", headers);
    }
    if (sink.isJson()) {
      Bytes.putJson(fields, "key", key);
      Bytes.putJson(fields, "value", value);
    } else {
      fields.put("key", key == null ? "null" : Bytes.readable(key));
      fields.put("value", value == null ? "null" : Bytes.readable(value));
    }
  }

  /** A control record's key is its version and its type, int16 each (KIP-98). */
  private static String controlType(LogRecord record) {
    ByteBuffer key = record.key();
    if (key == null || key.remaining() < 4) {
      return "malformed";
    }
    int type = key.getShort(key.position() + 2);
    return type >= 0 && type < CONTROL_TYPES.length ? CONTROL_TYPES[type] : "type " + type;
  }

  private static String codec(ByteBuffer buffer, int position) {
    Codec codec = RecordBatch.compression(buffer, position);
    return codec == null
        ? "unknown(" + RecordBatch.codecId(buffer, position) + ")"
        : codec.configName();
  }
}
