package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.metrics.Metrics;
import io.millrace.record.Codec;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The scrub of a real log. */
@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
class LogScrubberTest extends ScrubFixture {
  @Test
  void shouldFindNothingInAGoodLog() {
    write();
    scrub();
    awaitRound();
    assertThat(resources.bad().all()).isEmpty();
    assertThat(status.get().readBytes()).isPositive();
  }

  @Test
  void shouldMakeDamagedIndexesAnew() throws IOException {
    write();
    Path index = f.logPath().resolve(f.files(".index").get(0));
    byte[] good = Files.readAllBytes(index);
    flip(index, 7);
    scrub();
    awaitRound();
    f.loop.await(
        () -> {
          try {
            return Arrays.equals(Files.readAllBytes(index), good);
          } catch (IOException e) {
            return false;
          }
        });
    assertThat(resources.bad().all()).isEmpty();
    assertThat(f.readAll(0, 1_000)).hasSize(RECORDS);
  }

  @Test
  void shouldLetACutWaitForIndexesThatAreMadeAnew() throws Exception {
    FaultyFileIo io = new FaultyFileIo();
    f.stop();
    f.io = io;
    f.open();
    write();
    Path index = f.logPath().resolve(f.files(".index").get(0));
    flip(index, 7);
    Predicate<Path> rebuilt = FaultyFileIo.endingWith(index.getFileName().toString());
    FaultyFileIo.Hold hold = io.holdOnce(FaultyFileIo.Operation.FORCE, rebuilt);
    long before = io.count(FaultyFileIo.Operation.FORCE, rebuilt);
    scrub();
    f.loop.await(() -> io.count(FaultyFileIo.Operation.FORCE, rebuilt) > before);
    hold.awaitReached();

    Future<Void> cut = f.log.truncateTo(5);
    long until = System.nanoTime() + 200_000_000L;
    f.loop.await(() -> cut.isComplete() || System.nanoTime() > until);
    assertThat(cut.isComplete()).isFalse();
    hold.release();
    f.loop.await(cut);

    assertThat(f.log.logEndOffset()).isEqualTo(5);
    assertThat(f.readAll(0, 1_000)).hasSize(5);
  }

  @Test
  void shouldForgetWhatIsDeleted() throws IOException {
    write();
    otherIsGone = "no other replica is in sync";
    flip(segment(0), 80);
    scrub();
    f.loop.await(() -> resources.bad().count() == 1 && only().detail() != null);
    f.loop.await(f.log.deleteRecordsBefore(50));
    f.log.maintain(RECORDS, f.clock.wallMs);
    f.loop.await(
        () -> {
          f.clock.wallMs += INTERVAL_MS;
          return resources.bad().count() == 0;
        });
  }

  @Test
  void shouldReadOnWhereItWasAfterARestart() {
    write();
    resources.settings(new ScrubSettings(true, 1 << 30, 1_000_000));
    scrub();
    f.loop.await(() -> status.get().oldestRoundMs() > 0);
    f.directory.beginClose();
    f.loop.await(() -> Files.exists(f.path.resolve(ScrubCheckpoint.FILE)));
    f.restart();
    scrub();
    f.loop.await(() -> status.get().oldestRoundMs() > 0);
    assertThat(status.get().readBytes()).isZero();
  }

  @Test
  void shouldRestWhenItIsTurnedOff() {
    write();
    resources.settings(new ScrubSettings(false, 1 << 30, INTERVAL_MS));
    scrub();
    long until = System.nanoTime() + 300_000_000L;
    f.loop.await(() -> System.nanoTime() > until);
    assertThat(status.get().readBytes()).isZero();
  }

  @Test
  void shouldGoOnAfterTheLastSlowWrite() {
    f.stop();
    f.options = new LogDirectoryOptions(2, 100, 0, 50, 60_000, /* slowNanos= */ 0);
    f.open();
    write();
    assertThat(f.directory.slow()).isTrue();
    scrub();
    f.loop.await(() -> status.get().oldestRoundMs() > 0);
  }

