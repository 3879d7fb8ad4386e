package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.EpochEnd;
import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
class PartitionLogTest {
  @TempDir Path path;
  private LogFixture f;

  @BeforeEach
  void open() {
    f = new LogFixture(path).open();
  }

  @AfterEach
  void close() {
    f.close();
  }

  private static List<Long> upTo(long end) {
    return LongStream.range(0, end).boxed().toList();
  }

  @Test
  void shouldStartEmpty() {
    assertThat(f.log.logStartOffset()).isZero();
    assertThat(f.log.logEndOffset()).isZero();
    assertThat(f.log.latestEpoch()).isEqualTo(-1);
    assertThat(f.log.read(0, Long.MAX_VALUE, 1000, true)).isEqualTo(ReadResult.Empty.INSTANCE);
    assertThat(f.log.read(1, Long.MAX_VALUE, 1000, true)).isEqualTo(ReadResult.OutOfRange.INSTANCE);
  }

  @Test
  void shouldGiveOffsetsAndEpochInPlace() {
    f.append("a");
    ByteBuffer batch = LogFixture.batch(5, "b", "c");
    assertThat(f.log.assign(batch, 7, 0, () -> {})).isEqualTo(new AppendOutcome.Assigned(1, 2, -1));
    assertThat(RecordBatch.baseOffset(batch, 0)).isEqualTo(1);
    assertThat(RecordBatch.leaderEpoch(batch, 0)).isEqualTo(7);
    assertThat(f.log.nextOffset()).isEqualTo(3);
    assertThat(f.log.logEndOffset()).isEqualTo(1);
  }

  @Test
  void shouldWriteOnTheLoopOnceTheFileIsOpen() {
    f.append("first opens the file on the worker");
    f.assign(LogFixture.batch(5, "b"));
    f.assign(LogFixture.batch(5, "c"));
    f.log.write();
    assertThat(f.told.persisted).isEqualTo(3);
    assertThat(f.released).isEqualTo(3);
  }

  @Test
  void shouldReadTheTailWithoutTheWorker() throws IOException {
    f.appendUpTo(5, "v");
    ReadResult result = f.log.read(2, Long.MAX_VALUE, 1_000_000, true);
    assertThat(f.offsets(result)).containsExactly(2L, 3L, 4L);
  }

  @Test
  void shouldCutTheAnswerAtTheEndOfABatch() throws IOException {
    f.appendUpTo(10, "v");
    int size = LogFixture.batch(5, "v0").remaining();
    assertThat(f.offsets(f.read(2, 3 * size + 10))).containsExactly(2L, 3L, 4L);
  }

  @Test
  void shouldReadAtLeastOneBatchWhole() throws IOException {
    f.appendUpTo(3, "v");
    assertThat(f.offsets(f.log.read(1, Long.MAX_VALUE, 1, true))).containsExactly(1L);
    assertThat(f.log.read(1, Long.MAX_VALUE, 1, false)).isEqualTo(ReadResult.Empty.INSTANCE);
  }

  @Test
  void shouldNotReadBeyondTheReadersBound() throws IOException {
    f.appendUpTo(5, "v");
    assertThat(f.offsets(f.log.read(1, 3, 1_000_000, true))).containsExactly(1L, 2L);
    assertThat(f.log.read(3, 3, 1_000_000, true)).isEqualTo(ReadResult.Empty.INSTANCE);
  }

  @Test
  void shouldNotReadABatchThatReachesOverTheBound() throws IOException {
    f.append(LogFixture.batch(1, "a", "b"));
    f.append(LogFixture.batch(1, "c", "d"));
    assertThat(f.offsets(f.log.read(0, 3, 1_000_000, true))).containsExactly(0L);
    assertThat(f.log.read(2, 3, 1_000_000, true)).isEqualTo(ReadResult.Empty.INSTANCE);
  }

  @Test
  void shouldReadFromTheMiddleOfABatch() throws IOException {
    f.append(LogFixture.batch(1, "a", "b", "c"));
    f.append(LogFixture.batch(1, "d"));
    assertThat(f.offsets(f.read(2, 1_000_000))).containsExactly(0L, 3L);
  }

