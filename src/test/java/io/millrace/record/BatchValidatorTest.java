package io.millrace.record;

import static io.millrace.record.Batches.NOW;
import static io.millrace.record.Batches.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.Batches.Raw;
import io.millrace.record.ValidationResult.Accepted;
import io.millrace.record.ValidationResult.Refused;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchValidatorTest {
  private static final ValidationRules RULES = ValidationRules.DEFAULT;
  private static final ValidationRules APPEND_TIME =
      RULES.withTimestamps(new TimestampRules(TimestampType.LOG_APPEND_TIME, 0, 0));

  private final BatchValidator validator = new BatchValidator();

  private Accepted accept(ByteBuffer records, ValidationRules rules) {
    ValidationResult result = validator.validate(records, rules, NOW);
    assertThat(result).isInstanceOf(Accepted.class);
    return (Accepted) result;
  }

  private Refused refuse(ByteBuffer records, ValidationRules rules) {
    ByteBuffer before = Batches.copy(records);
    ValidationResult result = validator.validate(records, rules, NOW);
    assertThat(result).isInstanceOf(Refused.class);
    assertThat(Batches.copy(records)).as("a refused batch is not touched").isEqualTo(before);
    return (Refused) result;
  }

  private void assertRefused(ByteBuffer records, Errors error, String message) {
    Refused refused = refuse(records, RULES);
    assertThat(refused.error()).isEqualTo(error);
    assertThat(refused.message()).contains(message);
    assertThat(refused.recordErrors()).isEmpty();
  }

  /** A good batch in which one header field is something else, with a right CRC. */
  private static ByteBuffer withInt(int at, int value) {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3).putInt(at, value);
    RecordBatch.updateCrc(batch, 0);
    return batch;
  }

  @ParameterizedTest
  @EnumSource
  void shouldAcceptAGoodBatchInPlace(Codec codec) {
    ByteBuffer batch = Batches.direct(Batches.batch(codec, 100));
    ByteBuffer before = Batches.copy(batch);

    Accepted accepted = accept(batch, RULES);

    assertThat(accepted.batch()).isSameAs(batch);
    assertThat(accepted.count()).isEqualTo(100);
    assertThat(accepted.maxTimestampMs()).isEqualTo(NOW + 99);
    assertThat(accepted.logAppendTimeMs()).isEqualTo(-1);
    assertThat(batch).isEqualTo(before);
    assertThat(batch.position()).isEqualTo(13);
  }

  @ParameterizedTest
  @EnumSource
  void shouldWriteTheAppendTimeIntoTheHeader(Codec codec) {
    ByteBuffer batch = Batches.batch(codec, 3);

    Accepted accepted = accept(batch, APPEND_TIME);

    assertThat(accepted.logAppendTimeMs()).isEqualTo(NOW);
    assertThat(accepted.maxTimestampMs()).isEqualTo(NOW);
    assertThat(accepted.batch()).isSameAs(batch);
    assertThat(RecordBatch.timestampType(batch, 0)).isEqualTo(TimestampType.LOG_APPEND_TIME);
    assertThat(RecordBatch.maxTimestamp(batch, 0)).isEqualTo(NOW);
    assertThat(RecordBatch.isCrcValid(batch, 0)).isTrue();
  }

  @Test
  void shouldCorrectAWrongMaxTimestamp() {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3).putLong(RecordBatch.MAX_TIMESTAMP_AT, 5);
    RecordBatch.updateCrc(batch, 0);

    assertThat(accept(batch, RULES).maxTimestampMs()).isEqualTo(NOW + 2);
    assertThat(RecordBatch.maxTimestamp(batch, 0)).isEqualTo(NOW + 2);
    assertThat(RecordBatch.isCrcValid(batch, 0)).isTrue();
  }

  @Test
  void shouldRefuseWhateverIsShorterThanABatch() {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3);
    for (int length = 0; length < batch.capacity(); length++) {
      Refused refused = refuse(batch.duplicate().limit(length), RULES);
      assertThat(refused.error()).as("%d bytes", length).isEqualTo(Errors.INVALID_RECORD);
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        Integer.MIN_VALUE,
        -13,
        -12,
        -1,
        0,
        13,
        14,
        48,
        Integer.MAX_VALUE - 11,
        Integer.MAX_VALUE
      })
  void shouldRefuseImpossibleLengths(int length) {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3).putInt(RecordBatch.LENGTH_AT, length);

    assertRefused(batch, Errors.CORRUPT_MESSAGE, "");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void shouldRefuseOldFormats(int magic) {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3).put(RecordBatch.MAGIC_AT, (byte) magic);

    assertRefused(batch, Errors.INVALID_RECORD, "format v2");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3, 127})
  void shouldRefuseUnknownFormats(int magic) {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3).put(RecordBatch.MAGIC_AT, (byte) magic);

    assertRefused(batch, Errors.CORRUPT_MESSAGE, "format " + magic);
  }

  @Test
  void shouldRefuseASecondBatch() {
    ByteBuffer one = Batches.batch(Codec.NONE, 3);
    ByteBuffer two = ByteBuffer.allocate(2 * one.limit()).put(one.duplicate()).put(one).flip();

    assertRefused(two, Errors.INVALID_RECORD, "Exactly one batch");
  }

  @Test
  void shouldRefuseBytesAfterTheBatch() {
    ByteBuffer one = Batches.batch(Codec.NONE, 3);
    for (int more = 1; more < 80; more++) {
      ByteBuffer longer = ByteBuffer.allocate(one.limit() + more).put(0, one, 0, one.limit());

      assertThat(refuse(longer, RULES).error()).isIn(Errors.INVALID_RECORD, Errors.CORRUPT_MESSAGE);
    }
  }

  @Test
  void shouldRefuseEveryFlippedBitUnderTheCrc() {
    ByteBuffer batch = Batches.batch(Codec.NONE, 2);
    for (int bit = RecordBatch.CRC_AT * 8; bit < batch.limit() * 8; bit++) {
      ByteBuffer flipped = Batches.copy(batch);
      flipped.put(bit / 8, (byte) (flipped.get(bit / 8) ^ (1 << (bit % 8))));

      assertThat(refuse(flipped, RULES).error()).isEqualTo(Errors.CORRUPT_MESSAGE);
    }
  }

  @Test
  void shouldRefuseABaseOffset() {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3).putLong(0, 1);

    assertRefused(batch, Errors.INVALID_RECORD, "base offset");
  }

  @Test
  void shouldRefuseMoreThanMaxMessageBytes() {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3);

    assertThat(refuse(batch, RULES.withMaxMessageBytes(batch.limit() - 1)).error())
        .isEqualTo(Errors.MESSAGE_TOO_LARGE);
    accept(batch, RULES.withMaxMessageBytes(batch.limit()));
  }

  @Test
  void shouldRefuseMoreThanASegmentHolds() {
    ByteBuffer batch = Batches.batch(Codec.NONE, 3);

    assertThat(refuse(batch, RULES.withSegmentBytes(batch.limit() - 1)).error())
        .isEqualTo(Errors.RECORD_LIST_TOO_LARGE);
    accept(batch, RULES.withSegmentBytes(batch.limit()));
  }

  @Test
  void shouldRefuseUnknownCodecs() {
    for (int codec = 5; codec < 8; codec++) {
      ByteBuffer batch =
          Batches.batch(Codec.NONE, 3).putShort(RecordBatch.ATTRIBUTES_AT, (short) codec);
      RecordBatch.updateCrc(batch, 0);

      assertRefused(batch, Errors.UNSUPPORTED_COMPRESSION_TYPE, "codec " + codec);
    }
  }

  @Test
  void shouldRefuseZstdFromOldClients() {
    assertThat(refuse(Batches.batch(Codec.ZSTD, 3), RULES.withoutZstd()).error())
        .isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
    accept(Batches.batch(Codec.LZ4, 3), RULES.withoutZstd());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 2, 4, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void shouldRefuseWrongCounts(int count) {
    assertRefused(withInt(RecordBatch.COUNT_AT, count), Errors.INVALID_RECORD, "");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 3, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void shouldRefuseWrongLastOffsetDeltas(int delta) {
    assertRefused(withInt(RecordBatch.LAST_OFFSET_DELTA_AT, delta), Errors.INVALID_RECORD, "");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 100, 1 << 30, Integer.MAX_VALUE})
  void shouldRefuseACountThatTheRecordsDoNotHave(int count) {
    for (Codec codec : Codec.values()) {
      ByteBuffer batch = Batches.batch(codec, 3).putInt(RecordBatch.COUNT_AT, count);
      batch.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, count - 1);
      RecordBatch.updateCrc(batch, 0);

      assertRefused(batch, Errors.INVALID_RECORD, "malformed");
    }
  }

  @Test
  void shouldRefuseControlBatchesOfClients() {
    ByteBuffer batch = new BatchBuilder().control().append(NOW, bytes("k"), bytes("v")).build();

    assertRefused(batch, Errors.INVALID_RECORD, "control");
    accept(batch, RULES.withControlBatches());
  }

  @Test
  void shouldRefuseAProducerIdWithoutASequence() {
    ByteBuffer batch =
        new BatchBuilder().producer(5, (short) 0, -1).append(NOW, null, bytes("v")).build();

    assertRefused(batch, Errors.INVALID_RECORD, "sequence");
    accept(
        new BatchBuilder().producer(5, (short) 0, 0).append(NOW, null, bytes("v")).build(), RULES);
  }

  @Test
  void shouldRefuseATransactionWithoutAProducerId() {
    ByteBuffer batch = new BatchBuilder().transactional().append(NOW, null, bytes("v")).build();

    assertRefused(batch, Errors.INVALID_RECORD, "producer id");
  }

  @ParameterizedTest
  @EnumSource
  void shouldRefuseRecordsWithoutKeysOnCompactedTopics(Codec codec) {
    ByteBuffer batch =
        new BatchBuilder()
            .codec(codec)
            .append(NOW, bytes("k"), null)
            .append(NOW, null, bytes("v"))
            .append(NOW, new byte[0], bytes("v"))
            .append(NOW, null, null)
            .build();

    Refused refused = refuse(batch, RULES.withCompacted(true));

    assertThat(refused.error()).isEqualTo(Errors.INVALID_RECORD);
    assertThat(refused.recordErrors()).extracting(RecordError::batchIndex).containsExactly(1, 3);
    accept(batch, RULES);
  }

  @ParameterizedTest
  @EnumSource
  void shouldRefuseTimestampsOutOfRange(Codec codec) {
    ValidationRules rules =
        RULES.withTimestamps(new TimestampRules(TimestampType.CREATE_TIME, 1000, 500));
    BatchBuilder good =
        new BatchBuilder()
            .codec(codec)
            .append(NOW - 1000, null, null)
            .append(NOW + 500, null, null)
            .append(-1, null, null);
    accept(good.build(), rules);

    Refused refused =
        refuse(good.append(NOW - 1001, null, null).append(NOW + 501, null, null).build(), rules);

    assertThat(refused.error()).isEqualTo(Errors.INVALID_TIMESTAMP);
    assertThat(refused.recordErrors()).extracting(RecordError::batchIndex).containsExactly(3, 4);
  }

  @Test
  void shouldIgnoreTimestampsOfRecordsUnderLogAppendTime() {
    accept(
        new BatchBuilder().append(0, null, null).append(5 * NOW, null, null).build(), APPEND_TIME);
  }

  @Test
  void shouldRefuseAnAppendTimeFromAProducer() {
    ByteBuffer batch = new BatchBuilder().logAppendTime(NOW).append(NOW, null, null).build();

    assertThat(refuse(batch, APPEND_TIME).error()).isEqualTo(Errors.INVALID_TIMESTAMP);
  }

  @Test
  void shouldTellOfABoundedNumberOfRecords() {
    BatchBuilder builder = new BatchBuilder();
    for (int i = 0; i < 3000; i++) {
      builder.append(NOW, null, null);
    }

    Refused refused = refuse(builder.build(), RULES.withCompacted(true));

    assertThat(refused.message()).startsWith("3000 ");
    assertThat(refused.recordErrors()).hasSize(BatchValidator.MAX_RECORD_ERRORS);
  }

  private static Raw body(int offsetDelta) {
    return new Raw().raw(0).varint(0).varint(offsetDelta);
  }

  private void assertMalformed(Raw records, int count) {
    for (Codec codec : Codec.values()) {
      assertRefused(
          Batches.around(records.toBytes(), count, codec), Errors.INVALID_RECORD, "malformed");
    }
  }

  @Test
  void shouldAcceptRawRecordsAsTheOtherTestsWriteThem() {
    Raw records =
        new Raw()
            .record(body(0).varint(-1).varint(-1).varint(0))
            .record(body(1).varint(1).raw('k').varint(2).raw(1, 2).varint(1).varint(0).varint(-1))
            // Longer than necessary: 0 in five bytes, and any negative length for null.
            .record(body(2).raw(0x80, 0x80, 0x80, 0x80, 0).raw(0x80, 0).varint(0))
            .record(body(3).varint(-7).varint(Integer.MIN_VALUE).varint(0));
    for (Codec codec : Codec.values()) {
      accept(Batches.around(records.toBytes(), 4, codec), RULES);
    }
  }

  @Test
  void shouldRefuseOffsetDeltasThatAreNotSequential() {
    Raw good = new Raw().record(body(0).varint(-1).varint(-1).varint(0));
    for (int delta : new int[] {0, 2, -1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      Raw records =
          new Raw()
              .record(body(0).varint(-1).varint(-1).varint(0))
              .record(body(delta).varint(-1).varint(-1).varint(0));
      assertMalformed(records, 2);
    }
    accept(Batches.around(good.toBytes(), 1, Codec.NONE), RULES);
  }

  @Test
  void shouldRefuseFieldsThatLeaveTheirRecord() {
    for (int length : new int[] {2, 100, 1 << 20, Integer.MAX_VALUE, Integer.MAX_VALUE - 5}) {
      assertMalformed(new Raw().record(body(0).varint(length).raw('k').varint(-1).varint(0)), 1);
      assertMalformed(new Raw().record(body(0).varint(-1).varint(length).raw('v').varint(0)), 1);
      assertMalformed(
          new Raw()
              .record(body(0).varint(-1).varint(-1).varint(1).varint(length).raw('h').varint(-1)),
          1);
      assertMalformed(
          new Raw()
              .record(body(0).varint(-1).varint(-1).varint(1).varint(0).varint(length).raw('x')),
          1);
    }
  }

  @Test
  void shouldRefuseAFieldThatReachesIntoTheNextRecord() {
    Raw first = body(0).varint(-1).varint(4).varint(0);
    Raw second = body(1).varint(-1).varint(-1).varint(0);

    assertMalformed(new Raw().record(first).record(second), 2);
  }

  @Test
  void shouldRefuseWrongRecordLengths() {
    for (int length : new int[] {-1, 0, 5, 7, 8, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      Raw records = new Raw().varint(length).raw(0, 0, 0, 1, 1, 0);
      assertMalformed(records, 1);
    }
  }

  @Test
  void shouldRefuseBadHeaderCounts() {
    for (int headers : new int[] {-1, 1, 3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertMalformed(new Raw().record(body(0).varint(-1).varint(-1).varint(headers)), 1);
    }
  }

  @Test
  void shouldRefuseHeadersWithoutKeys() {
    assertMalformed(
        new Raw().record(body(0).varint(-1).varint(-1).varint(1).varint(-1).varint(-1)), 1);
  }

  @Test
  void shouldRefuseNumbersThatDoNotEnd() {
    assertMalformed(new Raw().raw(0x8c, 0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0, 1, 1, 0), 1);
    Raw delta = new Raw().raw(0);
    for (int i = 0; i < 10; i++) {
      delta.raw(0x80);
    }
    assertMalformed(new Raw().record(delta.raw(0).varint(0).varint(-1).varint(-1).varint(0)), 1);
  }

  @Test
  void shouldRefuseBytesAfterTheLastRecord() {
    assertMalformed(new Raw().record(body(0).varint(-1).varint(-1).varint(0)).raw(0), 1);
  }

  @Test
  void shouldReadTimestampsOfTenBytes() {
    ByteBuffer batch =
        new BatchBuilder()
            .append(NOW, null, null)
            .append(Long.MIN_VALUE, null, null)
            .append(Long.MAX_VALUE, null, null)
            .build();

    assertThat(accept(batch, APPEND_TIME).count()).isEqualTo(3);
  }

  @Test
  void shouldCallOnlyCompressedAndLargeOrRecompressedBatchesHeavy() {
    ByteBuffer large = Batches.filled(Codec.ZSTD, 100_000, 1000);
    ByteBuffer small = Batches.filled(Codec.ZSTD, 10_000, 1000);
    ByteBuffer plain = Batches.filled(Codec.NONE, 100_000, 1000);

    assertThat(BatchValidator.isHeavy(large, RULES)).isTrue();
    assertThat(BatchValidator.isHeavy(small, RULES)).isFalse();
    assertThat(BatchValidator.isHeavy(plain, RULES)).isFalse();
    ValidationRules zstd = RULES.withCompression(CompressionTarget.of(Codec.ZSTD));
    assertThat(BatchValidator.isHeavy(small, zstd)).isFalse();
    assertThat(BatchValidator.isHeavy(plain, zstd)).isTrue();
    ValidationRules none = RULES.withCompression(CompressionTarget.of(Codec.NONE));
    assertThat(BatchValidator.isHeavy(small, none)).isTrue();
    assertThat(BatchValidator.isHeavy(plain, none)).isFalse();
    assertThat(BatchValidator.isHeavy(ByteBuffer.allocate(60), zstd)).isFalse();
  }

  @Test
  void shouldLeaveHeavyBatchesToAWorker() {
    ByteBuffer large = Batches.filled(Codec.LZ4, 100_000, 1000);

    assertThat(validator.validateInline(large, RULES, NOW)).isNull();
    assertThat(validator.validateInline(Batches.batch(Codec.LZ4, 9), RULES, NOW))
        .isInstanceOf(Accepted.class);
  }

  @Test
  void shouldLeaveAFewBytesThatBecomeManyToAWorker() {
    ByteBuffer batch =
        new BatchBuilder().codec(Codec.ZSTD).append(NOW, null, new byte[3 << 20]).build();
    ByteBuffer before = Batches.copy(batch);
    assertThat(batch.limit()).isLessThan(1000);

    assertThat(validator.validateInline(batch, APPEND_TIME, NOW)).isNull();
    assertThat(batch).isEqualTo(before);
    accept(batch, APPEND_TIME);
  }

  @Test
  void shouldStayUsableAfterAnythingRefused() {
    for (Codec codec : Codec.values()) {
      ByteBuffer bad = Batches.around(new byte[50_000], 10, codec);
      assertRefused(bad, Errors.INVALID_RECORD, "malformed");
      accept(Batches.batch(codec, 10), RULES);
    }
  }
}
