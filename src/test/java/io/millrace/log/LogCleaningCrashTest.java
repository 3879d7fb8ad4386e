package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.FaultyFileIo.Operation;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cleaning that is interrupted, at every single step, or that finds the disk full or broken. */
class LogCleaningCrashTest {
  @TempDir Path temporary;

  private static final class Steps implements Runnable {
    private final LogFixture log;
    private final Path copies;
    private int taken;

    Steps(LogFixture log, Path copies) {
      this.log = log;
      this.copies = copies;
    }

    @Override
    public synchronized void run() {
      try {
        log.crashed(copies.resolve(Integer.toString(taken++)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A log with something to clean, in several segments. */
  private static CleaningFixture filled(Path path, FileIo io) throws IOException {
    CleaningFixture c = new CleaningFixture(path);
    c.f.io = io;
    c.open();
    c.f.log.reconfigure(c.f.config.with().segmentBytes(900).build());
    Random random = new Random(3);
    c.appendRandom(random, 40, 12);
    for (int i = 0; i < 3; i++) {
      c.append(new BatchBuilder().producer(9, (short) 0, i), "p", "value" + i);
    }
    c.append(Codec.NONE, "p", "other");
    c.roll();
    c.f.log.reconfigure(c.f.config);
    return c;
  }

  @Test
  void shouldSurviveACrashAtEveryStep() throws IOException {
    SteppingFileIo io = new SteppingFileIo();
    try (CleaningFixture c = filled(temporary.resolve("log"), io)) {
      Map<String, String> model = c.model();
      long end = c.f.log.logEndOffset();
      Steps steps = new Steps(c.f, temporary.resolve("copies"));
      io.before(steps);
      c.clean();
      c.f.loop.await(() -> c.f.files(".deleted").isEmpty());
      io.before(() -> {});
      assertThat(steps.taken).isGreaterThan(40);
      int cleaned = 0;
      for (int i = 0; i < steps.taken; i++) {
        cleaned += checkCopy(temporary.resolve("copies").resolve("" + i), c, model, end) ? 1 : 0;
      }
      assertThat(cleaned).as("crashes after which the swap was finished").isBetween(5, steps.taken);
    }
  }

  /** Opens what a crash left; whether a cleaned segment took its place at the start. */
  private static boolean checkCopy(
      Path copy, CleaningFixture original, Map<String, String> model, long end) throws IOException {
    boolean swaps;
    try (var files = Files.list(copy.resolve(LogFixture.ID.toString()))) {
      swaps = files.anyMatch(file -> file.toString().endsWith(".log.swap"));
    }
    try (CleaningFixture after = new CleaningFixture(copy)) {
      after.written.putAll(original.written);
      after.f.clock.wallMs = original.f.clock.wallMs + 1;
      after.open();
      assertThat(after.f.files(SegmentNames.SWAP)).as(copy.toString()).isEmpty();
      assertThat(after.f.files(SegmentNames.CLEANED)).isEmpty();
      assertThat(after.f.log.logEndOffset()).isEqualTo(end);
      assertThat(after.table()).as(copy.toString()).isEqualTo(model);
      after.assertRight();
      assertThat(after.f.log.activeProducers())
          .singleElement()
          .satisfies(producer -> assertThat(producer.lastSequence()).isEqualTo(2));
      after.roll();
      after.clean();
      after.assertRight();
      after.assertClean();
    }
    return swaps;
  }

  @Test
  void shouldLeaveTheLogAloneWhenTheDiskIsFull() throws IOException {
    FaultyFileIo io = new FaultyFileIo();
    try (CleaningFixture c = filled(temporary, io)) {
      for (String suffix : List.of(".log.cleaned", ".index.cleaned", ".timeindex.cleaned")) {
        io.fail(Operation.WRITE, FaultyFileIo.endingWith(suffix), FaultyFileIo.diskFull());
        c.f.log.reconfigure(c.f.config.with().indexIntervalBytes(0).build());
        assertThat(c.f.loop.await(c.f.log.clean(c.resources))).as(suffix).isFalse();
        io.heal();
        assertThat(c.f.files(SegmentNames.CLEANED)).isEmpty();
        assertThat(c.f.files(SegmentNames.SWAP)).isEmpty();
        assertThat(c.f.directory.failure()).isNull();
        assertThat(c.f.log.cleaningDueMs()).isGreaterThan(c.f.clock.wallMs);
        c.assertRight();
      }
      c.f.loop.await(() -> !c.f.directory.lowOnSpace());
      assertThat(c.clean()).isEqualTo(1);
      c.assertRight();
      c.assertClean();
    }
  }

  @Test
  void shouldKeepTheGroupsDoneBeforeTheOneThatFails() throws IOException {
    FaultyFileIo io = new FaultyFileIo();
    try (CleaningFixture c = filled(temporary, io)) {
      int segments = c.f.files(SegmentNames.LOG).size();
      Path first =
          Path.of(SegmentNames.file(temporary, 0, SegmentNames.LOG) + SegmentNames.CLEANED);
      io.fail(
          Operation.FORCE,
          path ->
              path.toString().endsWith(SegmentNames.LOG + SegmentNames.CLEANED)
                  && !path.endsWith(first.getFileName()),
          FaultyFileIo.diskFull());
      assertThat(c.f.loop.await(c.f.log.clean(c.resources))).isFalse();
      assertThat(c.f.files(SegmentNames.CLEANED)).isEmpty();
      assertThat(c.f.files(SegmentNames.SWAP)).isEmpty();
      assertThat(c.f.files(SegmentNames.LOG)).hasSizeLessThan(segments);
      c.assertRight();
    }
  }

  @Test
  void shouldFinishASwapThatFoundTheDiskFull() throws IOException {
    FaultyFileIo io = new FaultyFileIo();
    try (CleaningFixture c = filled(temporary, io)) {
      io.failOnce(Operation.RENAME, FaultyFileIo.endingWith(".timeindex"), FaultyFileIo.diskFull());
      assertThat(c.clean()).isEqualTo(1);
      c.f.restart();
      c.assertRight();
      c.assertClean();
    }
  }

  /** What cuts the log looks for the files by their names. */
  @Test
  void shouldFinishASwapThatFoundTheDiskFullBeforeTheLogIsCut() throws IOException {
    FaultyFileIo io = new FaultyFileIo();
    try (CleaningFixture c = filled(temporary, io)) {
      Predicate<Path> old = FaultyFileIo.endingWith(SegmentNames.LOG + SegmentNames.DELETED);
      io.fail(Operation.RENAME, old, FaultyFileIo.diskFull());
      Future<Boolean> cleaning = c.f.log.clean(c.resources);
      c.f.loop.await(() -> io.count(Operation.RENAME, old) > 0);
      long end = c.f.log.logEndOffset() - 1;
      Future<Void> cut = c.f.log.truncateTo(end);
      c.f.loop.await(() -> io.count(Operation.RENAME, old) > 1);
      assertThat(cut.isComplete()).isFalse();
      io.heal();
      c.f.loop.await(cut);
      c.f.loop.await(cleaning);
      assertThat(c.f.directory.failure()).isNull();
      c.written.tailMap(end, true).clear();
      c.assertRight();
      assertThat(c.f.files(SegmentNames.SWAP)).isEmpty();
    }
  }

  @Test
  void shouldNotWaitForSpaceWhenTheLogIsClosed() throws IOException {
    FaultyFileIo io = new FaultyFileIo();
    try (CleaningFixture c = filled(temporary, io)) {
      Predicate<Path> old = FaultyFileIo.endingWith(SegmentNames.LOG + SegmentNames.DELETED);
      io.fail(Operation.RENAME, old, FaultyFileIo.diskFull());
      Future<Boolean> cleaning = c.f.log.clean(c.resources);
      c.f.loop.await(() -> io.count(Operation.RENAME, old) > 0);
      Future<Void> cut = c.f.log.truncateTo(c.f.log.logEndOffset() - 1);
      c.f.stop();
      assertThat(cut.cause()).hasMessageContaining("have no names");
      assertThat(cleaning.isComplete()).isTrue();
      io.heal();
      c.f.open();
      c.assertRight();
      c.roll();
      c.clean();
      c.assertRight();
      c.assertClean();
    }
  }

  @Test
  void shouldGiveUpTheDirectoryWhenTheDiskFails() throws IOException {
    FaultyFileIo io = new FaultyFileIo();
    CleaningFixture c = filled(temporary.resolve("log"), io);
    io.failOnce(
        Operation.FORCE, FaultyFileIo.endingWith(".log.cleaned"), FaultyFileIo.inputOutputError());
    assertThat(c.clean()).isZero();
    c.f.loop.await(() -> c.f.told.offline != null);
    assertThat(c.f.directory.failure()).hasMessage("Input/output error");
    c.close();
    CleaningFixture after = new CleaningFixture(temporary.resolve("log"));
    after.written.putAll(c.written);
    after.open();
    after.assertRight();
    after.close();
  }

  @Test
  void shouldLeaveADamagedLogAlone() throws IOException {
    try (CleaningFixture c = filled(temporary, SystemFileIo.INSTANCE)) {
      Path first = c.f.logPath().resolve("00000000000000000000.log");
      try (FileChannel channel = FileChannel.open(first, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[] {77}), 100);
      }
      List<String> before = c.f.files("");
      assertThat(c.clean()).isZero();
      assertThat(c.f.files("")).isEqualTo(before);
      assertThat(c.f.directory.failure()).isNull();
      assertThat(c.clean()).isZero();
      c.f.log.reconfigure(c.f.config);
      assertThat(c.clean()).as("until a restart").isZero();
    }
  }

  @Test
  void shouldKeepAStraySwapOfAnIndexOutOfTheWay() throws IOException {
    try (CleaningFixture c = filled(temporary, SystemFileIo.INSTANCE)) {
      c.f.stop();
      Files.write(c.f.logPath().resolve("00000000000000000000.log.cleaned"), new byte[10]);
      Files.write(c.f.logPath().resolve("00000000000000000000.index.swap"), new byte[8]);
      Files.write(c.f.logPath().resolve("notes.swap"), new byte[8]);
      c.f.open();
      c.assertRight();
      assertThat(c.f.files(".swap")).containsExactly("notes.swap");
      assertThat(c.f.files(".cleaned")).isEmpty();
    }
  }

  @Test
  void shouldNotTakeMoreThanItsSegmentsPlace() {
    Segments segments = new Segments();
    for (long base : new long[] {0, 10, 20}) {
      segments.add(Segment.empty(base, null, 0));
    }
    Segment other = Segment.empty(10, null, 0);
    assertThatThrownBy(() -> segments.replace(1, 2, other))
        .isInstanceOf(NullPointerException.class);
    assertThat(segments.replace(1, 1, other)).hasSize(1);
    assertThat(segments.get(1)).isSameAs(other);
    assertThat(segments.count()).isEqualTo(3);
  }
}
