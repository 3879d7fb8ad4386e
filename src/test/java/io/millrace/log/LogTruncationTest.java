package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.EpochEnd;
import io.millrace.record.BatchBuilder;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTruncationTest {
  @TempDir Path path;
  private LogFixture f;

  @BeforeEach
  void open() {
    f = new LogFixture(path);
    f.config = LogConfig.defaults().with().segmentBytes(1000).indexIntervalBytes(150).build();
    f.open();
  }

  @AfterEach
  void close() {
    f.close();
  }

  private static ByteBuffer producerBatch(int sequence) {
    return LogFixture.direct(
        new BatchBuilder()
            .producer(42, (short) 1, sequence)
            .append(1000 + sequence, null, new byte[20])
            .build());
  }

  private void truncateTo(long offset) {
    f.loop.await(f.log.truncateTo(offset));
    f.told.persisted = -1; // grows anew
  }

  private void shouldEndAt(long end) throws IOException {
    assertThat(f.log.logEndOffset()).isEqualTo(end);
    assertThat(f.log.nextOffset()).isEqualTo(end);
    assertThat(f.readAll(0, 500)).isEqualTo(LongStream.range(0, end).boxed().toList());
  }

  @Test
  void shouldCutInEverySegment() throws IOException {
    f.appendUpTo(100, "value");
    for (long end : new long[] {99, 70, 26, 13, 12, 1, 0}) {
      truncateTo(end);
      shouldEndAt(end);
    }
    assertThat(f.append("anew")).isZero();
    f.restart();
    shouldEndAt(1);
  }

  @Test
  void shouldGoOnAfterACut() throws IOException {
    f.appendUpTo(100, "value");
    truncateTo(37);
    f.appendUpTo(80, "other");
    shouldEndAt(80);
    f.restart();
    shouldEndAt(80);
  }

  @Test
  void shouldRemoveABatchAtTheCutAsAWhole() {
    f.append(LogFixture.batch(1, "a", "b"));
    f.append(LogFixture.batch(1, "c", "d"));
    truncateTo(3);
    assertThat(f.log.logEndOffset()).isEqualTo(2);
  }

  @Test
  void shouldForgetProducersAndEpochsBehindTheCut() {
    for (int i = 0; i < 40; i++) {
      f.log.assign(producerBatch(i), i / 10, 0, () -> {});
    }
    f.log.write();
    f.loop.await(() -> f.log.logEndOffset() == 40);
    truncateTo(25);
    assertThat(f.log.latestEpoch()).isEqualTo(2);
    assertThat(f.log.endOfEpoch(1)).isEqualTo(new EpochEnd(1, 20));
    assertThat(f.append(producerBatch(25))).isEqualTo(25);
    assertThat(f.assign(producerBatch(24))).isEqualTo(new AppendOutcome.Duplicate(24, 24, -1));
  }

  @Test
  void shouldStartAnewBehindItsEnd() throws IOException {
    f.appendUpTo(100, "value");

    f.loop.await(f.log.restartAt(5_000));

    assertThat(f.log.logStartOffset()).isEqualTo(5_000);
    assertThat(f.log.logEndOffset()).isEqualTo(5_000);
    assertThat(f.log.latestEpoch()).isEqualTo(-1);
    f.told.persisted = -1;
    assertThat(f.append("anew")).isEqualTo(5_000);
    f.restart();
    assertThat(f.log.logStartOffset()).isEqualTo(5_000);
    assertThat(f.readAll(5_000, 500)).containsExactly(5_000L);
  }

  /** Cuts the log while files of segments deleted from its start hang on the way to other names. */
  private void cutWhileFilesAreRenamed(Supplier<Future<Void>> cut) throws Exception {
    f.stop();
    FaultyFileIo io = new FaultyFileIo();
    f.io = io;
    f.open();
    f.appendUpTo(100, "value");
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == f.log.logEndOffset());
    f.loop.await(f.log.deleteRecordsBefore(60));
    FaultyFileIo.Hold renaming =
        io.holdOnce(FaultyFileIo.Operation.RENAME, FaultyFileIo.endingWith(".log.deleted"));
    f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
    renaming.awaitReached();
    Future<Void> truncation = cut.get();
    // It comes as far as it can: each of its steps is a task of the worker.
    for (int task = 0; task < 50 && !truncation.isComplete(); task++) {
      f.loop.await(f.directory.worker().perform(LogWorker.Lane.CARE, f.loop, () -> {}));
    }
    renaming.release();
    f.loop.await(truncation);
    f.told.persisted = -1;
  }

  @Test
  void shouldNotTakeTheNameOfADeletedSegmentThatIsAboutToGo() throws Exception {
    cutWhileFilesAreRenamed(() -> f.log.restartAt(0));
    f.append("anew");
    f.restart();
    shouldEndAt(1);
  }

  @Test
  void shouldNotFindDeletedSegmentsAgainThatAreAboutToGo() throws Exception {
    long[] left = new long[1];
    cutWhileFilesAreRenamed(
        () -> {
          left[0] = f.log.sizeInBytes();
          return f.log.truncateTo(80);
        });
    assertThat(f.log.sizeInBytes()).isLessThan(left[0]);
    assertThat(f.log.logEndOffset()).isEqualTo(80);
  }

  @Test
  void shouldStartAnewAfterACrashRightBehindIt() {
    f.appendUpTo(100, "value");
    f.loop.await(f.log.restartAt(5_000));

    f.restart();

    assertThat(f.log.logStartOffset()).isEqualTo(5_000);
    assertThat(f.log.logEndOffset()).isEqualTo(5_000);
  }

  private void appendIn(int epoch, long end) {
    while (f.log.nextOffset() < end) {
      f.log.assign(LogFixture.batch(1, "in " + epoch), epoch, 0, () -> {});
    }
    f.log.write();
    f.loop.await(() -> f.log.logEndOffset() == end);
  }

  @Test
  void shouldRecoverWhatCameAfterACutBelowTheSavedRecoveryPoint() throws IOException {
    appendIn(1, 30);
    appendIn(3, 100);
    f.loop.await(f.log.flush());
    f.restart();
    truncateTo(20);
    appendIn(4, 100);

    LogFixture after = f.crashed(path.resolveSibling(path.getFileName() + "-after"));
    after.open();

    assertThat(after.log.logEndOffset()).isEqualTo(100);
    assertThat(after.log.endOfEpoch(3)).isEqualTo(new EpochEnd(1, 20));
    assertThat(after.log.endOfEpoch(4)).isEqualTo(new EpochEnd(4, 100));
    after.close();
  }

  @Test
  void shouldKeepNoEpochsOfWhatItHasThrownAway() throws IOException {
    appendIn(1, 30);
    appendIn(3, 100);
    f.restart();
    f.loop.await(f.log.restartAt(500));
    f.told.persisted = -1;
    appendIn(2, 600);

    LogFixture after = f.crashed(path.resolveSibling(path.getFileName() + "-after"));
    after.open();

    assertThat(after.log.latestEpoch()).isEqualTo(2);
    assertThat(after.log.logStartOffset()).isEqualTo(500);
    assertThat(after.log.logEndOffset()).isEqualTo(600);
    after.close();
  }

  @Test
  void shouldStartAnewWhenItIsCutBeforeItsStart() throws IOException {
    f.appendUpTo(100, "value");
    f.loop.await(f.log.deleteRecordsBefore(60));

    truncateTo(30);

    assertThat(f.log.logStartOffset()).isEqualTo(30);
    assertThat(f.log.logEndOffset()).isEqualTo(30);
    assertThat(f.append("anew")).isEqualTo(30);
    f.restart();
    assertThat(f.readAll(30, 500)).containsExactly(30L);
  }

  @Test
  void shouldForgetAnEpochThatBeganAtTheCut() {
    f.appendUpTo(10, "value");
    f.log.startEpoch(4);

    truncateTo(10);

    assertThat(f.log.latestEpoch()).isZero();
  }
}
