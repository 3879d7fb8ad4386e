package io.millrace.record;

import static io.millrace.record.Batches.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.record.LogRecord.Header;
import io.millrace.simulation.Seeds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordReaderTest {
  private static ByteBuffer anyBatch(Codec codec, int baseOffset) {
    Random random = new Random(11);
    BatchBuilder builder = new BatchBuilder().codec(codec).baseOffset(baseOffset).leaderEpoch(3);
    for (int i = 0; i < 60; i++) {
      Batches.appendAny(builder, random, false);
    }
    return builder.build();
  }

  private static List<LogRecord> asKafkaReads(ByteBuffer batch) {
    MutableRecordBatch kafka =
        MemoryRecords.readableRecords(batch.duplicate()).batches().iterator().next();
    kafka.ensureValid();
    List<LogRecord> records = new ArrayList<>();
    for (Record record : kafka) {
      List<Header> headers = new ArrayList<>();
      for (org.apache.kafka.common.header.Header header : record.headers()) {
        headers.add(
            new Header(
                header.key(), header.value() == null ? null : ByteBuffer.wrap(header.value())));
      }
      records.add(
          new LogRecord(
              record.offset(),
              record.timestamp(),
              record.sizeInBytes(),
              record.key(),
              record.value(),
              headers));
    }
    return records;
  }

  @ParameterizedTest
  @EnumSource
  void shouldReadAndBuildAsKafkaDoes(Codec codec) {
    ByteBuffer batch = anyBatch(codec, 1000);

    List<LogRecord> records = RecordReader.readAll(batch, 0);

    assertThat(records).hasSize(60).isEqualTo(asKafkaReads(batch));
    assertThat(records.get(59).offset()).isEqualTo(1059);
  }

  @ParameterizedTest
  @EnumSource
  void shouldReadABatchAmongOthersInDirectMemory(Codec codec) {
    ByteBuffer batch = Batches.direct(anyBatch(codec, 5));

    assertThat(RecordReader.readAll(batch, batch.position()))
        .isEqualTo(RecordReader.readAll(anyBatch(codec, 5), 0));
    assertThat(batch.position()).isEqualTo(13);
  }

  @Test
  void shouldTellNullFromEmpty() {
    ByteBuffer batch =
        new BatchBuilder()
            .append(NOW, null, new byte[0])
            .append(NOW, new byte[0], null, List.of(new Header("ä", null)))
            .build();

    List<LogRecord> records = RecordReader.readAll(batch, 0);

    assertThat(records.get(0).key()).isNull();
    assertThat(records.get(0).value()).isEqualTo(ByteBuffer.allocate(0));
    assertThat(records.get(1).key()).isEqualTo(ByteBuffer.allocate(0));
    assertThat(records.get(1).value()).isNull();
    assertThat(records.get(1).headers()).containsExactly(new Header("ä", null));
  }

  @Test
  void shouldGiveTheAppendTimeToEveryRecord() {
    ByteBuffer batch =
        new BatchBuilder().logAppendTime(NOW).append(1, null, null).append(2, null, null).build();

    assertThat(RecordReader.readAll(batch, 0))
        .extracting(LogRecord::timestampMs)
        .containsExactly(NOW, NOW);
  }

  @ParameterizedTest
  @EnumSource
  void shouldStopWhereTheCallerStops(Codec codec) {
    try (RecordReader reader = new RecordReader(anyBatch(codec, 0), 0)) {
      assertThat(reader.next().offset()).isZero();
      assertThat(reader.next().offset()).isEqualTo(1);
      assertThat(reader.hasNext()).isTrue();
    }
  }

  @Test
  void shouldEndAfterTheLastRecord() {
    try (RecordReader reader =
        new RecordReader(new BatchBuilder().append(NOW, null, null).build(), 0)) {
      reader.next();

      assertThat(reader.hasNext()).isFalse();
      assertThatThrownBy(reader::next).isInstanceOf(NoSuchElementException.class);
    }
  }

  @Test
  void shouldReadABatchThatCompactionEmptied() {
    ByteBuffer batch = new BatchBuilder().append(NOW, null, null).build();
    ByteBuffer empty = Batches.aroundCompressed(new byte[0], 0, Codec.LZ4);

    assertThat(RecordReader.readAll(batch, 0)).hasSize(1);
    assertThat(RecordReader.readAll(empty, 0)).isEmpty();
  }

  @Test
  void shouldSayWhichBatchIsCorrupt() {
    for (Codec codec : Codec.values()) {
      ByteBuffer batch = Batches.around(new byte[100], 3, codec);
      RecordBatch.setBaseOffset(batch, 0, 4711);

      assertThatThrownBy(() -> RecordReader.readAll(batch, 0))
          .as(codec.name())
          .isInstanceOf(CorruptBatchException.class)
          .hasMessageContaining("4711");
    }
  }

  /** Nothing but CorruptBatchException for anything, and what the validator accepts is read. */
  @Test
  void shouldReadWhateverIsValidAndRefuseTheRest() {
    long seed = Long.getLong("millrace.seed", 31L);
    BatchValidator validator = new BatchValidator();
    ValidationRules rules =
        ValidationRules.DEFAULT.withTimestamps(
            new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, Long.MAX_VALUE));
    int valid = 0;
    for (int i = 0; i < 5_000; i++) {
      Random random = Seeds.random(seed + i);
      ByteBuffer original = Batches.batch(Codec.NONE, 1 + random.nextInt(5));
      byte[] records = Batches.recordBytes(original);
      if (random.nextInt(4) > 0) {
        records[random.nextInt(records.length)] = (byte) random.nextInt();
      }
      Codec codec = Codec.ofId(random.nextInt(5));
      ByteBuffer batch = Batches.around(records, RecordBatch.count(original, 0), codec);
      boolean accepted = validator.validate(batch, rules, NOW) instanceof ValidationResult.Accepted;
      valid += accepted ? 1 : 0;
      try {
        List<LogRecord> read = RecordReader.readAll(batch, 0);
        assertThat(read).hasSize(RecordBatch.count(batch, 0));
      } catch (CorruptBatchException e) {
        assertThat(accepted).as("seed %d, %s", seed + i, e).isFalse();
      }
    }
    assertThat(valid).isBetween(1_000, 4_500);
  }
}
