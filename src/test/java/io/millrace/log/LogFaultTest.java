package io.millrace.log;

import static io.millrace.log.FaultyFileIo.endingWith;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FaultyFileIo.Operation;
import io.millrace.model.TopicIdPartition;
import io.millrace.record.BatchBuilder;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFaultTest {
  @TempDir Path path;
  private final FaultyFileIo io = new FaultyFileIo();
  private LogFixture f;

  @BeforeEach
  void open() {
    f = new LogFixture(path);
    f.io = io;
    f.open();
  }

  @AfterEach
  void close() {
    io.heal();
    f.close();
  }

  private static ByteBuffer producerBatch(int sequence) {
    return LogFixture.direct(
        new BatchBuilder()
            .producer(42, (short) 1, sequence)
            .append(1000 + sequence, null, new byte[200])
            .build());
  }

  private void groupCommit(long messages) {
    f.log.reconfigure(f.config.with().flushMessages(messages).build());
  }

  private void openSlow() {
    f.stop();
    f.options = new LogDirectoryOptions(2, 100, 0, 50, 60_000, 0);
    f.open();
  }

  private void assertRefused() {
    assertThat(f.assign(LogFixture.batch(1, "x")))
        .isInstanceOfSatisfying(
            AppendOutcome.Refused.class,
            refused -> assertThat(refused.error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR));
  }

  // ---- disk full

  @Test
  void shouldTakeBackWhatDidNotFitOnTheDisk() throws IOException {
    f.appendUpTo(5, "value");
    long size = Files.size(f.lastSegment());
    io.limitSpace(100);
    f.assign(producerBatch(0));
    f.assign(producerBatch(1));
    f.log.write();
    f.loop.await(() -> !f.told.failedFrom.isEmpty());
    assertThat(f.told.failedFrom).containsExactly(5L);
    assertThat(f.told.retriable).isTrue();
    assertThat(f.released).isEqualTo(7);
    assertThat(f.log.nextOffset()).isEqualTo(5);
    assertThat(f.log.logEndOffset()).isEqualTo(5);
    assertThat(Files.size(f.lastSegment())).isEqualTo(size);
    assertThat(f.readAll(0, 1000)).isEqualTo(LongStream.range(0, 5).boxed().toList());
  }

  @Test
  void shouldRefuseAppendsUntilThereIsSpaceAgain() throws IOException {
    f.appendUpTo(5, "value");
    io.limitSpace(10);
    f.assign(producerBatch(0));
    f.log.write();
    f.loop.await(() -> !f.told.failedFrom.isEmpty());
    assertRefused();
    io.heal();
    f.loop.await(() -> !f.directory.lowOnSpace());
    assertThat(f.append(producerBatch(0))).isEqualTo(5);
    assertThat(f.assign(producerBatch(0))).isEqualTo(new AppendOutcome.Duplicate(5, 5, -1));
    f.restart();
    assertThat(f.readAll(0, 1000)).isEqualTo(LongStream.range(0, 6).boxed().toList());
  }

  @Test
  void shouldTakeTheBrokersOwnAppendsBelowTheWatermark() {
    f.stop();
    f.options = new LogDirectoryOptions(2, 100, 1000, 10, 60_000, Long.MAX_VALUE);
    f.open();
    io.limitSpace(999);
    f.loop.await(() -> f.directory.lowOnSpace());

    AppendOutcome own = f.log.assignOwn(LogFixture.batch(1, "a commit"), 0, 1, () -> {});
    f.log.write();

    assertThat(own).isEqualTo(new AppendOutcome.Assigned(0, 0, -1));
    f.loop.await(() -> f.log.logEndOffset() == 1);
    io.heal();
  }

  @Test
  void shouldRefuseAppendsBelowTheWatermark() {
    f.stop();
    f.options = new LogDirectoryOptions(2, 100, 1000, 10, 60_000, Long.MAX_VALUE);
    f.open();
    f.append("a");
    io.limitSpace(999);
    f.loop.await(() -> f.directory.lowOnSpace());
    assertRefused();
    assertThat(f.read(0, 100)).isInstanceOf(ReadResult.Data.class);
    io.heal();
    f.loop.await(() -> !f.directory.lowOnSpace());
    f.append("b");
  }

  @Test
  void shouldSurviveAFullDiskInTheMiddleOfARoll() throws IOException {
    f.log.reconfigure(f.config.with().segmentBytes(1000).build());
    f.appendUpTo(10, "value");
    io.failOnce(Operation.OPEN, endingWith("00000000000000000013.log"), FaultyFileIo.diskFull());
    while (f.log.nextOffset() < 30) {
      AppendOutcome outcome = f.assign(LogFixture.batch(1, "value"));
      if (outcome instanceof AppendOutcome.Assigned assigned) {
        f.log.write();
        f.loop.await(
            () ->
                f.log.logEndOffset() > assigned.lastOffset()
                    || f.log.nextOffset() <= assigned.lastOffset());
      } else {
        f.loop.await(() -> !f.directory.lowOnSpace());
      }
    }
    assertThat(f.told.failedFrom).containsExactly(13L);
    f.restart();
    assertThat(f.readAll(0, 1000)).isEqualTo(LongStream.range(0, 30).boxed().toList());
  }

  @Test
  void shouldSealSegmentsOnceThereIsSpaceAgain() {
    f.log.reconfigure(f.config.with().segmentBytes(1000).build());
    io.fail(Operation.OPEN, endingWith(".index"), FaultyFileIo.diskFull());
    f.appendUpTo(13, "value");
    f.assign(LogFixture.batch(1, "roll"));
    f.log.write();
    f.loop.await(() -> io.count(Operation.OPEN, endingWith(".index")) > 0);
    f.loop.await(f.log.flush());
    assertThat(f.log.recoveryPoint()).isZero();
    io.heal();
    f.loop.await(
        () -> {
          f.log.maintain(14, f.clock.wallMs);
          return f.log.recoveryPoint() == 14;
        });
    assertThat(f.directory.failure()).isNull();
  }

  @Test
  void shouldTakeBackWhatWasQueuedBehindAFailedWrite() throws Exception {
    openSlow();
    f.append("a");
    FaultyFileIo.Hold write = io.holdOnce(Operation.WRITE, endingWith(".log"));
    io.limitSpace(100);
    f.assign(producerBatch(0));
    f.log.write();
    write.awaitReached();
    f.assign(producerBatch(1));
    f.assign(producerBatch(2));
    assertThat(f.log.nextOffset()).isEqualTo(4);
    write.release();
    f.loop.await(() -> !f.told.failedFrom.isEmpty());
    assertThat(f.told.failedFrom).containsExactly(1L);
    assertThat(f.log.nextOffset()).isEqualTo(1);
    assertThat(f.released).isEqualTo(4);
    io.heal();
    f.loop.await(() -> !f.directory.lowOnSpace());
    assertThat(f.append(producerBatch(0))).isEqualTo(1);
  }

  @Test
  void shouldStayOnlineWhenTheProcessHasTooManyFilesOpen() throws IOException {
    io.failOnce(
        Operation.OPEN, endingWith(".log"), new IOException("events-0: Too many open files"));
    f.assign(producerBatch(0));
    f.log.write();
    f.loop.await(() -> !f.told.failedFrom.isEmpty());
    assertThat(f.told.retriable).isTrue();
    assertThat(f.directory.failure()).isNull();
    assertThat(f.append(producerBatch(0))).isZero();
    assertThat(f.readAll(0, 1000)).containsExactly(0L);
  }

  @Test
  void shouldStayOfflineIfTornBytesCannotBeCut() {
    f.append("a");
    io.limitSpace(10);
    io.failOnce(Operation.TRUNCATE, endingWith(".log"), FaultyFileIo.inputOutputError());
    f.assign(producerBatch(0));
    f.log.write();
    f.loop.await(() -> f.told.offline != null);
    assertThat(f.told.failedFrom).containsExactly(1L);
    assertThat(f.told.retriable).isFalse();
  }

  // ---- broken disk

  @Test
  void shouldGoOfflineOnAWriteError() {
    f.appendUpTo(5, "value");
    io.failOnce(Operation.WRITE, endingWith(".log"), FaultyFileIo.inputOutputError());
    f.assign(LogFixture.batch(1, "x"));
    f.log.write();
    f.loop.await(() -> f.told.offline != null);
    assertThat(f.told.failedFrom).containsExactly(5L);
    assertThat(f.told.retriable).isFalse();
    assertThat(f.directory.failure()).hasMessage("Input/output error");
    assertRefused();
    assertThat(f.released).isEqualTo(6);
  }

  @Test
  void shouldNeverAcknowledgeAfterAFailedFsync() {
    groupCommit(1);
    f.append("a");
    io.failOnce(Operation.FORCE, endingWith(".log"), FaultyFileIo.inputOutputError());
    f.assign(LogFixture.batch(1, "b"));
    f.log.write();
    f.loop.await(() -> f.told.offline != null);
    assertThat(f.told.persisted).isEqualTo(1);
    long forces = io.count(Operation.FORCE, endingWith(".log"));
    assertThat(f.loop.awaitFailure(f.log.flush())).hasMessage("Input/output error");
    assertRefused();
    f.close();
    assertThat(io.count(Operation.FORCE, endingWith(".log"))).isEqualTo(forces);
    assertThat(CleanShutdownFile.exists(path)).isFalse();
  }

  @Test
  void shouldTellAllLogsOfTheDirectory() {
    LogFixture.Told other = new LogFixture.Told();
    PartitionLog second =
        f.loop.await(
            PartitionLog.open(
                f.directory,
                new TopicIdPartition(LogFixture.ID.topicId(), "events", 1),
                f.config,
                f.loop,
                other,
                f.clock));
    assertThat(second.logEndOffset()).isZero();
    f.directory.health().fail(FaultyFileIo.inputOutputError());
    f.loop.await(() -> other.offline != null && f.told.offline != null);
  }

  @Test
  void shouldNotOpenALogInAFailedDirectory() {
    f.directory.health().fail(FaultyFileIo.inputOutputError());
    assertThat(
            f.loop.awaitFailure(
                PartitionLog.open(
                    f.directory,
                    new TopicIdPartition(LogFixture.ID.topicId(), "events", 1),
                    f.config,
                    f.loop,
                    new LogFixture.Told(),
                    f.clock)))
        .isInstanceOf(IOException.class);
  }

  // ---- group commit

  @Test
  void shouldAcknowledgeAfterTheFsyncOnly() throws Exception {
    groupCommit(1);
    f.append("a");
    FaultyFileIo.Hold fsync = io.holdOnce(Operation.FORCE, endingWith(".log"));
    f.assign(LogFixture.batch(1, "b"));
    f.log.write();
    fsync.awaitReached();
    assertThat(f.log.logEndOffset()).isEqualTo(1);
    assertThat(f.log.read(1, Long.MAX_VALUE, 100, true)).isEqualTo(ReadResult.Empty.INSTANCE);
    fsync.release();
    f.loop.await(() -> f.log.logEndOffset() == 2);
  }

  @Test
  void shouldCoverAllWaitingAppendsByOneFsync() throws Exception {
    groupCommit(1);
    f.append("a");
    FaultyFileIo.Hold fsync = io.holdOnce(Operation.FORCE, endingWith(".log"));
    f.assign(LogFixture.batch(1, "b"));
    f.log.write();
    fsync.awaitReached();
    long forces = io.count(Operation.FORCE, endingWith(".log"));
    for (int i = 0; i < 10; i++) {
      f.assign(LogFixture.batch(1, "c"));
      f.log.write();
    }
    fsync.release();
    f.loop.await(() -> f.log.logEndOffset() == 12);
    assertThat(io.count(Operation.FORCE, endingWith(".log"))).isEqualTo(forces + 1);
  }

  @Test
  void shouldLeaveFewerMessagesAtRiskThanAllowed() throws Exception {
    groupCommit(3);
    f.append("a");
    f.append("b");
    assertThat(io.count(Operation.FORCE, endingWith(".log"))).isZero();
    FaultyFileIo.Hold fsync = io.holdOnce(Operation.FORCE, endingWith(".log"));
    f.assign(LogFixture.batch(1, "c"));
    f.log.write();
    fsync.awaitReached();
    assertThat(f.log.logEndOffset()).isEqualTo(2);
    fsync.release();
    f.loop.await(() -> f.log.logEndOffset() == 3);
  }

  @Test
  void shouldFsyncTheNamesOfNewFilesBeforeTheFirstAcknowledgement() {
    groupCommit(1);
    f.append("a");
    List<String> calls = io.calls().stream().map(FaultyFileIo.Call::toString).toList();
    assertThat(calls)
        .containsSubsequence(
            "FORCE 00000000000000000000.log",
            "FSYNC_DIRECTORY events-0",
            "FSYNC_DIRECTORY " + path.getFileName());
  }

  @Test
  void shouldFlushAfterTheTime() {
    f.log.reconfigure(f.config.with().flushMs(10).build());
    f.append("a");
    f.loop.await(() -> f.log.recoveryPoint() == 1);
  }

  /** An fsync that {@code flush.ms} began hangs; the log goes on to be written. */
  private FaultyFileIo.Hold holdTimedFlush() throws InterruptedException {
    f.log.reconfigure(f.config.with().flushMs(10).build());
    FaultyFileIo.Hold fsync = io.holdOnce(Operation.FORCE, endingWith(".log"));
    f.append("a");
    f.loop.await(() -> io.count(Operation.FORCE, endingWith(".log")) == 1);
    fsync.awaitReached();
    return fsync;
  }

  @Test
  void shouldFsyncASegmentThatIsClosedWhileAnotherFsyncRuns() throws Exception {
    FaultyFileIo.Hold fsync = holdTimedFlush();
    f.log.reconfigure(f.config.with().segmentBytes(1000).build());
    f.appendUpTo(14, "value");
    assertThat(f.lastSegment()).hasFileName("00000000000000000013.log");

    fsync.release();

    f.loop.await(() -> f.log.recoveryPoint() >= 13);
  }

  @Test
  void shouldFsyncWhatIsDueWhileAnotherFsyncRuns() throws Exception {
    FaultyFileIo.Hold fsync = holdTimedFlush();
    f.append("b");
    AtomicBoolean due = new AtomicBoolean();
    f.directory.worker().later(30, LogWorker.Lane.CARE, () -> f.loop.execute(() -> due.set(true)));
    f.loop.await(due::get);

    fsync.release();

    f.loop.await(() -> f.log.recoveryPoint() == 2);
  }

  // ---- logs that cannot be opened

  private Future<PartitionLog> openAnother() {
    return PartitionLog.open(
        f.directory,
        new TopicIdPartition(LogFixture.ID.topicId(), "events", 1),
        f.config,
        f.loop,
        new LogFixture.Told(),
        f.clock);
  }

  @Test
  void shouldCreateALogOnceThereIsSpace() {
    io.limitSpace(0);
    assertThat(f.loop.awaitFailure(openAnother()))
        .isInstanceOfSatisfying(
            LogNotOpenedException.class, e -> assertThat(e.retriable()).isTrue());
    assertThat(f.directory.failure()).isNull();

    io.heal();

    PartitionLog created = f.loop.await(openAnother());
    assertThat(created.logEndOffset()).isZero();
    f.loop.await(created.close());
  }

  @Test
  void shouldDeleteALogThatCouldNotBeOpened() throws IOException {
    Path broken = path.resolve("events-1");
    Files.createDirectories(broken);
    Files.writeString(broken.resolve("00000000000000000000.log"), "anything");
    TopicIdPartition id = new TopicIdPartition(LogFixture.ID.topicId(), "events", 1);

    f.loop.await(f.directory.deleteUnopened(id, 60_000, f.loop));

    assertThat(broken).doesNotExist();
    assertThat(path).isDirectoryContaining("glob:**/events-1.*-delete");
  }

  @Test
  void shouldGoOnAfterAnFsyncForWhichThereWasNoFile() {
    groupCommit(1);
    IOException tooMany = new IOException(path + ": Too many open files");
    io.failOnce(Operation.FSYNC_DIRECTORY, FaultyFileIo.any(), tooMany);

    f.append("acknowledged at the second attempt");

    assertThat(f.directory.failure()).isNull();
    assertThat(f.log.recoveryPoint()).isEqualTo(1);
  }

  @Test
  void shouldOpenNothingMoreBeforeItIsClosed() {
    f.directory.beginClose();
    assertThat(f.loop.awaitFailure(openAnother()))
        .isInstanceOfSatisfying(
            LogNotOpenedException.class, e -> assertThat(e.retriable()).isFalse());
    assertThat(f.append("but what is open goes on")).isZero();
  }

  @Test
  void shouldLeaveARecoveryToTheNextStart(@TempDir Path copy) throws Exception {
    f.log.reconfigure(f.config.with().segmentBytes(1000).build());
    f.appendUpTo(20, "in several segments ".repeat(10));
    try (LogFixture killed = f.crashed(copy)) {
      killed.directory =
          killed.loop.await(LogDirectory.open(copy, f.options, io, f.clock, killed.loop));
      FaultyFileIo.Hold scan = io.holdOnce(Operation.OPEN, endingWith(".log"));
      Future<PartitionLog> opening =
          PartitionLog.open(
              killed.directory,
              LogFixture.ID,
              f.config,
              killed.loop,
              new LogFixture.Told(),
              f.clock);
      scan.awaitReached();

      killed.directory.beginClose();
      scan.release();

      assertThat(killed.loop.awaitFailure(opening)).isInstanceOf(LogNotOpenedException.class);
      killed.loop.await(killed.directory.close(killed.loop));
      assertThat(CleanShutdownFile.exists(copy)).isFalse();
      killed.open();
      assertThat(killed.log.logEndOffset()).isEqualTo(20);
      killed.loop.await(killed.log.close());
    }
  }

  // ---- slow disk

  @Test
  void shouldWriteThroughTheWorkerWhileTheDiskIsSlow() throws Exception {
    openSlow();
    f.append("every write counts as slow");
    FaultyFileIo.Hold write = io.holdOnce(Operation.WRITE, endingWith(".log"));
    f.assign(LogFixture.batch(1, "b"));
    f.log.write();
    write.awaitReached();
    f.assign(LogFixture.batch(1, "c"));
    f.log.write();
    f.assign(LogFixture.batch(1, "d"));
    f.log.write();
    assertThat(f.log.logEndOffset()).isEqualTo(1);
    long writes = io.count(Operation.WRITE, endingWith(".log"));
    write.release();
    f.loop.await(() -> f.log.logEndOffset() == 4);
    assertThat(io.count(Operation.WRITE, endingWith(".log"))).isEqualTo(writes + 1);
    assertThat(f.readAll(0, 1000)).containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void shouldCloseAfterTheLastWrite() throws Exception {
    f.append("a");
    FaultyFileIo.Hold force = io.holdOnce(Operation.FORCE, endingWith(".log"));
    f.assign(LogFixture.batch(1, "b"));
    Future<Void> closed = f.log.close();
    force.awaitReached();
    assertThat(closed.isComplete()).isFalse();
    force.release();
    f.loop.await(closed);
    f.loop.await(f.directory.close(f.loop));
    f.open();
    assertThat(f.log.logEndOffset()).isEqualTo(2);
  }
}
