package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FaultyFileIo.Operation;
import io.millrace.log.clean.CleanerConfig;
import io.millrace.log.clean.LogCompaction;
import io.millrace.metrics.Metrics;
import io.millrace.record.Codec;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs that cannot be cleaned, retention beside a round, and how fast a round may be. */
@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
class CleaningSupervisionTest {
  @TempDir Path path;
  private final FaultyFileIo io = new FaultyFileIo();
  private CleaningFixture c;
  private LogFixture f;

  @BeforeEach
  void open() {
    c = new CleaningFixture(path);
    f = c.f;
    f.io = io;
    c.open();
  }

  @AfterEach
  void close() {
    io.heal();
    c.close();
  }

  private void damage(String segment) throws IOException {
    Path file = f.logPath().resolve(segment);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {77}), 70);
    }
  }

  /** Closes three segments; where each of them ends. */
  private long[] fillThree() {
    long[] bases = new long[3];
    for (int i = 0; i < 3; i++) {
      c.append(Codec.NONE, "a", "1", "a", "2", "b", "" + i);
      c.roll();
      bases[i] = f.log.logEndOffset() - 1;
    }
    return bases;
  }

  // ---- set aside

  @Test
  void shouldSayWhyALogIsSetAside() throws IOException {
    fillThree();
    damage("00000000000000000000.log");
    assertThat(c.clean()).isZero();
    assertThat(c.clean()).isZero();
    LogCompaction.SetAside why = f.log.compaction().setAside();
    assertThat(why.reason()).contains("00000000000000000000.log").contains("a wrong CRC");
    assertThat(why.sinceMs()).isEqualTo(f.clock.wallMs);
    assertThat(f.log.compaction().dirtyBytes()).isPositive();
    assertThat(f.directory.failure()).isNull();
  }

  @Test
  void shouldTryAgainWhenTheDamagedSegmentIsGone() throws IOException {
    long[] bases = fillThree();
    damage("00000000000000000000.log");
    assertThat(c.clean()).isZero();
    c.append(Codec.NONE, "z", "1");
    c.roll();
    assertThat(c.clean()).as("a new segment mends nothing").isZero();
    f.loop.await(f.log.deleteRecordsBefore(bases[0]));
    f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
    assertThat(c.clean()).isEqualTo(1);
    c.assertClean();
    f.loop.await(() -> f.log.compaction().setAside() == null);
  }

  @Test
  void shouldSetALogAsideThatHasLostAFile() throws IOException {
    fillThree();
    f.restart();
    c.awaitSealed();
    Files.delete(f.logPath().resolve("00000000000000000000.log"));
    assertThat(c.clean()).isZero();
    assertThat(f.directory.failure()).isNull();
    assertThat(c.clean()).isZero();
    assertThat(f.log.compaction().setAside().reason()).contains("00000000000000000000.log");
  }

  @Test
  void shouldTellHowFarALogIs() {
    fillThree();
    assertThat(f.log.compaction().firstDirtyOffset()).isEqualTo(-1);
    c.clean();
    LogCompaction done = f.log.compaction();
    assertThat(done.dirtyRatio()).isZero();
    assertThat(done.dirtyBytes()).isZero();
    assertThat(done.cleanBytes()).isPositive();
    assertThat(done.firstDirtyOffset()).isEqualTo(f.log.logEndOffset() - 1);
    assertThat(done.lastCleanedMs()).isEqualTo(f.clock.wallMs);
    assertThat(done.running()).isNull();
  }

  // ---- retention beside a round

  @Test
  void shouldDeleteWhileKeysAreNoted() throws Exception {
    long[] bases = fillThree();
    f.restart();
    c.awaitSealed();
    f.directory.channels().closeIdle();
    FaultyFileIo.Hold hold =
        io.holdOnce(Operation.OPEN, FaultyFileIo.endingWith("00000000000000000000.log"));
    Future<Boolean> cleaning = f.log.clean(c.resources);
    hold.awaitReached();
    assertThat(f.log.compaction().running().phase()).isEqualTo(LogCompaction.Phase.MAPPING);
    f.loop.await(f.log.deleteRecordsBefore(bases[1]));
    f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
    assertThat(f.log.logStartOffset()).isEqualTo(bases[1]);
    hold.release();
    f.loop.await(cleaning);
    c.clean();
    c.assertClean();
    f.loop.await(() -> f.files(".log").get(0).equals(name(bases[1])));
    f.restart();
    assertThat(c.table()).isEqualTo(c.model());
  }

  private static String name(long base) {
    return String.format("%020d.log", base);
  }

  @Test
  void shouldDeleteBetweenTheStepsOfARound() throws Exception {
    f.log.reconfigure(f.config.with().segmentBytes(400).build());
    c.appendRandom(new Random(3), 60, 10);
    c.roll();
    f.log.reconfigure(f.config.with().segmentBytes(400).build());
    int segments = f.files(".log").size();
    assertThat(segments).isGreaterThan(10);
    long third = SegmentNames.offset(f.files(".log").get(2), ".log");
    FaultyFileIo.Hold hold = io.holdOnce(Operation.FORCE, FaultyFileIo.endingWith(".log.cleaned"));
    Future<Boolean> cleaning = f.log.clean(c.resources);
    f.loop.await(() -> io.count(Operation.FORCE, FaultyFileIo.endingWith(".log.cleaned")) == 1);
    assertThat(f.log.compaction().running().phase()).isEqualTo(LogCompaction.Phase.COPYING);
    long late = SegmentNames.offset(f.files(".log").get(segments - 4), ".log");
    f.loop.await(f.log.deleteRecordsBefore(late));
    f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
    assertThat(f.files(".log"))
        .as("the group being written")
        .contains(name(0))
        .contains(name(third));
    hold.release();
    assertThat(f.loop.await(cleaning)).isTrue();
    assertThat(f.log.read(late - 1, Long.MAX_VALUE, 100, true))
        .isEqualTo(ReadResult.OutOfRange.INSTANCE);
    f.loop.await(() -> SegmentNames.offset(f.files(".log").get(0), ".log") == late);
    assertThat(io.count(Operation.OPEN, FaultyFileIo.endingWith(".log.cleaned")))
        .as("what was deleted is not written anew")
        .isLessThan(8);
    c.clean();
    c.assertClean();
    f.restart();
    assertThat(f.log.logStartOffset()).isEqualTo(late);
    c.written.headMap(late).clear();
    assertThat(c.table()).isEqualTo(c.model());
  }

  // ---- how fast

  private static CleanerConfig slow(double bytesPerSecond) {
    return new CleanerConfig(1, 1 << 20, 32 << 10, 0.9, 10, bytesPerSecond);
  }

  @Test
  void shouldGoFasterAtOnceWhenTheRateGrows() throws IOException {
    c.resources = new CleanerResources(slow(1), Metrics.NONE);
    fillThree();
    Future<Boolean> cleaning = f.log.clean(c.resources);
    f.loop.await(() -> f.log.compaction().running().doneBytes() > 0);
    assertThat(cleaning.isComplete()).as("at 1 byte per second").isFalse();
    c.resources.onConfig(slow(Double.MAX_VALUE));
    assertThat(f.loop.await(cleaning)).isTrue();
    c.assertClean();
  }

  @Test
  void shouldEndASlowRoundWhenTheLogIsClosed() throws IOException {
    c.resources = new CleanerResources(slow(1), Metrics.NONE);
    fillThree();
    Future<Boolean> cleaning = f.log.clean(c.resources);
    f.loop.await(() -> f.log.compaction().running().doneBytes() > 0);
    f.stop();
    assertThat(cleaning.result()).isFalse();
    f.open();
    c.assertRight();
  }

  @Test
  void shouldTakeNoMoreThanItsThreads() {
    CleanerResources resources = new CleanerResources(slow(1), Metrics.NONE);
    assertThat(resources.tryAcquire()).isTrue();
    assertThat(resources.tryAcquire()).isFalse();
    resources.onConfig(new CleanerConfig(2, 2 << 20, 64 << 10, 0.9, 10, 1));
    assertThat(resources.tryAcquire()).isTrue();
    assertThat(resources.tryAcquire()).isFalse();
    resources.onConfig(slow(1));
    resources.release();
    assertThat(resources.tryAcquire()).as("one still runs").isFalse();
    resources.release();
    assertThat(resources.tryAcquire()).isTrue();
  }
}
