package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cleaning leaves of segments, indexes and offsets, and what readers see of it. */
@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
class CleanedLogTest {
  @TempDir Path path;
  private CleaningFixture c;
  private LogFixture f;

  @BeforeEach
  void open() {
    c = new CleaningFixture(path).open();
    f = c.f;
  }

  @AfterEach
  void close() {
    c.close();
  }

  // ---- files and offsets

  @Test
  void shouldJoinSmallSegments() throws IOException {
    c.appendRandom(new Random(5), 300, 10);
    c.roll();
    c.clean();
    int before = f.files(".log").size();
    c.roll();
    c.clean();
    assertThat(f.files(".log").size()).isLessThan(before / 2);
    c.assertClean();
    c.assertRight();
    assertThat(f.log.sizeInBytes())
        .isEqualTo(
            f.files(".log").stream()
                .mapToLong(n -> f.logPath().resolve(n).toFile().length())
                .sum());
    f.loop.await(() -> f.files(".deleted").isEmpty());
  }

  @Test
  void shouldLeaveASegmentAloneOfWhichNothingGoes() throws IOException {
    c.appendRandom(new Random(7), 100, 1_000_000_000);
    c.roll();
    f.log.reconfigure(f.config.with().segmentBytes(100).build());
    c.clean(); // gives tombstones their time
    c.roll();
    List<String> before = f.files(".log");
    long size = f.log.sizeInBytes();
    c.clean();
    c.clean();
    assertThat(f.files(".log")).isEqualTo(before);
    assertThat(f.log.sizeInBytes()).isGreaterThanOrEqualTo(size);
    c.assertRight();
  }

  @Test
  void shouldKeepItsStartWhenNothingIsLeftOfTheFirstSegment() throws IOException {
    c.append(Codec.NONE, "a", "1");
    f.log.reconfigure(f.config.with().segmentBytes(80).build());
    c.append(Codec.NONE, "a", "2");
    c.append(Codec.NONE, "a", "3");
    c.append(Codec.NONE, "a", "4");
    c.awaitSealed();
    c.clean();
    assertThat(c.read().keySet()).containsExactly(2L, 3L);
    assertThat(f.files(".log")).startsWith("00000000000000000000.log");
    f.restart();
    c.assertRight();
    assertThat(f.log.recoveryPoint()).isEqualTo(4);
    assertThat(f.read(0, 1000)).isInstanceOf(ReadResult.Data.class);
    LogFixture after = f.crashed(path.resolveSibling(path.getFileName() + "-after"));
    after.open();
    assertThat(after.log.logStartOffset()).isZero();
    assertThat(after.log.logEndOffset()).isEqualTo(4);
    after.close();
  }

  @Test
  void shouldFindRecordsByTimeAfterwards() throws IOException {
    for (int i = 0; i < 100; i++) {
      f.clock.wallMs += 10;
      c.append(Codec.NONE, "key" + i % 20, "value" + i);
    }
    c.roll();
    c.clean();
    long start = f.clock.wallMs - 2000;
    var found = f.loop.await(f.log.offsetForTimestamp(start, Long.MAX_VALUE)).get();
    assertThat(found.offset()).isEqualTo(80);
    f.restart();
    found = f.loop.await(f.log.offsetForTimestamp(found.timestamp() + 1, Long.MAX_VALUE)).get();
    assertThat(found.offset()).isEqualTo(81);
    assertThat(f.loop.await(f.log.offsetOfMaxTimestamp(100)).get().offset()).isEqualTo(99);
  }

  @Test
  void shouldFindTheLargestTimestampBesideAnEmptiedBatch() throws IOException {
    c.append(Codec.NONE, "b", "1");
    f.clock.wallMs += 10;
    c.append(Codec.NONE, "a", "1");
    f.clock.wallMs += 10_000;
    c.append(new BatchBuilder().producer(7, (short) 1, 0), "c", "1");
    f.clock.wallMs -= 5_000;
    c.append(Codec.NONE, "c", "2");
    f.clock.wallMs -= 4_900;
    c.roll();
    c.clean();
    assertThat(RecordBatch.count(c.batches().get(2), 0)).isZero();
    assertThat(f.loop.await(f.log.offsetOfMaxTimestamp(Long.MAX_VALUE)).get().offset())
        .isEqualTo(3);
  }

  @Test
  void shouldApplyRetentionToACleanedLog() throws IOException {
    c.appendRandom(new Random(8), 100, 5);
    c.roll();
    c.clean();
    f.log.reconfigure(f.config.with().deletes(true).retentionMs(500).build());
    f.clock.wallMs += 10_000;
    long active = f.log.logEndOffset() - 1;
    f.loop.await(
        () -> {
          f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
          return f.log.logStartOffset() > active && f.files(".log").size() == 1;
        });
  }

  @Test
  void shouldBeginAgainAtTheStartOfTheLog() throws IOException {
    c.appendRandom(new Random(9), 50, 5);
    c.roll();
    c.clean();
    long end = f.log.logEndOffset();
    f.loop.await(f.log.deleteRecordsBefore(end - 1));
    c.appendRandom(new Random(10), 50, 5);
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(f.log.logStartOffset()).isEqualTo(end - 1);
  }

