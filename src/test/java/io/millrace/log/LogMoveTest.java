package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FaultyFileIo.Operation;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.record.BatchBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that goes to another directory while it is used. */
class LogMoveTest {
  @TempDir Path temporary;

  private final List<LogDirectory> arrived = new ArrayList<>();
  private LogFixture f;
  private LogDirectory other;
  private FaultyFileIo io = new FaultyFileIo();
  private LogMoves moves =
      new LogMoves(
          Clock.SYSTEM, (TopicIdPartition id, LogDirectory to) -> arrived.add(to), 1, Metrics.NONE);

  private void open() {
    f = new LogFixture(temporary.resolve("a"));
    f.io = io;
    f.config = f.config.with().segmentBytes(1_000).fileDeleteDelayMs(0).build();
    f.open();
    other = openOther();
  }

  private LogDirectory openOther() {
    return f.loop.await(LogDirectory.open(temporary.resolve("b"), f.options, io, f.clock, f.loop));
  }

  @AfterEach
  void close() {
    io.heal();
    if (f != null && f.directory != null) {
      f.loop.await(f.log.close());
      f.loop.await(f.directory.close(f.loop));
      f.loop.await(other.close(f.loop));
    }
  }

  private void move() {
    f.loop.await(f.log.moveTo(other, moves));
    f.loop.await(() -> moves.progress().isEmpty());
  }