  /** A log that a round of compaction changes. */
  private CleaningFixture dirty(FileIo io) throws IOException {
    CleaningFixture c = new CleaningFixture(path.resolve("compacted"));
    c.f.io = io;
    c.open();
    c.append(Codec.NONE, "a key that comes once", "value");
    c.appendRandom(new Random(3), 100, 10);
    c.roll();
    return c;
  }

  /** Its name is then still that of a segment that it replaces, or of nothing. */
  @Test
  void shouldNotLookForACompactedSegmentThatHasNoNameYet() throws Exception {
    FaultyFileIo io = new FaultyFileIo();
    try (CleaningFixture c = dirty(io)) {
      Predicate<Path> named = FaultyFileIo.endingWith(SegmentNames.LOG);
      long before = io.count(FaultyFileIo.Operation.RENAME, named);
      FaultyFileIo.Hold hold = io.holdOnce(FaultyFileIo.Operation.RENAME, named);
      Future<Boolean> cleaning = c.f.log.clean(c.resources);
      c.f.loop.await(() -> io.count(FaultyFileIo.Operation.RENAME, named) > before);
      hold.awaitReached();

      Supplier<ScrubStatus> scrub = c.f.directory.startScrub(resources);
      c.f.loop.await(() -> scrub.get().oldestRoundMs() > 0);

      assertThat(resources.bad().all()).isEmpty();
      hold.release();
      assertThat(c.f.loop.await(cleaning)).isTrue();
    }
  }

  /** They would end up under the names of the compacted segments. */
  @Test
  void shouldLetCompactedSegmentsWaitForIndexesThatAreMadeAnew() throws Exception {
    FaultyFileIo io = new FaultyFileIo();
    try (CleaningFixture c = dirty(io)) {
      Path index = SegmentNames.file(c.f.logPath(), 0, SegmentNames.OFFSET_INDEX);
      Path times = SegmentNames.file(c.f.logPath(), 0, SegmentNames.TIME_INDEX);
      long before = io.count(FaultyFileIo.Operation.FORCE, index::equals);
      FaultyFileIo.Hold hold = io.holdOnce(FaultyFileIo.Operation.FORCE, index::equals);
      LogScrubbing scrubbing = c.f.log.scrubbing();
      scrubbing.next(c.f.directory, 0, next -> scrubbing.rebuildIndexes(next.segment()));
      c.f.loop.await(() -> io.count(FaultyFileIo.Operation.FORCE, index::equals) > before);
      hold.awaitReached();

      Future<Boolean> cleaning = c.f.log.clean(c.resources);
      Path compacted = Path.of(times + SegmentNames.SWAP);
      c.f.loop.await(() -> cleaning.isComplete() || Files.exists(compacted));
      long until = System.nanoTime() + 200_000_000L;
      c.f.loop.await(() -> cleaning.isComplete() || System.nanoTime() > until);
      assertThat(cleaning.isComplete()).isFalse();
      byte[] right = Files.readAllBytes(compacted);
      hold.release();

      assertThat(c.f.loop.await(cleaning)).isTrue();
      assertThat(Files.readAllBytes(times)).isEqualTo(right);
      c.assertRight();
    }
  }

  @Test
  void shouldReadTheDiskItselfAgainAfterThereWasNoFileToSpare() throws IOException {
    write();
    FaultyFileIo io = new FaultyFileIo();
    int bytes = (int) Files.size(segment(0));
    try (ScrubReader reader = new ScrubReader(io, path)) {
      reader.open(segment(0), bytes);
      assumeTrue(reader.direct(), "the file system reads past the page cache");
      io.fail(FaultyFileIo.Operation.OPEN, file -> true, new IOException("Too many open files"));
      assertThatIOException().isThrownBy(() -> reader.open(segment(0), bytes));
      io.heal();
      reader.open(segment(0), bytes);
      assertThat(reader.direct()).isTrue();
    }
  }

  // ---- logs that move to another directory

  private LogDirectory openSecond() {
    return f.loop.await(
        LogDirectory.open(path.resolve("second"), f.options, f.io, f.clock, f.loop));
  }

