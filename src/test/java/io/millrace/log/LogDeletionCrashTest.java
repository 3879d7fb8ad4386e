package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The deletion of segments and of whole logs by a process that is killed before any of its
 * operations on files: nothing goes that should stay, and nothing stays that should go.
 */
class LogDeletionCrashTest {
  private static final TopicIdPartition OTHER =
      new TopicIdPartition(new TopicId(3, 4), "others", 0);

  @TempDir Path temporary;

  /** What a crash would leave at some moment. */
  private record Crash(Path path, long ackedStart, long ackedEnd) {}

  private final SteppingFileIo io = new SteppingFileIo();
  private final List<Crash> crashes = new ArrayList<>();

  /** Log start offset that was acknowledged. */
  private volatile long ackedStart;

  private LogFixture open() {
    LogFixture f = new LogFixture(temporary.resolve("log"));
    f.io = io;
    f.config =
        LogConfig.defaults()
            .with()
            .segmentBytes(600)
            .indexIntervalBytes(150)
            .fileDeleteDelayMs(0)
            .build();
    return f.open();
  }

  private void crashBeforeEveryOperation(LogFixture f, long end) {
    io.before(
        () -> {
          try {
            Path copy = temporary.resolve("crash" + crashes.size());
            crashes.add(new Crash(copy, ackedStart, end));
            f.crashed(copy);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private LogFixture after(Crash crash, LogFixture f) {
    LogFixture after = new LogFixture(crash.path);
    after.options = f.options;
    after.config = f.config;
    after.clock.wallMs = f.clock.wallMs;
    return after;
  }

  private static void awaitSealed(LogFixture f) {
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == f.log.logEndOffset());
  }

  private static List<Long> offsets(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }

  /** No file of a segment that is not part of the log. */
  private static void assertNothingLeft(LogFixture f) {
    List<String> logs = f.files(".log").stream().map(name -> name.substring(0, 20)).toList();
    f.loop.await(() -> f.files(SegmentNames.DELETED).isEmpty());
    for (String suffix : List.of(".index", ".timeindex", ".txnindex")) {
      assertThat(f.files(suffix)).allMatch(name -> logs.contains(name.substring(0, 20)));
    }
  }

  @Test
  void shouldDeleteSegmentsBySizeWhole() throws IOException {
    LogFixture f = open();
    f.appendUpTo(60, "value");
    awaitSealed(f);
    long last = SegmentNames.offset(f.files(".log").get(f.files(".log").size() - 1), ".log");
    LogConfig keep = f.config;
    crashBeforeEveryOperation(f, 60);
    f.config = keep.with().retentionBytes(0).build();
    f.log.reconfigure(f.config);
    f.log.maintain(60, f.clock.wallMs);
    f.loop.await(
        () ->
            SegmentNames.offset(f.files(".log").get(0), ".log") == last
                && f.files(SegmentNames.DELETED).isEmpty());
    io.before(() -> {});
    f.stop();
    assertThat(crashes).hasSizeGreaterThan(20);
    f.config = keep;
    int deleted = 0;
    for (Crash crash : crashes) {
      LogFixture after = after(crash, f).open();
      long start = after.log.logStartOffset();
      assertThat(after.log.logEndOffset()).as("%s", crash).isEqualTo(60);
      assertThat(start).isLessThanOrEqualTo(last);
      assertThat(after.readAll(start, 300)).as("%s", crash).isEqualTo(offsets(start, 60));
      assertNothingLeft(after);
      deleted += start > 0 ? 1 : 0;
      after.log.reconfigure(keep.with().retentionBytes(0).build());
      awaitSealed(after);
      after.log.maintain(60, after.clock.wallMs);
      assertThat(after.log.logStartOffset()).isGreaterThanOrEqualTo(last);
      assertNothingLeft(after);
      after.stop();
    }
    assertThat(deleted).as("crashes behind the first deletion").isGreaterThan(10);
  }

  @Test
  void shouldNotTakeAnAcknowledgedDeletionOfRecordsBack() throws IOException {
    LogFixture f = open();
    f.appendUpTo(60, "value");
    awaitSealed(f);
    crashBeforeEveryOperation(f, 60);
    for (long start : new long[] {7, 31, 58}) {
      f.loop.await(f.log.deleteRecordsBefore(start));
      ackedStart = start;
      f.log.maintain(60, f.clock.wallMs);
      f.loop.await(() -> f.files(SegmentNames.DELETED).isEmpty());
    }
    f.loop.await(() -> f.files(".log").size() < 3);
    io.before(() -> {});
    f.stop();
    assertThat(crashes).hasSizeGreaterThan(20);
    for (Crash crash : crashes) {
      LogFixture after = after(crash, f).open();
      long start = after.log.logStartOffset();
      assertThat(start).as("%s", crash).isBetween(crash.ackedStart, 58L);
      assertThat(after.log.logEndOffset()).isEqualTo(60);
      assertThat(after.readAll(start, 300)).last().isEqualTo(59L);
      assertThat(after.readAll(start, 300)).containsAll(offsets(start, 60));
      assertNothingLeft(after);
      after.log.maintain(60, after.clock.wallMs);
      after.loop.await(
          () -> {
            List<String> logs = after.files(".log");
            return logs.size() == 1 || SegmentNames.offset(logs.get(1), ".log") > start;
          });
      after.stop();
    }
  }

  @Test
  void shouldDeleteALogWholeAndNoOther() throws IOException {
    LogFixture f = open();
    PartitionLog other = openOther(f);
    f.appendUpTo(40, "value");
    awaitSealed(f);
    f.loop.await(f.log.deleteRecordsBefore(20));
    appendTo(f, other, 5);
    crashBeforeEveryOperation(f, 40);
    f.loop.await(f.log.delete());
    f.loop.await(() -> doomed(f.path).isEmpty());
    io.before(() -> {});
    f.loop.await(other.close());
    f.loop.await(f.directory.close(f.loop));
    assertThat(f.logPath()).doesNotExist();
    assertThat(crashes).hasSizeGreaterThan(8);
    int gone = 0;
    for (Crash crash : crashes) {
      LogFixture after = after(crash, f);
      boolean there = Files.exists(after.logPath());
      gone += there ? 0 : 1;
      openOnlyTheDirectory(after);
      PartitionLog others = openOther(after);
      assertThat(others.logEndOffset()).as("%s", crash).isEqualTo(5);
      after.loop.await(() -> doomed(after.path).isEmpty());
      assertThat(after.directory.holds(LogFixture.ID.topicPartition())).isEqualTo(there);
      if (there) {
        after.openLog();
        assertThat(after.log.logStartOffset()).isEqualTo(20);
        assertThat(after.readAll(20, 300)).contains(20L).endsWith(39L);
        after.loop.await(after.log.delete());
        assertThat(after.logPath()).doesNotExist();
      }
      assertNewLogIsEmpty(after);
      after.loop.await(others.close());
      after.loop.await(after.log.close());
      after.close();
    }
    assertThat(gone).as("crashes behind the deletion").isGreaterThan(3);
  }

  /** A topic of the same name that comes later inherits nothing. */
  private static void assertNewLogIsEmpty(LogFixture f) throws IOException {
    TopicIdPartition anew = new TopicIdPartition(new TopicId(7, 7), "events", 0);
    f.told = new LogFixture.Told();
    f.log = f.loop.await(PartitionLog.open(f.directory, anew, f.config, f.loop, f.told, f.clock));
    assertThat(f.log.logStartOffset()).isZero();
    assertThat(f.log.logEndOffset()).isZero();
    assertThat(f.log.highWatermark()).isZero();
    assertThat(f.append("anew")).isZero();
    assertThat(f.readAll(0, 100)).containsExactly(0L);
  }

  private static List<String> doomed(Path path) {
    try (Stream<Path> entries = Files.list(path)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.endsWith(SegmentNames.DELETED_DIRECTORY))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void openOnlyTheDirectory(LogFixture f) {
    f.directory = f.loop.await(LogDirectory.open(f.path, f.options, f.io, f.clock, f.loop));
  }

  private static PartitionLog openOther(LogFixture f) {
    return f.loop.await(
        PartitionLog.open(f.directory, OTHER, f.config, f.loop, new LogFixture.Told(), f.clock));
  }

  private static void appendTo(LogFixture f, PartitionLog log, int records) {
    for (int i = 0; i < records; i++) {
      log.assign(LogFixture.batch(f.clock.wallMs, "other" + i), 0, f.clock.wallMs, () -> {});
    }
    log.write();
    f.loop.await(() -> log.logEndOffset() == records);
  }
}
