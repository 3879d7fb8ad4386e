package io.millrace.coordinator;

import io.millrace.coordinator.group.CommittedOffset;
import io.millrace.coordinator.group.GroupRecordTypes;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.Groups;
import io.millrace.coordinator.group.OffsetConfig;
import io.millrace.coordinator.group.OffsetRecords;
import io.millrace.coordinator.group.OffsetStore;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Timers;
import io.millrace.log.LogConfig;
import io.millrace.metadata.MetadataImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import io.millrace.record.BatchBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
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
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Loading a shard of a million offset records, from a cold start of the JVM as after a restart. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 0)
@Measurement(iterations = 1)
public class ShardLoadBenchmark {
  private static final int RECORDS = 1_000_000;

  /** Records in a batch: single commits, or many of a turn. */
  @Param({"1", "20"})
  public int batch;

  /** How many of the records are different ones. */
  @Param({"1000000", "10000"})
  public int keys;

  private final TestLoop loop = new TestLoop();
  private final ExecutorService worker = Executors.newSingleThreadExecutor();
  private Path directory;
  private TestLeaderLog log;

  @Setup(Level.Trial)
  public void fill() throws IOException {
    directory = Files.createTempDirectory("shard-load");
    log = new TestLeaderLog(loop, directory, LogConfig.defaults());
    log.holding = true;
    Uuid topicId = Uuid.randomUuid();
    for (int i = 0; i < RECORDS; ) {
      BatchBuilder builder = new BatchBuilder();
      for (int b = 0; b < batch; b++, i++) {
        int key = i % keys;
        CoordinatorRecord record =
            OffsetRecords.commit(
                "group-" + key / 1000,
                "topic-" + key / 100 % 10,
                key % 100,
                new CommittedOffset(i, 3, "", 1_700_000_000_000L, -1, topicId));
        builder.append(1_700_000_000_000L, RecordCodec.key(record), RecordCodec.value(record));
      }
      log.append(builder.build());
      if (i % 1000 == 0) {
        log.write();
      }
    }
    log.write();
    loop.await(() -> log.log.logEndOffset() == RECORDS);
  }

  @TearDown(Level.Trial)
  public void remove() throws IOException {
    log.close();
    worker.shutdown();
    try (Stream<Path> paths = Files.walk(directory)) {
      paths.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    }
  }

  @Benchmark
  public int load() {
    AtomicInteger loaded = new AtomicInteger();
    OffsetStore offsets = new OffsetStore();
    ShardHost.Parts<GroupShard> parts =
        new ShardHost.Parts<>(
            new CoordinatorConfig("__consumer_offsets", 5_000, (5 << 20) / 16),
            (int partition, Timers timers, IntSupplier leaderEpoch) ->
                new GroupShard(
                    new Groups(),
                    offsets,
                    new OffsetConfig(4096, 1_000_000, 600_000),
                    timers,
                    List.of()),
            new RecordCodec(new GroupRecordTypes(Set.of())),
            Clock.SYSTEM,
            worker,
            () -> MetadataImage.EMPTY,
            new ShardHost.Figures(
                loaded, Metrics.NONE.timer("t", ""), Metrics.NONE.counter("c", "")));
    ShardHost<GroupShard> host = new ShardHost<>(parts, TestLeaderLog.ID, log);
    host.load();
    loop.await(() -> loaded.get() == 1);
    if (offsets.count() != Math.min(keys, RECORDS)) {
      throw new IllegalStateException(offsets.count() + " offsets");
    }
    return offsets.count();
  }

  public static void main(String[] args) throws RunnerException {
    new Runner(new OptionsBuilder().include(ShardLoadBenchmark.class.getSimpleName()).build())
        .run();
  }
}
