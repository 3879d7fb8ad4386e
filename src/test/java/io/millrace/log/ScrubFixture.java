package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metrics.Metrics;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A log that is scrubbed, and another one like it that is healthy. */
@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
abstract class ScrubFixture {
  static final int RECORDS = 60;
  static final long INTERVAL_MS = 100;

  @TempDir Path path;
  LogFixture f;
  LogFixture other;
  ScrubResources resources;
  Supplier<ScrubStatus> status;

  /** Null = the other replica answers. */
  String otherIsGone;

  final AtomicInteger asked = new AtomicInteger();
  int mostAsked;

  @BeforeEach
  void open() throws IOException {
    f = fixture("own");
    other = fixture("other");
    resources =
        new ScrubResources(
            new ScrubSettings(true, 1 << 30, INTERVAL_MS), new Other(), Metrics.NONE);
  }

  private LogFixture fixture(String name) throws IOException {
    LogFixture fixture = new LogFixture(Files.createDirectories(path.resolve(name)));
    fixture.config =
        LogConfig.defaults().with().segmentBytes(3_000).indexIntervalBytes(300).build();
    return fixture.open();
  }

  @AfterEach
  void close() {
    f.close();
    other.close();
  }

  /** The other replica, on the loop of the test. */
  private final class Other implements HealthyReplicas {
    @Override
    public Future<Copy> read(TopicIdPartition id, long from, long to, int maxBytes) {
      if (otherIsGone != null) {
        return Future.failedFuture(otherIsGone);
      }
      Promise<Copy> promise = Promise.promise();
      asked.incrementAndGet();
      f.loop.execute(
          () -> {
            mostAsked = Math.max(mostAsked, asked.getAndDecrement());
            Future<FileSlice> read = other.log.readVerified(from, to, maxBytes);
            other.loop.await(read::isComplete);
            if (read.failed()) {
              promise.fail(read.cause());
            } else {
              try {
                ByteBuffer bytes = LogFixture.bytes(read.result());
                read.result().release();
                promise.complete(new Copy(7, bytes));
              } catch (IOException e) {
                promise.fail(e);
              }
            }
          });
      return promise.future();
    }
  }

  void write() {
    for (LogFixture each : List.of(f, other)) {
      each.appendUpTo(RECORDS, "a record, not too short, with the number ");
      each.log.noteHighWatermark(RECORDS);
      each.loop.await(() -> each.files(".index").size() >= each.files(".log").size() - 1);
    }
    assertThat(f.files(".log").size()).isGreaterThan(2);
  }

  void scrub() {
    status = f.directory.startScrub(resources);
  }

  /** Whether a round has come to its end that began later than now. */
  void awaitRound() {
    f.clock.wallMs += INTERVAL_MS;
    long from = f.clock.wallMs;
    f.loop.await(() -> status.get().oldestRoundMs() >= from);
  }

  Path segment(int number) {
    return f.logPath().resolve(f.files(".log").get(number));
  }

  static void flip(Path file, int position) throws IOException {
    try (var channel =
        Files.newByteChannel(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.position(position).read(one);
      one.put(0, (byte) (one.get(0) ^ 0x20));
      channel.position(position).write(one.flip());
    }
  }

  BadBatches.Found only() {
    assertThat(resources.bad().all()).hasSize(1);
    return resources.bad().all().get(0);
  }

  void awaitRepaired() {
    f.loop.await(
        () -> {
          // The last segment may still be on its way to be closed in the first round.
          f.clock.wallMs += INTERVAL_MS;
          return resources.bad().count() == 0
              && resources.bad().all().stream()
                  .anyMatch(found -> found.state() == BadBatches.State.REPAIRED);
        });
  }
}
