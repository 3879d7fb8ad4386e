package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The cost of checking one batch of 16 KiB, and of its CRC alone, in direct memory. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BatchValidatorBenchmark {
  @Param({"100", "1000"})
  int valueSize;

  @Param({"NONE", "LZ4", "ZSTD"})
  Codec codec;

  private final BatchValidator validator = new BatchValidator();
  private ByteBuffer batch;

  @Setup
  public void fill() {
    batch = Batches.direct(Batches.filled(codec, 16 * 1024, valueSize));
  }

  @Benchmark
  public ValidationResult validate() {
    return validator.validateInline(batch, ValidationRules.DEFAULT, Batches.NOW);
  }

  @Benchmark
  public boolean crcOnly() {
    return RecordBatch.isCrcValid(batch, batch.position());
  }

  /** What a log needs of each batch. */
  @Benchmark
  public long header() {
    int at = batch.position();
    return RecordBatch.lastOffset(batch, at)
        + RecordBatch.sizeInBytes(batch, at)
        + RecordBatch.leaderEpoch(batch, at)
        + RecordBatch.maxTimestamp(batch, at)
        + RecordBatch.producerId(batch, at)
        + RecordBatch.baseSequence(batch, at)
        + RecordBatch.attributes(batch, at);
  }
}
