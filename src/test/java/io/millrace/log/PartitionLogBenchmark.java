package io.millrace.log;

import io.millrace.record.BatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The log's share of a Produce (assign and write of one batch, into the page cache) and of a Fetch
 * (planning what to send: near the end; farther back; from before the last start). {@code
 * writeOnly} is the floor: the system call alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PartitionLogBenchmark {
  @Param({"100", "16384"})
  int batchBytes;

  private Path path;
  private LogFixture fixture;
  private LogFixture restarted;
  private ByteBuffer batch;
  private FileChannel floor;
  private long floorPosition;
  private long next;

  @Setup(Level.Iteration)
  public void open() throws IOException {
    path = Files.createTempDirectory("partition-log-benchmark");
    fixture = new LogFixture(path);
    fixture.config = LogConfig.defaults().with().retentionBytes(0).build();
    fixture.open();
    byte[] value = new byte[batchBytes - 70];
    batch = LogFixture.direct(new BatchBuilder().append(1, null, value).build());
    for (int i = 0; i < 20_000; i++) {
      append();
    }
    restarted = fixture;
    restarted.restart();
    fixture = new LogFixture(path.resolve("fixture"));
    fixture.config = restarted.config;
    fixture.open();
    for (int i = 0; i < 20_000; i++) {
      append();
    }
    floor =
        FileChannel.open(
            path.resolve("floor"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    floorPosition = 0;
    next = 0;
  }

  @TearDown(Level.Iteration)
  public void close() throws IOException {
    fixture.loop.await(fixture.log.close());
    fixture.close();
    restarted.loop.await(restarted.log.close());
    restarted.close();
    floor.close();
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Benchmark
  public long append() {
    batch.position(0);
    fixture.assign(batch);
    fixture.log.write();
    long end = fixture.log.logEndOffset();
    if (end < fixture.log.nextOffset()) {
      fixture.loop.await(() -> fixture.log.logEndOffset() == fixture.log.nextOffset());
    }
    return end;
  }

  @Benchmark
  public long writeOnly() throws IOException {
    batch.position(0);
    floorPosition += floor.write(batch, floorPosition);
    if (floorPosition > 1 << 29) {
      floorPosition = 0;
    }
    return floorPosition;
  }

  @Benchmark
  public int readNearTheEnd() {
    long offset = fixture.log.logEndOffset() - 50;
    return release(fixture.log.read(offset, Long.MAX_VALUE, 1 << 20, true));
  }

  @Benchmark
  public int readRecent() {
    return release(read(fixture));
  }

  /** As after a restart: on the worker, with the warming of 1 MiB that is in the page cache. */
  @Benchmark
  public int readOld() {
    ReadResult.Later later = (ReadResult.Later) read(restarted);
    return release(restarted.loop.await(later.result()));
  }

  private ReadResult read(LogFixture from) {
    next = (next + 997) % 10_000;
    return from.log.read(next, Long.MAX_VALUE, 1 << 20, true);
  }

  private static int release(ReadResult result) {
    FileSlice slice = ((ReadResult.Data) result).slice();
    slice.release();
    return slice.length();
  }
}