  @Test
  void shouldReadEverythingFromManySegments() throws IOException {
    f.log.reconfigure(f.config.with().segmentBytes(1000).indexIntervalBytes(150).build());
    f.appendUpTo(100, "value");
    assertThat(f.readAll(0, 400)).isEqualTo(upTo(100));
    assertThat(path.resolve("events-0").toFile().list((d, n) -> n.endsWith(".log")))
        .hasSizeGreaterThan(5);
  }

  @Test
  void shouldReadTheSameAfterARestart() throws IOException {
    f.log.reconfigure(f.config.with().segmentBytes(1000).indexIntervalBytes(150).build());
    f.appendUpTo(100, "value");
    f.restart();
    assertThat(f.log.logEndOffset()).isEqualTo(100);
    for (long offset : upTo(100)) {
      assertThat(f.offsets(f.read(offset, 1))).containsExactly(offset);
    }
    assertThat(f.readAll(0, 300)).isEqualTo(upTo(100));
    assertThat(f.append("next")).isEqualTo(100);
  }

  @Test
  void shouldReadRecentBatchesBehindTheTailWithoutTheWorker() throws IOException {
    f.log.reconfigure(f.config.with().indexIntervalBytes(150).build());
    int end = TailIndex.MAX_BATCHES + 500;
    while (f.log.nextOffset() < end) {
      f.assign(LogFixture.batch(1, "value"));
    }
    f.log.write();
    f.loop.await(() -> f.log.logEndOffset() == end);
    for (long offset = 0; offset < 1000; offset++) {
      ReadResult result = f.log.read(offset, Long.MAX_VALUE, 400, true);
      assertThat(f.offsets(result)).startsWith(offset).hasSizeGreaterThan(3);
    }
    assertThat(f.offsets(f.log.read(10, 13, 4000, true))).containsExactly(10L, 11L, 12L);
    assertThat(f.readAll(0, 900)).isEqualTo(upTo(end));
  }

  @Test
  void shouldReadWhatIsOlderThanTheProcessThroughTheWorker() throws IOException {
    f.appendUpTo(50, "value");
    f.restart();
    f.appendUpTo(100, "value");
    assertThat(f.log.read(10, Long.MAX_VALUE, 400, true)).isInstanceOf(ReadResult.Later.class);
    assertThat(f.log.read(60, Long.MAX_VALUE, 400, true)).isInstanceOf(ReadResult.Data.class);
    assertThat(f.readAll(0, 400)).isEqualTo(upTo(100));
  }

