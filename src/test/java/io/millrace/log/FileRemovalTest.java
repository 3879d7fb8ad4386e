package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FaultyFileIo.Operation;
import io.millrace.log.LogWorker.Lane;
import io.millrace.model.TestLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that nobody needs any more go away. */
class FileRemovalTest {
  @TempDir Path path;
  private final FaultyFileIo io = new FaultyFileIo();
  private final LogWorker worker = new LogWorker("removal", 1);
  private final FileRemoval removal = new FileRemoval(io, worker);
  private final TestLoop loop = new TestLoop();

  @AfterEach
  void stop() {
    loop.await(worker.end(loop, () -> {}));
  }

  private Path file(String name) throws IOException {
    return Files.createFile(path.resolve(name));
  }

  private Path log(String name, String... files) throws IOException {
    Path log = Files.createDirectory(path.resolve(name));
    for (String file : files) {
      Files.createFile(log.resolve(file));
    }
    return log;
  }

  @Test
  void shouldRemoveALogWithItsFiles() throws IOException {
    Path log = log("events-0-delete", "1.log", "1.index");
    removal.log(log, 0);
    loop.await(() -> !Files.exists(log));
  }

  @Test
  void shouldGoOnWithTheOthersWhenOneCannotBeRemoved() throws IOException {
    io.fail(Operation.DELETE, FaultyFileIo.endingWith("2.log"), FaultyFileIo.inputOutputError());
    Path kept = file("2.log");
    Path log = log("events-0-delete", "1.log", "2.log");
    Path last = file("3.log");
    removal.segments(List.of(file("1.log"), kept), 0);
    removal.log(log, 0);
    removal.segments(List.of(last), 0);
    loop.await(() -> !Files.exists(last));
    assertThat(path.resolve("1.log")).doesNotExist();
    assertThat(log.resolve("1.log")).doesNotExist();
    assertThat(kept).exists();
    assertThat(log.resolve("2.log")).exists();
  }

  @Test
  void shouldRemoveOneFileAtATime() throws Exception {
    Path first = file("1.log");
    Path second = file("2.log");
    FaultyFileIo.Hold hold = io.holdOnce(Operation.DELETE, FaultyFileIo.endingWith("1.log"));
    removal.segments(List.of(first), 0);
    hold.awaitReached();
    removal.segments(List.of(second), 0);
    CountDownLatch others = new CountDownLatch(1);
    worker.later(20, Lane.CARE, others::countDown);
    loop.await(() -> others.getCount() == 0);
    assertThat(second).exists();
    hold.release();
    loop.await(() -> !Files.exists(second));
    assertThat(first).doesNotExist();
  }

  @Test
  void shouldRestAfterALongRemovalWhateverIsAddedMeanwhile() throws Exception {
    Path first = file("1.log");
    Path second = file("2.log");
    FaultyFileIo.Hold hold = io.holdOnce(Operation.DELETE, FaultyFileIo.endingWith("1.log"));
    FaultyFileIo.Hold next = io.holdOnce(Operation.DELETE, FaultyFileIo.endingWith("2.log"));
    removal.segments(List.of(first, second), 0);
    hold.awaitReached();
    CountDownLatch longer = new CountDownLatch(1);
    worker.later(120, Lane.CARE, longer::countDown);
    loop.await(() -> longer.getCount() == 0);
    long releasedNanos = System.nanoTime();
    hold.release();
    loop.await(() -> !Files.exists(first));
    removal.segments(List.of(file("3.log")), 0);
    next.awaitReached();
    long restNanos = System.nanoTime() - releasedNanos;
    next.release();
    assertThat(restNanos).isGreaterThanOrEqualTo(100_000_000L);
  }

  @Test
  void shouldLetFilesBeForAsLongAsItIsTold() throws IOException {
    Path later = file("later.log");
    removal.segments(List.of(later), 3_600_000);
    CountDownLatch others = new CountDownLatch(1);
    worker.later(20, Lane.REMOVE, others::countDown);
    loop.await(() -> others.getCount() == 0);
    assertThat(later).exists();
  }

  @Test
  void shouldDropWhatIsLeftAtAStop() throws Exception {
    Path later = file("later.log");
    removal.segments(List.of(later), 3_600_000);
    loop.await(worker.end(loop, () -> {}));
    assertThat(later).exists();
  }
}
