package io.millrace.metrics;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What counting costs a request. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class MetricsBenchmark {
  private final PrometheusMetrics metrics = new PrometheusMetrics();
  private final Metrics.Counter counter = metrics.counter("bench_total", "Counts");
  private final Metrics.Timer timer = metrics.timer("bench_seconds", "Times");
  private long nanos;

  @Benchmark
  public void count() {
    counter.add(100);
  }

  @Benchmark
  public void time() {
    nanos = nanos * 1_103_515_245 + 12_345;
    timer.recordNanos(nanos >>> 36);
  }
}
