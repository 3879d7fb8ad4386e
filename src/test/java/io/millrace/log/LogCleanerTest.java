package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.clean.CleanerConfig;
import io.millrace.metrics.Metrics;
import io.millrace.model.TopicIdPartition;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What starts a cleaning, and of which log. */
class LogCleanerTest {
  @TempDir Path path;
  private CleaningFixture c;
  private LogFixture f;

  @BeforeEach
  void make() {
    c = new CleaningFixture(path);
    f = c.f;
  }

  @AfterEach
  void close() {
    c.close();
  }

  private void start(CleanerResources resources) {
    f.directory.startCleaner(resources);
  }

  private static CleanerResources resources(int threads, Metrics metrics) {
    return new CleanerResources(
        new CleanerConfig(threads, 1 << 20, 32 << 10, 0.9, 10, Double.MAX_VALUE), metrics);
  }

  @Test
  void shouldCleanByItself() throws IOException {
    c.open();
    start(resources(1, Metrics.NONE));
    c.appendRandom(new Random(1), 200, 10);
    c.roll();
    f.loop.await(
        () -> f.log.cleaningDueMs() == Long.MAX_VALUE && f.log.compaction().dirtyRatio() == 0);
    c.assertClean();
    c.assertRight();
  }

  @Test
  void shouldAskNobodyWhenNothingIsDirty() {
    c.open();
    start(resources(1, Metrics.NONE));
    f.loop.await(() -> f.log.cleaningDueMs() == Long.MAX_VALUE);
    c.appendRandom(new Random(1), 5, 10);
    assertThat(f.log.cleaningDueMs()).isEqualTo(Long.MAX_VALUE);
    c.roll();
    f.loop.await(
        () -> f.log.cleaningDueMs() < Long.MAX_VALUE || f.log.compaction().dirtyRatio() == 0);
  }

  /** Nobody tells the cleaner when a closed segment is committed. */
  @Test
  void shouldCleanWhatIsCommittedOnlyAfterItsSegmentWasLookedAt() throws IOException {
    c.open();
    f.told.stableEnd = 0;
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    assertThat(f.loop.await(f.log.clean(c.resources))).as("looked at: nothing to clean").isFalse();
    f.told.stableEnd = Long.MAX_VALUE;
    start(resources(1, Metrics.NONE));
    f.loop.await(() -> f.log.compaction().lastCleanedMs() > 0);
    c.assertClean();
    c.assertRight();
  }

  @Test
  void shouldCleanTheFilthiestFirst() {
    FaultyFileIo io = new FaultyFileIo();
    f.io = io;
    c.open();
    List<PartitionLog> logs = new ArrayList<>(List.of(f.log));
    for (int partition = 1; partition < 3; partition++) {
      logs.add(
          f.loop.await(
              PartitionLog.open(
                  f.directory,
                  new TopicIdPartition(LogFixture.ID.topicId(), "events", partition),
                  f.config,
                  f.loop,
                  new LogFixture.Told(),
                  f.clock)));
    }
    for (PartitionLog log : logs) {
      fill(log, 60);
      f.loop.await(log.clean(c.resources));
    }
    fill(logs.get(0), 10);
    fill(logs.get(1), 150);
    fill(logs.get(2), 40);
    int before = io.calls().size();
    start(resources(1, Metrics.NONE));
    f.loop.await(() -> logs.stream().allMatch(log -> log.compaction().dirtyRatio() == 0));
    List<String> order = new ArrayList<>();
    for (FaultyFileIo.Call call : io.calls().stream().skip(before).toList()) {
      String directory = call.path().getParent().getFileName().toString();
      if (call.toString().startsWith("OPEN")
          && call.toString().endsWith(".log.cleaned")
          && !order.contains(directory)) {
        order.add(directory);
      }
    }
    assertThat(order).containsExactly("events-1", "events-2", "events-0");
  }

  /** Appends so many batches of few keys and closes the segment. */
  private void fill(PartitionLog log, int batches) {
    for (int i = 0; i <= batches; i++) {
      if (i == batches) {
        log.reconfigure(f.config.with().segmentBytes(90).build());
      }
      ByteBuffer batch =
          LogFixture.direct(
              new BatchBuilder()
                  .append(f.clock.wallMs, new byte[] {(byte) (i % 7)}, new byte[20])
                  .build());
      long last =
          ((AppendOutcome.Assigned) log.assign(batch, 0, f.clock.wallMs, () -> {})).lastOffset();
      log.write();
      f.loop.await(() -> log.logEndOffset() > last);
    }
    log.reconfigure(f.config);
    f.loop.await(log.flush());
    f.loop.await(() -> log.recoveryPoint() == log.logEndOffset());
  }

  @Test
  void shouldCleanNoMoreLogsAtATimeThanThreads() {
    FaultyFileIo io = new FaultyFileIo();
    f.io = io;
    c.open();
    PartitionLog second =
        f.loop.await(
            PartitionLog.open(
                f.directory,
                new TopicIdPartition(LogFixture.ID.topicId(), "events", 1),
                f.config,
                f.loop,
                new LogFixture.Told(),
                f.clock));
    fill(f.log, 50);
    fill(second, 50);
    FaultyFileIo.Hold hold =
        io.holdOnce(FaultyFileIo.Operation.FORCE, FaultyFileIo.endingWith(".log.cleaned"));
    CleanerResources resources = resources(1, Metrics.NONE);
    start(resources);
    f.loop.await(
        () -> io.count(FaultyFileIo.Operation.FORCE, FaultyFileIo.endingWith(".log.cleaned")) == 1);
    assertThat(resources.anyFree()).isFalse();
    long opened = io.count(FaultyFileIo.Operation.OPEN, FaultyFileIo.endingWith(".log.cleaned"));
    assertThat(opened).isEqualTo(1);
    hold.release();
    f.loop.await(
        () -> f.log.compaction().dirtyRatio() == 0 && second.compaction().dirtyRatio() == 0);
    f.loop.await(resources::anyFree);
  }

  @Test
  void shouldCountWhatItDoes() {
    List<String> counted = Collections.synchronizedList(new ArrayList<>());
    List<DoubleSupplier> gauges = new ArrayList<>();
    Metrics metrics =
        new Metrics() {
          @Override
          public Counter counter(String name, String help, String... labels) {
            return amount -> counted.add(name + (amount > 0 ? "" : " 0"));
          }

          @Override
          public Timer timer(String name, String help, String... labels) {
            return nanos -> {};
          }

          @Override
          public void gauge(String name, String help, DoubleSupplier value, String... labels) {
            gauges.add(value);
          }

          @Override
          public void removeGauge(String name, String... labels) {}
        };
    c.open();
    c.appendRandom(new Random(1), 100, 10);
    c.roll();
    c.resources = resources(1, metrics);
    assertThat(c.clean()).isEqualTo(1);
    assertThat(counted)
        .containsExactlyInAnyOrder(
            "log_cleaner_runs", "log_cleaner_read_bytes", "log_cleaner_written_bytes");
    start(c.resources);
    assertThat(gauges).hasSizeGreaterThan(6).allMatch(gauge -> gauge.getAsDouble() >= 0);
  }
}
