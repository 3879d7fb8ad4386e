package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.record.BatchBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A move that a crash interrupts before every single operation that changes a file. */
class LogMoveCrashTest {
  private static final int MORE = 12;

  @TempDir Path temporary;

  /** What a log had to have at a moment. */
  private volatile long acknowledged;

  private static LogConfig durable(LogConfig config) {
    return config.with().segmentBytes(900).flushMessages(1).fileDeleteDelayMs(0).build();
  }

  private static void append(LogFixture f) {
    int sequence = (int) f.log.nextOffset();
    BatchBuilder batch = new BatchBuilder().producer(9, (short) 0, sequence);
    batch.append(f.clock.wallMs, null, ("value" + sequence).getBytes(StandardCharsets.UTF_8));
    f.append(LogFixture.direct(batch.build()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldLeaveOneLogWithEverythingThatWasAcknowledged(boolean ofMachine) throws IOException {
    Path root = Files.createDirectory(temporary.resolve("disks"));
    CrashImages io = new CrashImages(root, ofMachine, () -> acknowledged);
    LogFixture f = new LogFixture(root.resolve("a"));
    f.io = io;
    f.config = durable(f.config);
    f.open();
    LogDirectory other =
        f.loop.await(LogDirectory.open(root.resolve("b"), f.options, io, f.clock, f.loop));
    f.loop.await(f.directory.identify("cluster", 1, f.loop));
    f.loop.await(other.identify("cluster", 1, f.loop));
    for (int i = 0; i < 30; i++) {
      append(f);
    }
    f.loop.await(f.log.deleteRecordsBefore(7));
    acknowledged = f.log.logEndOffset();
    LogMoves moves = new LogMoves(Clock.SYSTEM, (id, to) -> {}, 1, Metrics.NONE);
    io.begin();
    var begun = f.log.moveTo(other, moves);
    for (int i = 0; i < MORE; i++) {
      append(f);
      acknowledged = f.log.logEndOffset();
    }
    f.loop.await(begun);
    f.loop.await(() -> moves.progress().isEmpty());
    append(f);
    acknowledged = f.log.logEndOffset();
    f.loop.await(() -> holders(root, "a").isEmpty());
    List<CrashImages.Image> images = io.end();
    assertThat(other.partitions()).isNotEmpty();
    f.loop.await(f.log.close());
    f.loop.await(f.directory.close(f.loop));
    f.loop.await(other.close(f.loop));
    assertThat(images).hasSizeGreaterThan(60);
    Outcomes outcomes = new Outcomes();
    for (int i = 0; i < images.size(); i++) {
      check(images.get(i), temporary.resolve("image" + i), outcomes);
    }
    assertThat(outcomes.stayed).as("crashes after which it was where it had been").isPositive();
    assertThat(outcomes.promoted).as("crashes after which the copy became it").isPositive();
    assertThat(outcomes.moved).as("crashes after the move").isPositive();
    assertThat(outcomes.goOn).as("crashes after which the move goes on").isPositive();
  }

  private static final class Outcomes {
    private int stayed;
    private int promoted;
    private int moved;
    private int goOn;
  }

  private static List<String> holders(Path root, String name) {
    try (Stream<Path> files = Files.list(root.resolve(name))) {
      return files.map(f -> f.getFileName().toString()).filter(f -> f.contains("events")).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void check(CrashImages.Image image, Path copy, Outcomes outcomes)
      throws IOException {
    image.to(copy);
    String what = copy.getFileName() + " before " + image.before();
    List<String> before = holders(copy, "b");
    LogFixture f = new LogFixture(copy.resolve("a"));
    f.config = durable(f.config);
    List<LogDirectory> directories = new ArrayList<>();
    for (String name : List.of("a", "b")) {
      directories.add(
          f.loop.await(LogDirectory.open(copy.resolve(name), f.options, f.io, f.clock, f.loop)));
    }
    f.loop.await(InterruptedMoves.settle(directories, false, f.loop));
    List<LogDirectory> having =
        directories.stream()
            .filter(d -> d.partitions().contains(LogFixture.ID.topicPartition()))
            .toList();
    assertThat(having).as(what).hasSize(1);
    boolean stayed = having.get(0) == directories.get(0);
    outcomes.stayed += stayed ? 1 : 0;
    outcomes.moved += before.contains("events-0") ? 1 : 0;
    outcomes.promoted += !stayed && !before.contains("events-0") ? 1 : 0;
    Set<?> goingOn = InterruptedMoves.to(directories.get(1));
    outcomes.goOn += goingOn.isEmpty() ? 0 : 1;
    assertThat(stayed || goingOn.isEmpty()).as(what).isTrue();
    assertThat(holders(copy, "b")).as(what).noneMatch(name -> name.endsWith("-moved"));
    f.directory = having.get(0);
    f.openLog();
    assertThat(f.log.logStartOffset()).as(what).isEqualTo(7);
    long end = f.log.logEndOffset();
    assertThat(end).as(what).isGreaterThanOrEqualTo(image.acknowledged());
    List<Long> offsets = f.readAll(7, 10_000);
    assertThat(offsets).as(what).hasSize((int) end - 7);
    assertThat(f.log.latestEpoch()).as(what).isZero();
    assertThat(f.log.activeProducers())
        .as(what)
        .singleElement()
        .satisfies(p -> assertThat(p.lastSequence()).isEqualTo((int) end - 1));
    append(f);
    f.loop.await(f.log.close());
    for (LogDirectory directory : directories) {
      assertThat(directory.failure()).as(what).isNull();
      f.loop.await(directory.close(f.loop));
    }
  }
}
