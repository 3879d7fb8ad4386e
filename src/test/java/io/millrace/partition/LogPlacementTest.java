package io.millrace.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogDirectoryOptions;
import io.millrace.log.LogListener;
import io.millrace.log.PartitionLog;
import io.millrace.log.SystemFileIo;
import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A topic was deleted and created again while one of two directories was away. */
class LogPlacementTest {
  private static final TopicIdPartition DELETED =
      new TopicIdPartition(new TopicId(1, 1), "events", 0);
  private static final TopicIdPartition CURRENT =
      new TopicIdPartition(new TopicId(2, 2), "events", 0);
  private static final LogListener NOBODY = new NobodyListens();

  @TempDir Path first;
  @TempDir Path second;
  private final TestLoop loop = new TestLoop();
  private List<LogDirectory> directories = List.of();
  private PartitionLog log;

  @BeforeEach
  void createBoth() {
    create(first, DELETED);
    create(second, CURRENT);
  }

  @AfterEach
  void close() {
    if (log != null) {
      loop.await(log.close());
    }
    directories.forEach(directory -> loop.await(directory.close(loop)));
  }

  private void create(Path path, TopicIdPartition id) {
    LogDirectory directory = open(path);
    loop.await(open(directory, id).compose(PartitionLog::close));
    loop.await(directory.close(loop));
  }

  private LogDirectory open(Path path) {
    LogDirectoryOptions options = new LogDirectoryOptions(1, 100, 0, 1_000, 60_000, Long.MAX_VALUE);
    return loop.await(LogDirectory.open(path, options, SystemFileIo.INSTANCE, Clock.SYSTEM, loop));
  }

  private Future<PartitionLog> open(LogDirectory directory, TopicIdPartition id) {
    return PartitionLog.open(directory, id, LogConfig.defaults(), loop, NOBODY, Clock.SYSTEM);
  }

  private LogPlacement placement() {
    directories = List.of(open(first), open(second));
    return new LogPlacement(directories, Clock.SYSTEM);
  }

  /** As at a start: everything is opened, and nobody waits until it is open. */
  private LogPlacement openCurrent() {
    return openCurrent(topic -> false);
  }

  private LogPlacement openCurrent(Predicate<TopicIdPartition> gone) {
    LogPlacement placement = placement();
    Future<PartitionLog> opening = placement.open(CURRENT, LogConfig.defaults(), loop, NOBODY);
    loop.await(placement.onAllPlaced(loop, gone));
    log = loop.await(opening);
    return placement;
  }

  @Test
  void shouldOpenTheLogOfTheTopicThatExists() {
    assertThat(openCurrent().directoryOf(CURRENT)).isEqualTo(second.toString());
    assertThat(second.resolve("events-0")).isDirectory();
  }

  @Test
  void shouldSetTheOtherAside() {
    openCurrent();
    assertThat(first).isDirectoryContaining("glob:**/events-0.*-stray");
    assertThat(first.resolve("events-0")).doesNotExist();
  }

  @Test
  void shouldRemoveALogWhoseTopicWasDeleted() throws IOException {
    openCurrent(DELETED::equals);
    try (Stream<Path> left = Files.list(first)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.equals("events-0") || name.endsWith("-stray"));
    }
    assertThat(second.resolve("events-0")).isDirectory();
  }

  @Test
  void shouldRemoveALogThatOthersHaveNow() {
    LogPlacement placement = placement();
    loop.await(placement.onAllPlaced(loop, DELETED::equals));
    assertThat(first.resolve("events-0")).doesNotExist();
    assertThat(first).isDirectoryNotContaining("glob:**-stray");
    log = loop.await(placement.open(CURRENT, LogConfig.defaults(), loop, NOBODY));
    assertThat(log.logEndOffset()).isZero();
  }

  @Test
  void shouldTakeALogWhoseTopicIsUnknownForLackOfABetterOne() throws IOException {
    Files.delete(second.resolve("events-0").resolve("partition.metadata"));
    assertThat(openCurrent().directoryOf(CURRENT)).isEqualTo(second.toString());
  }

  @Test
  void shouldPreferALogWhoseTopicIsKnown() throws IOException {
    Files.delete(first.resolve("events-0").resolve("partition.metadata"));
    assertThat(openCurrent().directoryOf(CURRENT)).isEqualTo(second.toString());
  }

  /** The first directory has no log, but a copy that was begun. */
  private Path leaveACopy() throws IOException {
    String name = "events-0." + "0123456789abcdef".repeat(2) + "-future";
    return Files.move(first.resolve("events-0"), first.resolve(name));
  }

  @Test
  void shouldGoOnWithAMoveOfTheSameTopic() throws IOException {
    Path copy = leaveACopy();
    Path file = copy.resolve("partition.metadata");
    Files.write(file, Files.readAllBytes(second.resolve("events-0/partition.metadata")));
    LogPlacement placement = openCurrent();
    loop.await(() -> placement.directoryOf(CURRENT).equals(first.toString()));
    loop.await(() -> placement.moves().progress().isEmpty());
    assertThat(copy).doesNotExist();
  }

  @Test
  void shouldNotGoOnWithAMoveOfTheTopicBefore() throws IOException {
    Path copy = leaveACopy();
    LogPlacement placement = openCurrent();
    assertThat(placement.moves().progress()).isEmpty();
    loop.await(() -> !Files.exists(copy));
    assertThat(placement.directoryOf(CURRENT)).isEqualTo(second.toString());
    assertThat(first.resolve("events-0")).doesNotExist();
  }

  @Test
  void shouldRemoveACopyThatDoesNotSayOfWhichTopicItIs() throws IOException {
    Path copy = leaveACopy();
    Files.delete(copy.resolve("partition.metadata"));
    LogPlacement placement = openCurrent();
    assertThat(placement.moves().progress()).isEmpty();
    loop.await(() -> !Files.exists(copy));
    assertThat(placement.directoryOf(CURRENT)).isEqualTo(second.toString());
  }
}
