package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

class RecordBatchTest {
  private static final int AT = 7;

  /** A batch of Kafka's own making, in direct memory, 7 bytes into the buffer. */
  private static ByteBuffer transactionalBatch() {
    ByteBuffer written =
        MemoryRecords.withTransactionalRecords(
                1234567890123L,
                Compression.lz4().build(),
                77L,
                (short) 3,
                Integer.MAX_VALUE,
                12,
                new SimpleRecord(1000L, bytes("k"), bytes("v")),
                new SimpleRecord(3000L, bytes("k"), bytes("w")),
                new SimpleRecord(2000L, (byte[]) null, null))
            .buffer();
    ByteBuffer buffer = ByteBuffer.allocateDirect(AT + written.remaining() + 9);
    return buffer.put(AT, written, written.position(), written.remaining()).limit(AT + 20);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static MutableRecordBatch asKafka(ByteBuffer buffer) {
    ByteBuffer whole = buffer.duplicate().clear();
    return MemoryRecords.readableRecords(
            whole.slice(AT, RecordBatch.sizeInBytes(buffer.duplicate().clear(), AT)))
        .batches()
        .iterator()
        .next();
  }

  @Test
  void shouldReadWhatKafkaWrote() {
    ByteBuffer buffer = transactionalBatch().clear();
    MutableRecordBatch kafka = asKafka(buffer);

    assertThat(RecordBatch.HEADER_SIZE).isEqualTo(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
    assertThat(RecordBatch.baseOffset(buffer, AT)).isEqualTo(kafka.baseOffset());
    assertThat(RecordBatch.lastOffset(buffer, AT)).isEqualTo(kafka.lastOffset());
    assertThat(RecordBatch.nextOffset(buffer, AT)).isEqualTo(kafka.nextOffset());
    assertThat(RecordBatch.sizeInBytes(buffer, AT)).isEqualTo(kafka.sizeInBytes());
    assertThat(RecordBatch.leaderEpoch(buffer, AT)).isEqualTo(kafka.partitionLeaderEpoch());
    assertThat(RecordBatch.magic(buffer, AT)).isEqualTo(kafka.magic());
    assertThat(RecordBatch.crc(buffer, AT)).isEqualTo(kafka.checksum());
    assertThat(RecordBatch.compression(buffer, AT)).isEqualTo(Codec.LZ4);
    assertThat(RecordBatch.isCompressed(buffer, AT)).isTrue();
    assertThat(RecordBatch.timestampType(buffer, AT)).isEqualTo(TimestampType.CREATE_TIME);
    assertThat(RecordBatch.isTransactional(buffer, AT)).isTrue();
    assertThat(RecordBatch.isControl(buffer, AT)).isFalse();
    assertThat(RecordBatch.deleteHorizonMs(buffer, AT)).isEqualTo(-1);
    assertThat(RecordBatch.baseTimestamp(buffer, AT)).isEqualTo(1000);
    assertThat(RecordBatch.maxTimestamp(buffer, AT)).isEqualTo(kafka.maxTimestamp());
    assertThat(RecordBatch.hasProducerId(buffer, AT)).isTrue();
    assertThat(RecordBatch.producerId(buffer, AT)).isEqualTo(kafka.producerId());
    assertThat(RecordBatch.producerEpoch(buffer, AT)).isEqualTo(kafka.producerEpoch());
    assertThat(RecordBatch.baseSequence(buffer, AT)).isEqualTo(kafka.baseSequence());
    assertThat(RecordBatch.lastSequence(buffer, AT)).isEqualTo(kafka.lastSequence()).isEqualTo(1);
    assertThat(RecordBatch.count(buffer, AT)).isEqualTo(3);
  }

  @Test
  void shouldKeepTheCrcWhenOffsetAndEpochArePatched() {
    ByteBuffer buffer = transactionalBatch().clear();

    RecordBatch.setBaseOffset(buffer, AT, 99);
    RecordBatch.setLeaderEpoch(buffer, AT, 100);

    assertThat(RecordBatch.isCrcValid(buffer, AT)).isTrue();
    assertThat(asKafka(buffer).isValid()).isTrue();
    assertThat(asKafka(buffer).baseOffset()).isEqualTo(99);
    assertThat(asKafka(buffer).partitionLeaderEpoch()).isEqualTo(100);
  }

  @Test
  void shouldSeeOneFlippedBit() {
    ByteBuffer buffer = transactionalBatch().clear();
    int last = AT + RecordBatch.sizeInBytes(buffer, AT) - 1;

    buffer.put(last, (byte) (buffer.get(last) ^ 0x10));

    assertThat(RecordBatch.isCrcValid(buffer, AT)).isFalse();
  }

  @Test
  void shouldRewriteTypeAndCrcForLogAppendTime() {
    ByteBuffer buffer = transactionalBatch().clear();

    RecordBatch.setMaxTimestamp(buffer, AT, TimestampType.LOG_APPEND_TIME, 5555);

    MutableRecordBatch kafka = asKafka(buffer);
    assertThat(kafka.isValid()).isTrue();
    assertThat(kafka.maxTimestamp()).isEqualTo(5555);
    assertThat(kafka.timestampType())
        .isEqualTo(org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME);
    assertThat(kafka.isTransactional()).isTrue();
  }

  @Test
  void shouldNotMovePositionOrLimit() {
    ByteBuffer buffer = transactionalBatch().clear().limit(AT + 100).position(3);

    RecordBatch.setMaxTimestamp(buffer.limit(buffer.capacity()), AT, TimestampType.CREATE_TIME, 9);

    assertThat(buffer.position()).isEqualTo(3);
    assertThat(buffer.limit()).isEqualTo(buffer.capacity());
  }

  @Test
  void shouldWrapSequencesToZero() {
    assertThat(RecordBatch.incrementSequence(Integer.MAX_VALUE, 1)).isZero();
    assertThat(RecordBatch.incrementSequence(Integer.MAX_VALUE - 2, 5))
        .isEqualTo(DefaultRecordBatch.incrementSequence(Integer.MAX_VALUE - 2, 5));
    assertThat(RecordBatch.incrementSequence(0, 5)).isEqualTo(5);
  }
}
