package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.record.BatchBuilder;
import io.millrace.record.BatchIterator;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A log directory and one log in it, with verbs for what tests do to them.
 *
 * <p>Owner: the test's thread.
 */
final class LogFixture implements AutoCloseable {
  /** What a log told its owner. */
  static final class Told implements LogListener {
    long persisted = -1;
    long start = -1;
    final List<Long> failedFrom = new ArrayList<>();
    boolean retriable;
    IOException offline;
    long stableEnd = Long.MAX_VALUE;

    @Override
    public void onPersisted(long logEndOffset) {
      assertThat(logEndOffset).isGreaterThan(persisted);
      persisted = logEndOffset;
    }

    @Override
    public void onAppendFailed(long fromOffset, IOException cause, boolean again) {
      failedFrom.add(fromOffset);
      retriable = again;
    }

    @Override
    public void onOffline(IOException cause) {
      assertThat(offline).isNull();
      offline = cause;
    }

    @Override
    public long stableEnd() {
      return stableEnd;
    }

    @Override
    public void onLogStartOffset(long logStartOffset) {
      start = logStartOffset;
    }
  }

  /** Time that stands still until a test moves it. */
  static final class TestClock implements Clock {
    volatile long wallMs = 1_700_000_000_000L;

    @Override
    public long wallMs() {
      return wallMs;
    }

    @Override
    public long nanos() {
      return System.nanoTime();
    }
  }

  static final TopicIdPartition ID = new TopicIdPartition(new TopicId(1, 2), "events", 0);

  final Path path;
  final TestLoop loop = new TestLoop();
  final TestClock clock = new TestClock();
  FileIo io = SystemFileIo.INSTANCE;
  LogDirectoryOptions options = new LogDirectoryOptions(2, 100, 0, 50, 60_000, Long.MAX_VALUE);
  LogConfig config = LogConfig.defaults();
  LogDirectory directory;
  PartitionLog log;
  Told told;
  int released;

  LogFixture(Path path) {
    this.path = path;
  }

  LogFixture open() {
    directory = loop.await(LogDirectory.open(path, options, io, clock, loop));
    openLog();
    return this;
  }

  void openLog() {
    told = new Told();
    log = loop.await(PartitionLog.open(directory, ID, config, loop, told, clock));
  }

  /** Stops as after SIGTERM. */
  void stop() {
    loop.await(log.close());
    loop.await(directory.close(loop));
    directory = null;
  }

  void restart() {
    stop();
    open();
  }

  /** What a killed process leaves behind: a copy of the directory as it is now, opened. */
  LogFixture crashed(Path copy) throws IOException {
    copyTo(copy);
    LogFixture after = new LogFixture(copy);
    after.options = options;
    after.config = config;
    return after;
  }

  /**
   * The worker may be at work. The checkpoints come first: with newer ones than the files that they
   * speak of, the copy would be what no crash leaves.
   */
  private void copyTo(Path copy) throws IOException {
    Files.createDirectories(copy);
    try (Stream<Path> checkpoints = Files.list(path).filter(Files::isRegularFile)) {
      for (Path file : checkpoints.toList()) {
        try {
          Files.copy(file, copy.resolve(file.getFileName().toString()));
        } catch (NoSuchFileException e) {
          // A temporary file of the worker.
        }
      }
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(copy.resolve(path.relativize(directory).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (file.getParent().equals(path)) {
              return FileVisitResult.CONTINUE;
            }
            try {
              Files.copy(file, copy.resolve(path.relativize(file).toString()));
            } catch (NoSuchFileException e) {
              return visitFileFailed(file, e);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              // A temporary file of the worker, which is at work and has renamed it.
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
  }

  Path logPath() {
    return path.resolve(ID.toString());
  }

  /** Names of the log's files with this ending, in order. */
  List<String> files(String suffix) {
    String[] names = logPath().toFile().list((d, name) -> name.endsWith(suffix));
    return names == null ? List.of() : Arrays.stream(names).sorted().toList();
  }

  /** Path of the file of the segment that begins there. */
  Path segment(long baseOffset) {
    return SegmentNames.file(logPath(), baseOffset, SegmentNames.LOG);
  }

  /** Path of the last segment's file. */
  Path lastSegment() {
    List<String> names = files(".log");
    return logPath().resolve(names.get(names.size() - 1));
  }

  @Override
  public void close() {
    if (directory != null) {
      loop.await(directory.close(loop));
      directory = null;
    }
  }

  static ByteBuffer batch(long timestampMs, String... values) {
    BatchBuilder builder = new BatchBuilder();
    for (String value : values) {
      builder.append(timestampMs, null, value.getBytes(StandardCharsets.UTF_8));
    }
    return direct(builder.build());
  }

  static ByteBuffer direct(ByteBuffer heap) {
    return ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
  }

  AppendOutcome assign(ByteBuffer batch) {
    return log.assign(batch, 0, clock.wallMs, () -> released++);
  }

  /** Appends one batch of one record and waits until it is persisted. */
  long append(String value) {
    return append(batch(clock.wallMs, value));
  }

  long append(ByteBuffer batch) {
    AppendOutcome outcome = assign(batch);
    assertThat(outcome).isInstanceOf(AppendOutcome.Assigned.class);
    log.write();
    long last = ((AppendOutcome.Assigned) outcome).lastOffset();
    loop.await(() -> log.logEndOffset() > last);
    return ((AppendOutcome.Assigned) outcome).baseOffset();
  }

  /** Appends batches of one record each up to this end offset. */
  void appendUpTo(long endOffset, String value) {
    while (log.nextOffset() < endOffset) {
      append(value + log.nextOffset());
    }
  }

  ReadResult read(long offset, int maxBytes) {
    ReadResult result = log.read(offset, Long.MAX_VALUE, maxBytes, true);
    return result instanceof ReadResult.Later later ? loop.await(later.result()) : result;
  }

  /** Base offsets of the batches in the slice, which is released. */
  List<Long> offsets(ReadResult result) throws IOException {
    assertThat(result).isInstanceOf(ReadResult.Data.class);
    FileSlice slice = ((ReadResult.Data) result).slice();
    ByteBuffer bytes = bytes(slice);
    slice.release();
    List<Long> offsets = new ArrayList<>();
    BatchIterator batches = new BatchIterator(bytes);
    while (batches.next()) {
      assertThat(RecordBatch.isCrcValid(bytes, batches.position())).isTrue();
      offsets.add(RecordBatch.baseOffset(bytes, batches.position()));
    }
    assertThat(batches.stop()).isEqualTo(BatchIterator.Stop.END);
    return offsets;
  }

  static ByteBuffer bytes(FileSlice slice) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(slice.length());
    while (bytes.hasRemaining()) {
      assertThat(slice.channel().read(bytes, slice.position() + bytes.position())).isPositive();
    }
    return bytes.flip();
  }

  /** Base offsets of all batches from {@code offset} to the end of the log. */
  List<Long> readAll(long offset, int maxBytes) throws IOException {
    List<Long> all = new ArrayList<>();
    long next = offset;
    while (next < log.logEndOffset()) {
      ReadResult result = read(next, maxBytes);
      FileSlice slice = ((ReadResult.Data) result).slice();
      ByteBuffer bytes = bytes(slice);
      slice.release();
      BatchIterator batches = new BatchIterator(bytes);
      while (batches.next()) {
        all.add(RecordBatch.baseOffset(bytes, batches.position()));
        next = RecordBatch.nextOffset(bytes, batches.position());
      }
    }
    return all;
  }
}