  private static List<String> names(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean copied(Path path) {
    return path.toString().contains("-future");
  }

  private static Predicate<Path> oldName() {
    return FaultyFileIo.endingWith("-delete");
  }

  /** Begins the move, which hangs in its first such operation until it is let go. */
  private FaultyFileIo.Hold moveUpTo(Operation operation, Predicate<Path> file) throws Exception {
    FaultyFileIo.Hold hold = io.holdOnce(operation, file);
    f.log.moveTo(other, moves);
    f.loop.await(() -> io.count(operation, file) > 0);
    hold.awaitReached();
    return hold;
  }

  @Test
  void shouldBeTheSameLogInTheOtherDirectory() throws IOException {
    open();
    f.appendUpTo(100, "value");
    List<Long> before = f.readAll(0, 700);
    move();
    assertThat(arrived).containsExactly(other);
    assertThat(f.readAll(0, 700)).isEqualTo(before);
    f.appendUpTo(150, "later");
    assertThat(f.readAll(0, 700)).hasSize(150);
    assertThat(f.directory.partitions()).isEmpty();
    assertThat(other.partitions()).containsExactly(LogFixture.ID.topicPartition());
    f.loop.await(() -> names(f.path).stream().noneMatch(name -> name.contains("events")));
    assertThat(names(other.path())).contains("events-0").noneMatch(name -> name.contains("future"));
  }

  @Test
  void shouldOpenThereAfterARestart() throws IOException {
    open();
    f.appendUpTo(100, "value");
    f.loop.await(f.log.deleteRecordsBefore(17));
    move();
    f.appendUpTo(120, "later");
    f.loop.await(f.log.close());
    f.loop.await(f.directory.close(f.loop));
    f.loop.await(other.close(f.loop));
    f = new LogFixture(temporary.resolve("b"));
    f.open();
    other = f.loop.await(LogDirectory.open(temporary.resolve("a"), f.options, io, f.clock, f.loop));
    assertThat(f.directory.clean()).isTrue();
    assertThat(f.log.logStartOffset()).isEqualTo(17);
    assertThat(f.log.logEndOffset()).isEqualTo(120);
    assertThat(f.log.latestEpoch()).isZero();
    assertThat(f.readAll(17, 700)).hasSize(103);
  }

  @Test
  void shouldLetAppendsAndReadsWaitForTheSwitch() throws Exception {
    open();
    f.appendUpTo(100, "value");
    FaultyFileIo.Hold hold = moveUpTo(Operation.RENAME, oldName());
    // The switch: what is appended waits.
    assertThat(f.assign(LogFixture.batch(f.clock.wallMs, "waits")))
        .isInstanceOf(AppendOutcome.Assigned.class);
    f.log.write();
    long end = f.log.logEndOffset();
    ReadResult read = f.log.read(3, Long.MAX_VALUE, 500, true);
    hold.release();
    f.loop.await(() -> f.log.logEndOffset() == end + 1);
    f.loop.await(() -> moves.progress().isEmpty());
    ReadResult got = read instanceof ReadResult.Later later ? f.loop.await(later.result()) : read;
    assertThat(f.offsets(got)).startsWith(3L);
    assertThat(f.readAll(0, 700)).hasSize((int) end + 1);
  }

  @Test
  void shouldCopyAnewWhatATruncationChanged() throws Exception {
    open();
    f.appendUpTo(100, "value");
    moves.limit(1 << 20);
    FaultyFileIo.Hold hold = moveUpTo(Operation.FORCE, LogMoveTest::copied);
    var cut = f.log.truncateTo(50);
    hold.release();
    f.loop.await(cut);
    f.told.persisted = 50;
    f.appendUpTo(70, "another");
    f.loop.await(() -> moves.progress().isEmpty());
    assertThat(other.partitions()).isNotEmpty();
    assertThat(f.readAll(0, 700)).hasSize(70);
  }

  @Test
  void shouldStayWhenTheMoveIsCancelled() throws Exception {
    open();
    f.appendUpTo(100, "value");
    FaultyFileIo.Hold hold = moveUpTo(Operation.FORCE, LogMoveTest::copied);
    var cancelled = f.log.moveTo(f.directory, moves);
    hold.release();
    f.loop.await(cancelled);
    f.loop.await(() -> moves.progress().isEmpty());
    f.loop.await(() -> names(other.path()).stream().noneMatch(name -> name.contains("events")));
    assertThat(f.readAll(0, 700)).hasSize(100);
    assertThat(f.directory.partitions()).hasSize(1);
  }

  @Test
  void shouldStayWhenTheOtherDirectoryIsFull() throws Exception {
    open();
    f.appendUpTo(100, "value");
    io.fail(
        Operation.WRITE, path -> path.toString().contains("-future/0"), FaultyFileIo.diskFull());
    move();
    assertThat(arrived).isEmpty();
    assertThat(other.failure()).isNull();
    f.appendUpTo(110, "more");
    assertThat(f.readAll(0, 700)).hasSize(110);
    f.loop.await(() -> names(other.path()).stream().noneMatch(name -> name.contains("events")));
  }

  @Test
  void shouldNotBeginToFillADirectoryThatHasTooLittleRoom() throws Exception {
    open();
    f.appendUpTo(100, "value");
    io.limitSpace(1_000);
    move();
    assertThat(arrived).isEmpty();
    assertThat(io.count(Operation.WRITE, path -> path.toString().contains("-future/0"))).isZero();
    assertThat(f.readAll(0, 700)).hasSize(100);
  }

  @Test
  void shouldStayWhenTheOtherDirectoryFails() throws Exception {
    open();
    f.appendUpTo(100, "value");
    io.failOnce(
        Operation.FORCE,
        path -> path.toString().contains("-future/0"),
        FaultyFileIo.inputOutputError());
    move();
    assertThat(other.failure()).isNotNull();
    f.appendUpTo(110, "more");
    assertThat(f.readAll(0, 700)).hasSize(110);
    assertThat(f.log.isOffline()).isFalse();
  }

  @Test
  void shouldGoOnWhereItIsWhenTheOldNameCannotBeTakenAway() throws Exception {
    open();
    f.appendUpTo(100, "value");
    io.failOnce(Operation.RENAME, oldName(), FaultyFileIo.diskFull());
    move();
    assertThat(f.log.isOffline()).isFalse();
    f.loop.await(() -> !f.directory.lowOnSpace());
    f.appendUpTo(110, "more");
    assertThat(f.readAll(0, 700)).hasSize(110);
    assertThat(other.partitions()).isEmpty();
  }

  /** Whether the disk has the old name is not known then: the next start finds out. */
  @Test
  void shouldKeepTheCopyWhenTheOldDirectoryFailsAsItsNameGoes() throws Exception {
    open();
    f.log.reconfigure(f.config.with().segmentBytes(100_000).build());
    for (int i = 0; i < 50; i++) {
      BatchBuilder batch = new BatchBuilder().producer(9, (short) 0, i);
      f.append(LogFixture.direct(batch.append(f.clock.wallMs, null, new byte[20]).build()));
    }
    // Such a copy looks like a log that was closed and never had a producer: no snapshot is due.
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == f.log.logEndOffset());
    FaultyFileIo.Hold hold = moveUpTo(Operation.RENAME, oldName());
    io.failOnce(
        Operation.FSYNC_DIRECTORY,
        FaultyFileIo.endingWith(f.path.toString()),
        FaultyFileIo.inputOutputError());
    var cancelled = f.log.moveTo(f.directory, moves);
    hold.release();
    f.loop.await(cancelled);
    f.loop.await(() -> moves.progress().isEmpty());
    assertThat(f.directory.failure()).isNotNull();
    f.loop.await(f.log.close().otherwiseEmpty());
    f.loop.await(f.directory.close(f.loop).otherwiseEmpty());
    f.loop.await(other.close(f.loop));

    f.directory = f.loop.await(LogDirectory.open(f.path, f.options, io, f.clock, f.loop));
    other = openOther();
    f.loop.await(InterruptedMoves.settle(List.of(f.directory, other), false, f.loop));
    assertThat(f.directory.partitions()).isEmpty();
    assertThat(other.partitions()).hasSize(1);
    f.told = new LogFixture.Told();
    f.log =
        f.loop.await(PartitionLog.open(other, LogFixture.ID, f.config, f.loop, f.told, f.clock));
    assertThat(f.readAll(0, 700)).hasSize(50);
    assertThat(f.log.activeProducers())
        .singleElement()
        .satisfies(producer -> assertThat(producer.lastSequence()).isEqualTo(49));
  }