  @Test
  void shouldForgetHowFarItWasWhenTheLogIsCut() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    c.append(Codec.NONE, "b", "1");
    c.roll();
    c.clean();
    assertThat(c.checkpoint()).isEqualTo(4);
    f.loop.await(f.log.truncateTo(2));
    f.told.persisted = -1;
    assertThat(c.checkpoint()).isEqualTo(2);
    c.written.tailMap(2L).clear();
    c.append(Codec.NONE, "a", "other");
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.read().keySet()).doesNotContain(1L);
    c.written.remove(0L);
    assertThat(c.table()).isEqualTo(c.model());
  }

  @Test
  void shouldForgetHowFarItWasWhenTheLogIsDeleted() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    c.clean();
    f.loop.await(f.log.delete());
    f.openLog();
    c.written.clear();
    c.append(Codec.NONE, "a", "1", "a", "2", "a", "3", "a", "4");
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.read().keySet()).containsExactly(3L, 4L);
  }

  // ---- readers

  @Test
  void shouldLeaveRepliesTheirFiles() throws IOException {
    c.appendRandom(new Random(11), 60, 3);
    c.roll();
    ReadResult.Data data = (ReadResult.Data) f.read(0, 1500);
    ByteBuffer before = LogFixture.bytes(data.slice());
    c.clean();
    f.loop.await(() -> f.files(".deleted").isEmpty());
    assertThat(LogFixture.bytes(data.slice())).isEqualTo(before);
    data.slice().release();
    f.loop.await(() -> !data.slice().channel().isOpen());
    c.assertRight();
  }

  @Test
  void shouldServeReadersWhileItCleans() throws IOException {
    Random random = new Random(12);
    for (int round = 0; round < 5; round++) {
      c.appendRandom(random, 120, 30);
      c.roll();
      Future<Boolean> cleaning = f.log.clean(c.resources);
      int reads = 0;
      while (!cleaning.isComplete() || reads < 3) {
        c.assertRight();
        reads++;
        int[] turns = {0};
        f.loop.await(() -> turns[0]++ > 0);
      }
      assertThat(cleaning.result()).isTrue();
    }
    c.assertClean();
  }

  @Test
  void shouldAnswerReadsThatWereUnderwayToReplacedSegments() throws IOException {
    c.appendRandom(new Random(13), 200, 20);
    c.roll();
    f.restart();
    Future<Boolean> cleaning = f.log.clean(c.resources);
    List<Future<ReadResult>> reads = new ArrayList<>();
    for (long offset = 0; offset < f.log.logEndOffset(); offset += 3) {
      ReadResult result = f.log.read(offset, Long.MAX_VALUE, 100, true);
      reads.add(
          result instanceof ReadResult.Later later
              ? later.result()
              : Future.succeededFuture(result));
    }
    long asked = 0;
    for (Future<ReadResult> read : reads) {
      ReadResult.Data data = (ReadResult.Data) f.loop.await(read);
      ByteBuffer bytes = LogFixture.bytes(data.slice());
      data.slice().release();
      assertThat(RecordBatch.isCrcValid(bytes, 0)).isTrue();
      assertThat(RecordBatch.lastOffset(bytes, 0)).isGreaterThanOrEqualTo(asked);
      asked += 3;
    }
    assertThat(f.loop.await(cleaning)).isTrue();
  }

  @Test
  void shouldEndARoundWhenTheLogIsClosed() throws IOException {
    c.appendRandom(new Random(14), 300, 20);
    c.roll();
    Future<Boolean> cleaning = f.log.clean(c.resources);
    f.stop();
    assertThat(cleaning.isComplete()).isTrue();
    assertThat(f.files(SegmentNames.CLEANED)).isEmpty();
    assertThat(f.files(SegmentNames.SWAP)).isEmpty();
    f.open();
    c.assertRight();
  }

  // ---- Kafka's own tool

  @Test
  void shouldBeCleanForKafkasOwnTool() throws IOException {
    for (int i = 0; i < 8; i++) {
      c.appendRandom(new Random(i), 80, 40);
      c.append(new BatchBuilder().producer(3, (short) 0, i), "a", "1");
      c.append(Codec.NONE, "a", "2");
      c.transactional(5, i, "t" + i, "value");
      c.marker(5, i % 2 == 0);
      c.roll();
      c.clean();
      f.clock.wallMs += 4000;
    }
    int records = c.batches().stream().mapToInt(batch -> RecordBatch.count(batch, 0)).sum();
    f.stop();
    int found = 0;
    for (String name : f.files(".log")) {
      DumpLog.Output dump =
          DumpLog.run(f.logPath().resolve(name), "--deep-iteration", "--print-data-log");
      // The tool takes gaps, which compaction makes, for news.
      assertThat(dump.err().lines())
          .as(name)
          .allMatch(l -> l.startsWith("Non-consecutive offsets in") || l.startsWith("  "));
      assertThat(dump.out()).doesNotContain("invalid bytes").doesNotContain("isvalid: false");
      found += dump.out().split("\\| offset: ", -1).length - 1;
    }
    assertThat(found).isEqualTo(records);
    for (String suffix : new String[] {".index", ".timeindex"}) {
      for (String name : f.files(suffix)) {
        Path index = f.logPath().resolve(name);
        DumpLog.Output sanity = DumpLog.run(index, "--index-sanity-check");
        assertThat(sanity.err()).as(name).isEmpty();
        assertThat(sanity.out()).containsAnyOf("passed sanity check", "is empty");
        DumpLog.Output dump = DumpLog.run(index, "--verify-index-only");
        assertThat(dump.err()).as(name).isEmpty();
        assertThat(dump.out())
            .as(name)
            .doesNotContain("Mismatches")
            .doesNotContain("Found")
            .doesNotContain("not found");
      }
    }
    f.open();
  }

  @Test
  void shouldWriteRecordsThatReadersCanIterate() throws IOException {
    c.appendRandom(new Random(20), 200, 10);
    c.roll();
    c.clean();
    Map<Long, LogRecord> records = c.read();
    for (ByteBuffer batch : c.batches()) {
      assertThat(RecordReader.readAll(batch, 0)).allMatch(r -> records.containsKey(r.offset()));
    }
  }
}