  @Test
  void shouldForgetWhatIdleSegmentsHaveOnTheHeap() throws IOException {
    f.log.reconfigure(f.config.with().segmentBytes(1000).indexIntervalBytes(150).build());
    f.appendUpTo(100, "value");
    f.clock.wallMs += 600_000;
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == 100);
    f.log.maintain(100, f.clock.wallMs);
    assertThat(f.readAll(0, 300)).isEqualTo(upTo(100));
    f.append("next");
  }

  @Test
  void shouldBoundReadsFromTheFile() throws IOException {
    f.appendUpTo(100, "value");
    f.restart();
    ReadResult result = f.log.read(10, 20, 1_000_000, true);
    assertThat(result).isInstanceOf(ReadResult.Later.class);
    assertThat(f.offsets(f.loop.await(((ReadResult.Later) result).result())))
        .isEqualTo(LongStream.range(10, 20).boxed().toList());
  }

  @Test
  void shouldRecognizeADuplicate() {
    ByteBuffer batch =
        LogFixture.direct(
            new BatchBuilder().producer(9, (short) 0, 0).append(5, null, new byte[10]).build());
    f.append("x");
    f.append(batch.duplicate());
    assertThat(f.assign(batch)).isEqualTo(new AppendOutcome.Duplicate(1, 1, -1));
    f.restart();
    assertThat(f.assign(batch)).isEqualTo(new AppendOutcome.Duplicate(1, 1, -1));
  }

  @Test
  void shouldRefuseAGapInASequence() {
    f.append(new BatchBuilder().producer(9, (short) 0, 0).append(5, null, new byte[10]).build());
    AppendOutcome outcome =
        f.assign(
            new BatchBuilder().producer(9, (short) 0, 5).append(5, null, new byte[10]).build());
    assertThat(outcome)
        .isInstanceOfSatisfying(
            AppendOutcome.Refused.class,
            refused -> assertThat(refused.error()).isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER));
    assertThat(f.log.nextOffset()).isEqualTo(1);
  }

  @Test
  void shouldRefuseABatchLargerThanASegment() {
    f.log.reconfigure(f.config.with().segmentBytes(100).build());
    assertThat(f.assign(LogFixture.batch(1, "x".repeat(200))))
        .isInstanceOfSatisfying(
            AppendOutcome.Refused.class,
            refused -> assertThat(refused.error()).isEqualTo(Errors.RECORD_LIST_TOO_LARGE));
  }

  @Test
  void shouldStampTheAppendTime() {
    f.log.reconfigure(f.config.with().timestampType(TimestampType.LOG_APPEND_TIME).build());
    ByteBuffer batch = LogFixture.batch(5, "b");
    assertThat(f.log.assign(batch, 0, 1234, () -> {}))
        .isEqualTo(new AppendOutcome.Assigned(0, 0, 1234));
    assertThat(RecordBatch.maxTimestamp(batch, 0)).isEqualTo(1234);
    assertThat(RecordBatch.isCrcValid(batch, 0)).isTrue();
  }

  @Test
  void shouldFindOffsetsByTimestamp() {
    f.log.reconfigure(f.config.with().segmentBytes(1000).indexIntervalBytes(150).build());
    for (long i = 0; i < 60; i++) {
      f.append(LogFixture.batch(1000 + 10 * i, "a" + i, "b"));
    }
    for (int round = 0; round < 2; round++) {
      for (long i = 0; i < 60; i++) {
        assertThat(f.loop.await(f.log.offsetForTimestamp(1000 + 10 * i - 5, 1000)))
            .contains(new TimestampedOffset(1000 + 10 * i, 2 * i, 0));
        assertThat(f.loop.await(f.log.offsetForTimestamp(1000 + 10 * i, 1000)))
            .contains(new TimestampedOffset(1000 + 10 * i, 2 * i, 0));
      }
      assertThat(f.loop.await(f.log.offsetForTimestamp(2000, 1000))).isEmpty();
      assertThat(f.loop.await(f.log.offsetForTimestamp(1500, 100))).isEmpty();
      f.restart();
    }
  }

  @Test
  void shouldFindTheLargestTimestamp() {
    f.log.reconfigure(f.config.with().segmentBytes(1000).indexIntervalBytes(150).build());
    for (long i = 0; i < 60; i++) {
      f.append(LogFixture.batch(1000 + (i * 37) % 60, "a" + i, "b"));
    }
    for (int round = 0; round < 2; round++) {
      for (long end = 1; end <= 60; end++) {
        long max = 0;
        long offset = 0;
        for (long i = 0; i < end; i++) {
          if (1000 + (i * 37) % 60 > max) {
            max = 1000 + (i * 37) % 60;
            offset = 2 * i;
          }
        }
        assertThat(f.loop.await(f.log.offsetOfMaxTimestamp(2 * end)))
            .contains(new TimestampedOffset(max, offset, 0));
      }
      f.restart();
    }
  }

  @Test
  void shouldKnowWhereEpochsEnd() {
    f.log.startEpoch(1);
    f.append("a");
    f.log.startEpoch(4);
    f.log.assign(LogFixture.batch(1, "b"), 4, 0, () -> {});
    f.log.write();
    assertThat(f.log.latestEpoch()).isEqualTo(4);
    assertThat(f.log.endOfEpoch(1)).isEqualTo(new EpochEnd(1, 1));
    assertThat(f.log.endOfEpoch(2)).isEqualTo(new EpochEnd(1, 1));
    assertThat(f.log.endOfEpoch(4)).isEqualTo(new EpochEnd(4, 2));
    assertThat(f.log.epochOf(0)).isEqualTo(1);
    assertThat(f.log.epochOf(1)).isEqualTo(4);
  }

  @Test
  void shouldRememberWhatIsCommittedOverAStop() {
    f.appendUpTo(10, "value");
    assertThat(f.log.highWatermark()).isZero();
    f.log.noteHighWatermark(7);
    f.restart();
    assertThat(f.log.highWatermark()).isEqualTo(7);
  }

  @Test
  void shouldNotTakeForCommittedWhatIsLost() {
    f.appendUpTo(10, "value");
    f.log.noteHighWatermark(10);
    f.restart();
    f.loop.await(f.log.truncateTo(3));
    f.told.persisted = -1;
    f.restart();
    assertThat(f.log.highWatermark()).isEqualTo(3);
  }
}
