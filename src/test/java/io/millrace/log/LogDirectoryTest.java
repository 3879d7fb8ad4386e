package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogDirectoryTest {
  @TempDir Path path;
  private LogFixture f;

  @BeforeEach
  void open() {
    f = new LogFixture(path).open();
  }

  @AfterEach
  void close() {
    f.close();
  }

  private List<PartitionLog> openMany(int count) {
    List<Future<PartitionLog>> opening = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      opening.add(
          PartitionLog.open(
              f.directory,
              new TopicIdPartition(LogFixture.ID.topicId(), "events", i),
              f.config,
              f.loop,
              new LogFixture.Told(),
              f.clock));
    }
    return opening.stream().map(f.loop::await).toList();
  }

  @Test
  void shouldKeepASecondUserOut() {
    assertThat(f.loop.awaitFailure(LogDirectory.open(path, f.options, f.io, f.clock, f.loop)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use by another running node");
  }

  @Test
  void shouldSayWhatIsWrongWithItsPath() throws IOException {
    Path file = Files.createFile(path.resolve("a-file"));
    assertThat(f.loop.awaitFailure(LogDirectory.open(file, f.options, f.io, f.clock, f.loop)))
        .hasMessage(file + " is not a directory");
  }

  /** No later one need take its place: the logs that it was about can be elsewhere by then. */
  @Test
  void shouldRemoveACheckpointThatWasNotFinished() throws IOException {
    f.stop();
    Path unfinished = Files.createFile(path.resolve("cleaner-offset-checkpoint.tmp"));
    f.open();
    assertThat(unfinished).doesNotExist();
  }

  @Test
  void shouldRememberWhoItBelongsTo() {
    assertThat(f.directory.identity().clusterId()).isEmpty();
    f.loop.await(f.directory.identify("cluster", 7, f.loop));
    DirectoryIdentity claimed = f.directory.identity();
    f.restart();
    assertThat(f.directory.identity()).isEqualTo(claimed);
    assertThat(f.directory.identity().nodeId()).isEqualTo(OptionalInt.of(7));
    f.loop.await(f.directory.identify("cluster", 7, f.loop));
    assertThat(f.loop.awaitFailure(f.directory.identify("cluster", 8, f.loop)))
        .hasMessageContaining("belongs to node 7 of cluster cluster, not to node 8");
  }

  @Test
  void shouldRememberItsNodeBeforeThatHasACluster() {
    f.loop.await(f.directory.identify(null, 7, f.loop));
    DirectoryIdentity claimed = f.directory.identity();
    f.restart();
    assertThat(f.directory.identity()).isEqualTo(claimed);
    assertThat(f.directory.identity().clusterId()).isEmpty();
    assertThat(f.directory.identity().nodeId()).isEqualTo(OptionalInt.of(7));
  }

  @Test
  void shouldJoinAClusterOnce() {
    f.loop.await(f.directory.identify(null, 7, f.loop));
    f.loop.await(f.directory.identify("cluster", 7, f.loop));
    f.loop.await(f.directory.identify(null, 7, f.loop));
    assertThat(f.directory.identity().clusterId()).contains("cluster");
    assertThat(f.loop.awaitFailure(f.directory.identify("another", 7, f.loop)))
        .hasMessageContaining("belongs to node 7 of cluster cluster");
  }

  @Test
  void shouldBelongToOneNodeAlsoWithoutACluster() {
    f.loop.await(f.directory.identify(null, 7, f.loop));
    assertThat(f.loop.awaitFailure(f.directory.identify(null, 8, f.loop)))
        .hasMessageContaining("belongs to node 7 of cluster (none yet), not to node 8");
  }

  /** Does something while the directory is elsewhere, and brings it back. */
  private void whileMovedAway(Runnable task) throws IOException {
    Path elsewhere = path.resolveSibling(path.getFileName() + "-moved");
    Files.move(path, elsewhere);
    try {
      task.run();
    } finally {
      Files.deleteIfExists(path);
      Files.move(elsewhere, path);
    }
  }

  @Test
  void shouldGoOfflineWhenItIsMovedAwayAndNotBeMadeAnew() throws IOException {
    whileMovedAway(
        () -> {
          Future<PartitionLog> another =
              PartitionLog.open(
                  f.directory,
                  new TopicIdPartition(LogFixture.ID.topicId(), "events", 1),
                  f.config,
                  f.loop,
                  new LogFixture.Told(),
                  f.clock);
          assertThat(f.loop.awaitFailure(another)).isInstanceOf(IOException.class);
          f.loop.await(() -> f.directory.failure() != null);
          assertThat(f.directory.failure()).hasMessageContaining(path + " is gone");
          assertThat(path).doesNotExist();
        });
  }

  @Test
  void shouldGoOfflineWhenAnotherDirectoryIsInItsPlace() throws IOException {
    whileMovedAway(
        () -> {
          try {
            Files.createDirectory(path);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          f.loop.await(() -> f.directory.failure() != null);
          assertThat(f.directory.failure()).hasMessageContaining("is not the directory any more");
        });
  }

  @Test
  void shouldKnowItsPartitions() {
    f.restart();
    assertThat(f.directory.partitions()).containsExactly(new TopicPartition("events", 0));
  }

  @Test
  void shouldWriteTheBrokerEpochAtAStopInOrder() {
    f.loop.await(f.log.close());
    f.loop.await(f.directory.close(77, f.loop));
    assertThat(CleanShutdownFile.brokerEpoch(path)).hasValue(77);
    f.open();
    assertThat(f.directory.clean()).isTrue();
    assertThat(CleanShutdownFile.exists(path)).isFalse();
  }

  @Test
  void shouldTakeLogsForWholeWhenOnlyTheProcessCrashed(@TempDir Path copies) throws IOException {
    f.loop.await(f.directory.noteBoot("boot", f.loop));
    LogFixture crashed = f.crashed(copies.resolve("copy")).open();
    assertThat(crashed.directory.clean()).isFalse();
    assertThat(crashed.directory.isWhole(Optional.of("boot"))).isTrue();
    assertThat(crashed.directory.isWhole(Optional.of("next boot"))).isFalse();
    assertThat(crashed.directory.isWhole(Optional.empty())).isFalse();
    crashed.stop();
  }

  @Test
  void shouldNotTakeLogsForWholeAfterTheDiskFailed(@TempDir Path copies) throws IOException {
    f.loop.await(f.directory.noteBoot("boot", f.loop));
    f.directory.health().fail(new IOException("failed on purpose"));
    f.loop.await(() -> !Files.exists(path.resolve(BootMark.FILE)));
    LogFixture crashed = f.crashed(copies.resolve("copy")).open();
    assertThat(crashed.directory.isWhole(Optional.of("boot"))).isFalse();
    crashed.stop();
  }

  @Test
  void shouldRemoveLeftovers() throws IOException {
    f.stop();
    Path leftover = path.resolve("old-0.0123456789abcdef0123456789abcdef-delete");
    Files.createDirectory(leftover);
    Files.writeString(leftover.resolve("00000000000000000000.log"), "x");
    Files.writeString(f.logPath().resolve("00000000000000000000.log.deleted"), "x");
    f.open();
    f.loop.await(() -> !Files.exists(leftover));
    assertThat(f.files(".deleted")).isEmpty();
    assertThat(f.directory.partitions()).hasSize(1);
  }

  @Test
  void shouldBoundTheOpenFiles() throws IOException {
    f.stop();
    f.options = new LogDirectoryOptions(2, 10, 0, 50, 60_000, Long.MAX_VALUE);
    f.open();
    List<PartitionLog> logs = openMany(40);
    for (PartitionLog log : logs) {
      log.assign(LogFixture.batch(1, "x"), 0, 0, () -> {});
      log.write();
      f.loop.await(() -> log.logEndOffset() == 1);
    }
    f.loop.await(() -> f.directory.openFiles() <= 10);
    for (PartitionLog log : logs) {
      ReadResult result = log.read(0, 1, 1000, true);
      if (result instanceof ReadResult.Later later) {
        result = f.loop.await(later.result());
      }
      assertThat(f.offsets(result)).containsExactly(0L);
      log.assign(LogFixture.batch(1, "y"), 0, 0, () -> {});
      log.write();
      f.loop.await(() -> log.logEndOffset() == 2);
    }
    logs.forEach(log -> f.loop.await(log.close()));
  }

  @Test
  void shouldNotCloseFilesInUse() throws IOException {
    f.stop();
    f.options = new LogDirectoryOptions(2, 1, 0, 50, 60_000, Long.MAX_VALUE);
    f.open();
    f.append("a");
    ReadResult.Data held = (ReadResult.Data) f.read(0, 100);
    for (PartitionLog log : openMany(5)) {
      log.assign(LogFixture.batch(1, "x"), 0, 0, () -> {});
      log.write();
      f.loop.await(() -> log.logEndOffset() == 1);
    }
    f.loop.await(() -> f.directory.openFiles() <= 2);
    assertThat(f.offsets(held)).containsExactly(0L);
  }

  @Test
  void shouldCloseFilesBeyondTheBoundWhenNobodyUsesThemAnyMore() throws IOException {
    f.stop();
    f.options = new LogDirectoryOptions(2, 1, 0, 50, 60_000, Long.MAX_VALUE);
    f.open();
    f.append("a");
    List<ReadResult.Data> held = new ArrayList<>(List.of((ReadResult.Data) f.read(0, 100)));
    for (PartitionLog log : openMany(3)) {
      log.assign(LogFixture.batch(1, "x"), 0, 0, () -> {});
      log.write();
      f.loop.await(() -> log.logEndOffset() == 1);
      ReadResult read = log.read(0, 1, 1000, true);
      held.add(
          (ReadResult.Data)
              (read instanceof ReadResult.Later later ? f.loop.await(later.result()) : read));
    }
    assertThat(f.directory.openFiles()).isEqualTo(4);

    held.forEach(data -> data.slice().release());

    f.loop.await(() -> f.directory.openFiles() <= 1);
  }

  @Test
  void shouldOpenManyLogs() {
    int count = 5000;
    long started = System.nanoTime();
    List<PartitionLog> logs = openMany(count);
    long created = System.nanoTime();
    for (PartitionLog log : logs) {
      log.assign(LogFixture.batch(1, "x"), 0, 0, () -> {});
      log.write();
    }
    logs.forEach(log -> f.loop.await(() -> log.logEndOffset() == 1));
    long written = System.nanoTime();
    List<Future<Void>> closing = logs.stream().map(PartitionLog::close).toList();
    closing.forEach(f.loop::await);
    f.stop();
    long closed = System.nanoTime();
    f.open();
    logs = openMany(count);
    long opened = System.nanoTime();
    System.out.printf(
        "%d logs: created in %d ms, one append each in %d ms, closed in %d ms, loaded in %d ms%n",
        count,
        (created - started) / 1_000_000,
        (written - created) / 1_000_000,
        (closed - written) / 1_000_000,
        (opened - closed) / 1_000_000);
    assertThat(logs).allMatch(log -> log.logEndOffset() == 1);
    assertThat(f.directory.progress().logs()).isEqualTo(count + 1);
    assertThat(f.directory.progress().segments()).isZero();
  }
}
