package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
class LogRetentionTest {
  @TempDir Path path;
  private LogFixture f;

  @BeforeEach
  void open() {
    f = new LogFixture(path);
    f.config =
        LogConfig.defaults()
            .with()
            .segmentBytes(1000)
            .indexIntervalBytes(150)
            .fileDeleteDelayMs(0)
            .build();
    f.open();
  }

  @AfterEach
  void close() {
    f.close();
  }

  private void awaitSealed() {
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == f.log.logEndOffset());
  }

  private void maintainUntilStart(long start) {
    f.loop.await(
        () -> {
          f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
          return f.log.logStartOffset() == start;
        });
  }

  private long base(int slot) {
    return SegmentNames.offset(f.files(".log").get(slot), ".log");
  }

  @Test
  void shouldDeleteBySize() throws IOException {
    f.appendUpTo(100, "value");
    awaitSealed();
    int segments = f.files(".log").size();
    long third = base(segments - 3);
    f.log.reconfigure(f.config.with().retentionBytes(2500).build());
    maintainUntilStart(third);
    assertThat(f.told.start).isEqualTo(third);
    assertThat(f.log.sizeInBytes()).isBetween(2500L, 3500L);
    f.loop.await(() -> f.files(".deleted").isEmpty() && f.files(".log").size() == 3);
    assertThat(f.log.read(third - 1, Long.MAX_VALUE, 100, true))
        .isEqualTo(ReadResult.OutOfRange.INSTANCE);
    assertThat(f.readAll(third, 500)).startsWith(third).endsWith(99L);
  }

  @Test
  void shouldDeleteByTime() {
    f.appendUpTo(50, "value");
    f.clock.wallMs += 1000;
    f.appendUpTo(100, "value");
    awaitSealed();
    f.log.reconfigure(f.config.with().retentionMs(500).build());
    f.log.maintain(100, f.clock.wallMs);
    assertThat(f.log.logStartOffset()).isBetween(30L, 50L);
  }

  @Test
  void shouldRollAndDeleteTheActiveSegmentWhenItIsTooOld() throws IOException {
    f.appendUpTo(5, "value");
    f.log.reconfigure(f.config.with().retentionMs(500).build());
    f.clock.wallMs += 1000;
    maintainUntilStart(5);
    assertThat(f.log.sizeInBytes()).isZero();
    f.restart();
    assertThat(f.log.logStartOffset()).isEqualTo(5);
    assertThat(f.append("next")).isEqualTo(5);
    assertThat(f.readAll(5, 100)).containsExactly(5L);
  }

  @Test
  void shouldDeleteByTimeAfterARestart() {
    f.appendUpTo(100, "value");
    f.restart();
    f.clock.wallMs += 1000;
    f.log.reconfigure(f.config.with().retentionMs(500).build());
    maintainUntilStart(100);
    assertThat(f.told.start).isEqualTo(100);
  }

  @Test
  void shouldKeepWhatIsNotCommitted() {
    f.appendUpTo(100, "value");
    awaitSealed();
    f.log.reconfigure(f.config.with().retentionBytes(0).build());
    long committed = base(2);
    f.log.maintain(committed, f.clock.wallMs);
    assertThat(f.log.logStartOffset()).isEqualTo(committed);
  }

  @Test
  void shouldNotDeleteWithoutThePolicy() {
    f.appendUpTo(100, "value");
    awaitSealed();
    f.log.reconfigure(
        f.config.with().retentionBytes(0).retentionMs(0).deletes(false).compacts(true).build());
    f.clock.wallMs += 1000;
    f.log.maintain(100, f.clock.wallMs);
    assertThat(f.log.logStartOffset()).isZero();
  }

  @Test
  void shouldDeleteRecordsDurably() throws IOException {
    f.appendUpTo(100, "value");
    f.loop.await(f.log.deleteRecordsBefore(37));
    assertThat(f.told.start).isEqualTo(37);
    assertThat(OffsetCheckpoint.read(path, OffsetCheckpoint.LOG_START_OFFSET))
        .containsEntry(LogFixture.ID.topicPartition(), 37L);
    f.restart();
    assertThat(f.log.logStartOffset()).isEqualTo(37);
    awaitSealed();
    f.log.maintain(100, f.clock.wallMs);
    assertThat(base(0)).isLessThanOrEqualTo(37);
    f.loop.await(() -> base(0) > 20);
  }

  @Test
  void shouldDeleteAllRecords() throws IOException {
    f.appendUpTo(10, "value");
    f.loop.await(f.log.deleteRecordsBefore(10));
    awaitSealed();
    maintainUntilStart(10);
    f.loop.await(
        () -> {
          f.log.maintain(10, f.clock.wallMs);
          return f.files(".log").equals(List.of("00000000000000000010.log"));
        });
    f.restart();
    assertThat(f.log.logStartOffset()).isEqualTo(10);
    assertThat(f.append("x")).isEqualTo(10);
  }

  @Test
  void shouldLeaveRepliesTheirFiles() throws IOException {
    f.appendUpTo(100, "value");
    awaitSealed();
    ReadResult.Data data = (ReadResult.Data) f.read(0, 300);
    f.log.reconfigure(f.config.with().retentionBytes(0).build());
    f.log.maintain(100, f.clock.wallMs);
    f.loop.await(() -> !Files.exists(f.logPath().resolve("00000000000000000000.log")));
    f.loop.await(() -> f.files(".deleted").isEmpty());
    assertThat(data.slice().channel().isOpen()).isTrue();
    assertThat(f.offsets(data)).startsWith(0L);
    f.loop.await(() -> !data.slice().channel().isOpen());
  }

  @Test
  void shouldDeleteTheWholeLog() throws IOException {
    f.log.reconfigure(f.config.with().fileDeleteDelayMs(60_000).build());
    f.appendUpTo(20, "value");
    ReadResult.Data data = (ReadResult.Data) f.read(0, 300);
    f.loop.await(f.log.delete());
    assertThat(f.logPath()).doesNotExist();
    assertThat(path.toFile().list((d, n) -> n.endsWith("-delete"))).hasSize(1);
    assertThat(f.offsets(data)).startsWith(0L);
    f.openLog();
    assertThat(f.log.logEndOffset()).isZero();
    assertThat(f.append("anew")).isZero();
    f.restart();
    assertThat(f.log.logEndOffset()).isEqualTo(1);
    f.loop.await(() -> path.toFile().list((d, n) -> n.endsWith("-delete")).length == 0);
  }

  @Test
  void shouldKeepWhatIsFromTheFutureAndSaySo() {
    f.log.reconfigure(f.config.with().retentionMs(500).build());
    f.clock.wallMs += 100_000;
    f.appendUpTo(50, "value");
    f.clock.wallMs -= 100_000;
    f.appendUpTo(100, "value");
    f.clock.wallMs += 10_000;
    awaitSealed();
    f.log.maintain(100, f.clock.wallMs);
    assertThat(f.log.logStartOffset()).isZero();
    assertThat(f.directory.logsFromTheFuture()).isEqualTo(1);
    f.clock.wallMs += 100_000;
    maintainUntilStart(100);
    assertThat(f.directory.logsFromTheFuture()).isZero();
  }

  @Test
  void shouldDeleteWhatIsFromTheFutureBySize() {
    f.clock.wallMs += 100_000;
    f.appendUpTo(100, "value");
    f.clock.wallMs -= 100_000;
    awaitSealed();
    f.log.reconfigure(f.config.with().retentionMs(500).retentionBytes(1500).build());
    maintainUntilStart(base(f.files(".log").size() - 2));
  }

  @Test
  void shouldDeleteByTimeAndSizeOfACompactedLogToo() {
    f.log.reconfigure(f.config.with().compacts(true).build());
    f.appendUpTo(100, "value");
    awaitSealed();
    long last = base(f.files(".log").size() - 1);
    f.log.reconfigure(f.log.config().with().retentionBytes(0).build());
    f.log.maintain(last, f.clock.wallMs);
    assertThat(f.log.logStartOffset()).isEqualTo(last);
  }

  @Test
  void shouldDeleteBelowTheLogStartOfACompactedLog() throws IOException {
    f.log.reconfigure(f.config.with().deletes(false).compacts(true).build());
    f.appendUpTo(100, "value");
    awaitSealed();
    f.loop.await(f.log.deleteRecordsBefore(base(3) + 1));
    f.log.maintain(100, f.clock.wallMs);
    f.loop.await(() -> f.log.logStartOffset() - base(0) == 1);
  }

  @Test
  void shouldRollEarlierByJitter() {
    f.log.reconfigure(f.config.with().segmentMs(1_000).segmentJitterMs(1_000).build());
    f.append("a");
    int early = 0;
    for (int i = 0; i < 40; i++) {
      int before = f.files(".log").size();
      f.clock.wallMs += 500;
      f.append("b");
      early += f.files(".log").size() > before ? 1 : 0;
    }
    // Without jitter every third append would roll: 13.
    assertThat(early).isBetween(16, 40);
  }

  @Test
  void shouldRollByAge() {
    f.append("a");
    f.clock.wallMs += f.config.segmentMs() + 1;
    f.append("b");
    assertThat(f.files(".log"))
        .containsExactly("00000000000000000000.log", "00000000000000000001.log");
  }

  @Test
  void shouldRollWhenTheIndexIsFull() {
    f.log.reconfigure(
        f.config.with().segmentBytes(1 << 20).indexIntervalBytes(0).segmentIndexBytes(40).build());
    f.appendUpTo(20, "value");
    assertThat(f.files(".log")).hasSizeGreaterThan(2);
  }

  @Test
  void shouldKeepTwoSnapshots() {
    f.appendUpTo(100, "value");
    awaitSealed();
    f.loop.await(() -> f.files(".snapshot").size() == 2);
  }
}
