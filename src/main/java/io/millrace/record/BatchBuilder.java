package io.millrace.record;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Makes a batch of format v2 from records, for what the broker itself writes (metadata log,
 * coordinators) and for tests.
 *
 * <pre>
 *   ByteBuffer batch = new BatchBuilder().codec(Codec.LZ4).append(nowMs, key, value).build();
 * </pre>
 *
 * <p>Owner: whoever made it.
 */
public final class BatchBuilder {
  private final ByteArrayOutputStream records = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(records);
  private long baseOffset;
  private int leaderEpoch = RecordBatch.NO_LEADER_EPOCH;
  private Codec codec = Codec.NONE;
  private int flags;
  private long producerId = RecordBatch.NO_PRODUCER_ID;
  private short producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
  private int baseSequence = RecordBatch.NO_SEQUENCE;
  private long baseTimestamp = RecordBatch.NO_TIMESTAMP;
  private long maxTimestamp = RecordBatch.NO_TIMESTAMP;
  private long appendTime = RecordBatch.NO_TIMESTAMP;
  private int count;

  public BatchBuilder() {}

  /** Offset of the first record; 0 unless set. */
  public BatchBuilder baseOffset(long offset) {
    baseOffset = offset;
    return this;
  }

  /** -1 unless set. */
  public BatchBuilder leaderEpoch(int epoch) {
    leaderEpoch = epoch;
    return this;
  }

  public BatchBuilder codec(Codec compression) {
    codec = compression;
    return this;
  }

  /** Makes it a batch of an idempotent producer. */
  public BatchBuilder producer(long id, short epoch, int sequence) {
    producerId = id;
    producerEpoch = epoch;
    baseSequence = sequence;
    return this;
  }

  public BatchBuilder transactional() {
    flags |= RecordBatch.TRANSACTIONAL_FLAG;
    return this;
  }

  public BatchBuilder control() {
    flags |= RecordBatch.CONTROL_FLAG;
    return this;
  }

  /** Gives all records this time instead of their own. */
  public BatchBuilder logAppendTime(long timeMs) {
    flags |= RecordBatch.LOG_APPEND_TIME_FLAG;
    appendTime = timeMs;
    return this;
  }

  /** Adds a record; key and value may be null. */
  public BatchBuilder append(long timestampMs, byte[] key, byte[] value) {
    return append(timestampMs, key, value, List.of());
  }

  /** Adds a record; key, value and the values of headers may be null. */
  public BatchBuilder append(
      long timestampMs, byte[] key, byte[] value, List<LogRecord.Header> headers) {
    return append(
        timestampMs,
        key == null ? null : ByteBuffer.wrap(key),
        value == null ? null : ByteBuffer.wrap(value),
        headers);
  }

  /** Adds a record from position to limit of each buffer, which are not moved. */
  public BatchBuilder append(
      long timestampMs, ByteBuffer key, ByteBuffer value, List<LogRecord.Header> headers) {
    if (count == 0) {
      baseTimestamp = timestampMs;
    }
    maxTimestamp = Math.max(maxTimestamp, timestampMs);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try {
      writeBody(new DataOutputStream(body), timestampMs, key, value, headers);
      ByteUtils.writeVarint(body.size(), out);
      body.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("writing into memory", e);
    }
    count++;
    return this;
  }

  private void writeBody(
      DataOutputStream body,
      long timestampMs,
      ByteBuffer key,
      ByteBuffer value,
      List<LogRecord.Header> headers)
      throws IOException {
    body.write(0);
    ByteUtils.writeVarlong(timestampMs - baseTimestamp, body);
    ByteUtils.writeVarint(count, body);
    writeBytes(body, key);
    writeBytes(body, value);
    ByteUtils.writeVarint(headers.size(), body);
    for (LogRecord.Header header : headers) {
      writeBytes(body, StandardCharsets.UTF_8.encode(header.key()));
      writeBytes(body, header.value());
    }
  }

  private static void writeBytes(DataOutputStream body, ByteBuffer bytes) throws IOException {
    if (bytes == null) {
      ByteUtils.writeVarint(-1, body);
      return;
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(bytes.position(), copy);
    ByteUtils.writeVarint(copy.length, body);
    body.write(copy);
  }

  /** Records so far. */
  public int count() {
    return count;
  }

  /** Bytes of the records so far, uncompressed, without the header. */
  public int uncompressedBytes() {
    return records.size();
  }

  /**
   * The batch, position 0 to limit, on the heap. The builder may go on, and build a longer one.
   *
   * @throws IllegalStateException there are no records
   */
  public ByteBuffer build() {
    if (count == 0) {
      throw new IllegalStateException("a batch needs a record");
    }
    ByteBufferOutputStream sink =
        new ByteBufferOutputStream(
            RecordBatch.HEADER_SIZE + (codec == Codec.NONE ? records.size() : 512));
    sink.position(RecordBatch.HEADER_SIZE);
    try (OutputStream compressor = Compressions.of(codec).wrapForOutput(sink, RecordBatch.MAGIC)) {
      records.writeTo(compressor);
    } catch (IOException e) {
      throw new UncheckedIOException("compressing into memory", e);
    }
    ByteBuffer batch = sink.buffer().duplicate().flip();
    writeHeader(batch);
    return batch;
  }

  private void writeHeader(ByteBuffer batch) {
    boolean hasAppendTime = (flags & RecordBatch.LOG_APPEND_TIME_FLAG) != 0;
    batch.putLong(RecordBatch.BASE_OFFSET_AT, baseOffset);
    batch.putInt(RecordBatch.LENGTH_AT, batch.limit() - RecordBatch.LOG_OVERHEAD);
    batch.putInt(RecordBatch.LEADER_EPOCH_AT, leaderEpoch);
    batch.put(RecordBatch.MAGIC_AT, RecordBatch.MAGIC);
    batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) (flags | codec.id()));
    batch.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, count - 1);
    batch.putLong(RecordBatch.BASE_TIMESTAMP_AT, baseTimestamp);
    batch.putLong(RecordBatch.MAX_TIMESTAMP_AT, hasAppendTime ? appendTime : maxTimestamp);
    batch.putLong(RecordBatch.PRODUCER_ID_AT, producerId);
    batch.putShort(RecordBatch.PRODUCER_EPOCH_AT, producerEpoch);
    batch.putInt(RecordBatch.BASE_SEQUENCE_AT, baseSequence);
    batch.putInt(RecordBatch.COUNT_AT, count);
    RecordBatch.updateCrc(batch, 0);
  }
}
