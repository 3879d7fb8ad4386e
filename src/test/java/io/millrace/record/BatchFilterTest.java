package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongPredicate;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchFilterTest {
  private final BatchFilter filter = new BatchFilter();

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuffer batch(Codec codec) {
    BatchBuilder builder =
        new BatchBuilder()
            .baseOffset(1000)
            .leaderEpoch(7)
            .codec(codec)
            .producer(42, (short) 3, 100);
    for (int i = 0; i < 20; i++) {
      List<LogRecord.Header> headers =
          i % 3 == 0
              ? List.of(new LogRecord.Header("h" + i, ByteBuffer.wrap(bytes("v"))))
              : List.of();
      builder.append(
          5_000 + (i * 7) % 50, bytes("key" + i), i % 5 == 0 ? null : bytes("value" + i), headers);
    }
    return builder.build();
  }

  private ByteBuffer keep(ByteBuffer batch, LongPredicate kept, long horizonMs) {
    filter.filter(batch, 0, (offset, key, hasValue) -> kept.test(offset));
    return filter.rebuild(horizonMs);
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void shouldShowEveryRecord(Codec codec) {
    List<String> shown = new ArrayList<>();
    int left =
        filter.filter(
            batch(codec),
            0,
            (offset, key, hasValue) -> {
              shown.add(offset + " " + StandardCharsets.UTF_8.decode(key) + " " + hasValue);
              return offset % 2 == 0;
            });
    assertThat(shown).hasSize(20).startsWith("1000 key0 false", "1001 key1 true");
    assertThat(left).isEqualTo(10);
    assertThat(filter.total()).isEqualTo(20);
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void shouldLeaveTheRecordsThatStayAsTheyWere(Codec codec) {
    ByteBuffer batch = batch(codec);
    ByteBuffer rebuilt = keep(batch, offset -> offset % 3 == 1, -1);
    List<LogRecord> expected =
        RecordReader.readAll(batch, 0).stream().filter(r -> r.offset() % 3 == 1).toList();
    List<LogRecord> found = RecordReader.readAll(rebuilt, 0);
    assertThat(found)
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("sizeInBytes")
        .isEqualTo(expected);
    assertThat(RecordBatch.isCrcValid(rebuilt, 0)).isTrue();
    assertThat(RecordBatch.compression(rebuilt, 0)).isEqualTo(codec);
    assertThat(RecordBatch.baseOffset(rebuilt, 0)).isEqualTo(1000);
    assertThat(RecordBatch.lastOffset(rebuilt, 0)).isEqualTo(1019);
    assertThat(RecordBatch.leaderEpoch(rebuilt, 0)).isEqualTo(7);
    assertThat(RecordBatch.producerId(rebuilt, 0)).isEqualTo(42);
    assertThat(RecordBatch.producerEpoch(rebuilt, 0)).isEqualTo((short) 3);
    assertThat(RecordBatch.baseSequence(rebuilt, 0)).isEqualTo(100);
    assertThat(RecordBatch.lastSequence(rebuilt, 0)).isEqualTo(119);
    assertThat(RecordBatch.maxTimestamp(rebuilt, 0))
        .isEqualTo(expected.stream().mapToLong(LogRecord::timestampMs).max().getAsLong());
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void shouldKeepTimestampsBesideADeleteHorizon(Codec codec) {
    ByteBuffer batch = batch(codec);
    ByteBuffer first = keep(batch, offset -> offset > 1003, 9_999_999);
    assertThat(RecordBatch.deleteHorizonMs(first, 0)).isEqualTo(9_999_999);
    ByteBuffer second = keep(first, offset -> offset > 1010, 5);
    assertThat(RecordBatch.deleteHorizonMs(second, 0)).isEqualTo(9_999_999);
    List<Long> timestamps =
        RecordReader.readAll(second, 0).stream().map(LogRecord::timestampMs).toList();
    List<Long> original =
        RecordReader.readAll(batch, 0).stream().map(LogRecord::timestampMs).toList();
    assertThat(timestamps).isEqualTo(original.subList(11, 20));
  }

  @Test
  void shouldKeepTheTimeOfTheAppend() {
    ByteBuffer batch =
        new BatchBuilder()
            .logAppendTime(777)
            .append(1, bytes("a"), bytes("b"))
            .append(2, bytes("c"), bytes("d"))
            .build();
    ByteBuffer rebuilt = keep(batch, offset -> offset == 1, -1);
    assertThat(RecordBatch.maxTimestamp(rebuilt, 0)).isEqualTo(777);
    assertThat(RecordReader.readAll(rebuilt, 0).get(0).timestampMs()).isEqualTo(777);
  }

  @Test
  void shouldEmptyABatchAsKafkaDoes() {
    ByteBuffer emptied = BatchFilter.emptied(batch(Codec.ZSTD), 0);
    assertThat(emptied.remaining()).isEqualTo(RecordBatch.HEADER_SIZE);
    assertThat(RecordBatch.isCrcValid(emptied, 0)).isTrue();
    assertThat(emptied).isEqualTo(kafka(batch(Codec.ZSTD), offset -> false, false, 0));
    assertThat(filter.filter(emptied, 0, (offset, key, hasValue) -> true)).isZero();
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void shouldMakeTheSameBatchAsKafka(Codec codec) {
    Random random = new Random(11);
    for (int i = 0; i < 30; i++) {
      long mask = random.nextLong() | 1L << random.nextInt(20);
      LongPredicate kept = offset -> (mask >>> (offset - 1000) & 1) != 0;
      ByteBuffer ours = keep(batch(codec), kept, -1);
      ByteBuffer theirs = kafka(batch(codec), kept, true, Long.MAX_VALUE / 2);
      if (RecordBatch.hasDeleteHorizon(theirs, 0)) {
        ours = keep(batch(codec), kept, RecordBatch.deleteHorizonMs(theirs, 0));
      }
      assertThat(ours).isEqualTo(theirs);
    }
  }

  /** What Apache Kafka's cleaner makes of the batch. */
  private static ByteBuffer kafka(
      ByteBuffer batch, LongPredicate kept, boolean deletes, long deleteRetentionMs) {
    MemoryRecords.RecordFilter rules =
        new MemoryRecords.RecordFilter(1_000, deleteRetentionMs) {
          @Override
          protected BatchRetentionResult checkBatchRetention(
              org.apache.kafka.common.record.internal.RecordBatch any) {
            return new BatchRetentionResult(
                deletes ? BatchRetention.DELETE_EMPTY : BatchRetention.RETAIN_EMPTY, false);
          }

          @Override
          protected boolean shouldRetainRecord(
              org.apache.kafka.common.record.internal.RecordBatch any, Record record) {
            return kept.test(record.offset());
          }
        };
    MemoryRecords.FilterResult result =
        MemoryRecords.readableRecords(batch)
            .filterTo(rules, ByteBuffer.allocate(10_000), BufferSupplier.NO_CACHING);
    ByteBuffer output = result.outputBuffer();
    return output.flip();
  }

  @Test
  void shouldSayWhenABatchIsDamaged() {
    ByteBuffer batch = batch(Codec.NONE);
    batch.putInt(RecordBatch.COUNT_AT, 21);
    assertThatThrownBy(() -> filter.filter(batch, 0, (offset, key, hasValue) -> true))
        .isInstanceOf(CorruptBatchException.class)
        .hasMessageContaining("record 20");
    batch.putInt(RecordBatch.COUNT_AT, 19);
    assertThatThrownBy(() -> filter.filter(batch, 0, (offset, key, hasValue) -> true))
        .isInstanceOf(CorruptBatchException.class);
  }

  @Test
  void shouldRefuseToMakeABatchOfNothing() {
    filter.filter(batch(Codec.NONE), 0, (offset, key, hasValue) -> false);
    assertThatThrownBy(() -> filter.rebuild(-1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldReadABatchInTheMidstOfABuffer() {
    ByteBuffer batch = batch(Codec.LZ4);
    ByteBuffer direct = ByteBuffer.allocateDirect(batch.remaining() + 33);
    direct.put(17, batch, 0, batch.remaining());
    filter.filter(direct, 17, (offset, key, hasValue) -> offset == 1004);
    assertThat(RecordReader.readAll(filter.rebuild(-1), 0)).hasSize(1);
  }

  @Test
  void shouldShowTheRecordsOfAnOpenBatchAgain() {
    for (Codec codec : Codec.values()) {
      filter.open(batch(codec), 0);
      List<Long> shown = new ArrayList<>();
      filter.select((offset, key, hasValue) -> !shown.add(offset));
      assertThat(filter.select((offset, key, hasValue) -> offset == shown.get(3))).isOne();
      assertThat(RecordReader.readAll(filter.rebuild(-1), 0))
          .extracting(LogRecord::offset)
          .containsExactly(shown.get(3));
    }
  }
}