  private void move(LogDirectory to) {
    LogMoves moves = new LogMoves(f.clock, (id, directory) -> {}, 1, Metrics.NONE);
    f.loop.await(f.log.moveTo(to, moves));
    f.loop.await(() -> moves.progress().isEmpty());
    assertThat(to.partitions()).hasSize(1);
  }

  /** The repair comes too late for the copy; and the other directory had the log before. */
  @Test
  void shouldFindInTheNewPlaceWhatWasRepairedInTheOldOneOnly() throws Exception {
    FaultyFileIo io = new FaultyFileIo();
    f.stop();
    f.io = io;
    f.open();
    write();
    String name = f.files(".log").get(1);
    byte[] good = Files.readAllBytes(segment(1));
    flip(segment(1), 80);
    byte[] bad = Files.readAllBytes(segment(1));
    ScrubCheckpoint.write(
        io,
        Files.createDirectories(path.resolve("second")),
        Map.of(f.log.id().topicPartition(), new ScrubCheckpoint.Progress(f.clock.wallMs, 0)));
    LogDirectory second = openSecond();
    Path moved = second.path().resolve("events-0").resolve(name);
    resources.settings(new ScrubSettings(true, 1 << 30, 1_000_000));

    Predicate<Path> copied =
        file -> file.toString().contains("-future") && file.toString().endsWith(".log");
    FaultyFileIo.Hold hold = io.holdOnce(FaultyFileIo.Operation.FORCE, copied);
    LogMoves moves = new LogMoves(f.clock, (id, to) -> {}, 1, Metrics.NONE);
    f.loop.await(f.log.moveTo(second, moves));
    f.loop.await(() -> io.count(FaultyFileIo.Operation.FORCE, copied) > 0);
    hold.awaitReached();
    scrub();
    awaitRepaired();
    hold.release();
    f.loop.await(() -> moves.progress().isEmpty());
    assertThat(Files.readAllBytes(moved)).isEqualTo(bad);

    second.startScrub(resources);

    f.loop.await(() -> resources.bad().all().size() == 2 && resources.bad().count() == 0);
    assertThat(Files.readAllBytes(moved)).isEqualTo(good);
    f.loop.await(f.log.close());
    f.loop.await(second.close(f.loop));
  }

  @Test
  void shouldReadAnewWhatComesBack() throws IOException {
    write();
    LogDirectory second = openSecond();
    resources.settings(new ScrubSettings(true, 1 << 30, 1_000_000));
    String name = f.files(".log").get(1);
    byte[] good = Files.readAllBytes(segment(1));
    scrub();
    f.loop.await(() -> status.get().oldestRoundMs() > 0);

    move(second);
    flip(second.path().resolve("events-0").resolve(name), 80);
    move(f.directory);

    f.loop.await(() -> !resources.bad().all().isEmpty() && resources.bad().count() == 0);
    assertThat(Files.readAllBytes(segment(1))).isEqualTo(good);
    f.loop.await(second.close(f.loop));
  }

  /** Rolls, deletions and cuts come while it reads: it must not take them for damage. */
  @Test
  void shouldNotMistakeChangesOfTheLogForDamage() {
    write();
    scrub();
    Random random = new Random(11);
    for (int i = 0; i < 150; i++) {
      f.clock.wallMs += INTERVAL_MS;
      f.appendUpTo(f.log.nextOffset() + random.nextInt(20), "a record that is not too short ");
      switch (random.nextInt(4)) {
        case 0 -> {
          f.loop.await(f.log.truncateTo(f.log.logEndOffset() - random.nextInt(15)));
          f.told.persisted = -1;
        }
        case 1 -> {
          long start = f.log.logStartOffset() + random.nextInt(10);
          f.loop.await(f.log.deleteRecordsBefore(Math.min(start, f.log.logEndOffset())));
          f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
        }
        default -> f.log.noteHighWatermark(f.log.logEndOffset());
      }
    }
    awaitRound();
    assertThat(resources.bad().all()).isEmpty();
  }
}
