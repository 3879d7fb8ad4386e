package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.group.GroupRecordTypes;
import io.millrace.coordinator.shard.Reply;
import io.millrace.log.LogConfig;
import io.millrace.metadata.MetadataImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * One shard on a real log; the test's thread is its loop and its worker.
 *
 * <p>Owner: the test's thread.
 */
abstract class ShardFixture {
  /** A clock that a test can push. */
  static final class PushedClock implements Clock {
    long ahead;

    @Override
    public long wallMs() {
      return System.currentTimeMillis();
    }

    @Override
    public long nanos() {
      return System.nanoTime() + ahead;
    }
  }

  /** What a reply said. */
  final class Said implements Reply<Long> {
    private final String name;
    boolean done;
    Long value;
    Errors error = Errors.NONE;

    Said(String name) {
      this.name = name;
    }

    @Override
    public void complete(Long given) {
      assertThat(done).isFalse();
      done = true;
      value = given;
      order.add(name);
    }

    @Override
    public void fail(Errors why, String message) {
      assertThat(done).isFalse();
      done = true;
      error = why;
      order.add(name);
    }
  }

  @TempDir Path directory;
  final TestLoop loop = new TestLoop();
  final PushedClock clock = new PushedClock();
  final List<String> order = new ArrayList<>();
  final List<RegisterShard> shards = new ArrayList<>();
  final AtomicInteger loadedShards = new AtomicInteger();
  TestLeaderLog log;
  // Of the shard that was made last.
  IntSupplier epoch;
  ShardHost<RegisterShard> host;

  @BeforeEach
  void start() {
    log = new TestLeaderLog(loop, directory, LogConfig.defaults());
    load();
  }

  @AfterEach
  void stop() {
    log.close();
  }

  /** A new leader epoch: the shard is loaded from the log. */
  void load() {
    beginToLoad();
    awaitLoaded();
  }

  void beginToLoad() {
    ShardHost.Figures figures =
        new ShardHost.Figures(
            loadedShards, Metrics.NONE.timer("load", ""), Metrics.NONE.counter("records", ""));
    host =
        new ShardHost<>(
            new ShardHost.Parts<>(
                new CoordinatorConfig(TestLeaderLog.ID.topic(), 5_000, 4096),
                (partition, timers, leaderEpoch) -> {
                  epoch = leaderEpoch;
                  shards.add(new RegisterShard(timers));
                  return shard();
                },
                new RecordCodec(new GroupRecordTypes(Set.of())),
                clock,
                loop,
                () -> MetadataImage.EMPTY,
                figures),
            TestLeaderLog.ID,
            log);
    log.resident = host;
    host.load();
  }

  void awaitLoaded() {
    loop.await(() -> shard().loaded);
  }

  RegisterShard shard() {
    return shards.get(shards.size() - 1);
  }

  Said run(String name, Command<RegisterShard, Long> command) {
    Said said = new Said(name);
    host.run(command, said);
    return said;
  }

  Said set(String name, Long number) {
    return run(name, (shard, reply) -> shard.set(name, number, reply));
  }

  Said await(Said said) {
    loop.await(() -> said.done);
    return said;
  }
}