  @Test
  void shouldTakeTheIndexesOfTheSegmentThatGrowsAlong() throws Exception {
    f = new LogFixture(temporary.resolve("a"));
    f.io = io;
    f.config = f.config.with().segmentBytes(100_000).indexIntervalBytes(150).build();
    f.open();
    f.appendUpTo(40, "value");
    f.restart();
    other = openOther();
    f.appendUpTo(50, "value");
    move();
    f.log.reconfigure(f.config.with().segmentBytes(100).build());
    f.append("in the next segment");
    Path first = other.path().resolve("events-0/00000000000000000000.log");
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == f.log.logEndOffset());

    SegmentFile file = new SegmentFile(other.channels(), first);
    var source = new SegmentIndexes.Source(file, 0, 50, (int) Files.size(first));
    IndexCheck indexes = IndexCheck.of(io, source);
    BatchScanner batches = new BatchScanner(file.acquire(), 0, source.size());
    while (batches.next()) {
      indexes.onBatch(
          (int) batches.position(),
          batches.baseOffset(),
          batches.lastOffset(),
          batches.maxTimestamp());
    }
    file.release();
    file.doom();
    assertThat(indexes.problem()).isNull();
    assertThat(Files.size(first.resolveSibling("00000000000000000000.index"))).isPositive();
  }

  @Test
  void shouldBeOfflineWithTheDirectoryThatItIsIn() throws Exception {
    open();
    f.appendUpTo(10, "value");
    move();
    f.directory.health().fail(FaultyFileIo.inputOutputError());
    f.appendUpTo(20, "more");
    assertThat(f.log.isOffline()).isFalse();
    other.health().fail(FaultyFileIo.inputOutputError());
    f.loop.await(() -> f.told.offline != null);
    assertThat(f.loop.await(f.log.close().map(true).otherwise(false))).isFalse();
    f.loop.await(f.directory.close(f.loop).otherwiseEmpty());
    f.loop.await(other.close(f.loop).otherwiseEmpty());
    f = null;
  }

  @Test
  void shouldBeDeletedTogetherWithItsCopy() throws Exception {
    open();
    f.appendUpTo(100, "value");
    FaultyFileIo.Hold hold = moveUpTo(Operation.FORCE, LogMoveTest::copied);
    var deleted = f.log.delete();
    hold.release();
    f.loop.await(deleted);
    f.loop.await(() -> names(other.path()).stream().noneMatch(name -> name.contains("events")));
    f.loop.await(() -> names(f.path).stream().noneMatch(name -> name.contains("events")));
    f.openLog();
  }
}
