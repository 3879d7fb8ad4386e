package io.millrace.partition;

import static io.millrace.partition.LeaderFixture.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FileIo;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogDirectoryOptions;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicIdPartition;
import io.millrace.record.ValidationRules;
import io.vertx.core.Future;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a replica gets from one role to the next; the test's thread is its loop. */
class PartitionVerticleTest {
  private static final int SELF = 1;
  private static final int OTHER = 2;
  private static final TopicIdPartition ID = RealLog.ID;

  @TempDir Path path;
  private final TestLoop loop = new TestLoop();
  private final NobodyFollows following = new NobodyFollows();
  private final List<LeaderLog> movedIn = new ArrayList<>();
  private volatile boolean cutsFail;
  private LogDirectory directory;
  private PartitionVerticle partition;

  @BeforeEach
  void open() {
    LogDirectoryOptions options = new LogDirectoryOptions(1, 10, 0, 1_000, 60_000, Long.MAX_VALUE);
    directory = loop.await(LogDirectory.open(path, options, files(), Clock.SYSTEM, loop));
  }

  /** Those of the system, which cannot be cut while {@link #cutsFail}. */
  private FileIo files() {
    return (FileIo)
        Proxy.newProxyInstance(
            FileIo.class.getClassLoader(),
            new Class<?>[] {FileIo.class},
            (proxy, method, args) -> {
              if (cutsFail && method.getName().equals("truncate")) {
                throw new IOException("Input/output error");
              }
              try {
                return method.invoke(SystemFileIo.INSTANCE, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @AfterEach
  void close() {
    loop.await(partition.close().transform(any -> Future.succeededFuture()));
    loop.await(directory.close(loop).transform(any -> Future.succeededFuture()));
  }

  private void start(PartitionImage image) {
    partition =
        new PartitionVerticle(
            ID,
            image,
            settings(),
            new PartitionParts(
                FollowerFixture.parts(SELF, loop, following),
                new LogPlacement(List.of(directory), Clock.SYSTEM),
                () -> loop,
                (id, log) -> {
                  movedIn.add(log);
                  return Resident.ARRIVING;
                },
                60_000));
    loop.await(partition.start().compose(any -> partition.opened()));
  }

  private static PartitionSettings settings() {
    return new PartitionSettings(LogConfig.defaults(), ValidationRules.DEFAULT, 1);
  }

  private static PartitionImage image(int leader, int leaderEpoch, Integer... isr) {
    return new PartitionImage(
        0, List.of(SELF, OTHER), List.of(isr), List.of(), leader, leaderEpoch, leaderEpoch);
  }

  private Append append() {
    Append append = new Append(batch("a"));
    partition.replica().append(append);
    loop.await(() -> partition.status().logEndOffset() == 1 || append.complete);
    return append;
  }

  @Test
  void shouldGoOnLeadingInItsNextEpoch() {
    start(image(SELF, 5, SELF, OTHER));
    Append append = append();

    partition.replica().onImage(image(SELF, 6, SELF), settings());

    assertThat(append.complete).isTrue();
    assertThat(append.error()).isEqualTo(Errors.NONE);
    assertThat(movedIn).extracting(LeaderLog::leaderEpoch).containsExactly(6);
  }

  @Test
  void shouldLeadAnewWhenSomebodyElseMayHaveLedBetween() {
    start(image(SELF, 5, SELF, OTHER));
    Append append = append();

    partition.replica().onImage(image(SELF, 7, SELF), settings());

    assertThat(append.error()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(movedIn).hasSize(2);
  }

  @Test
  void shouldTakeNoRoleOnALogThatCouldNotBeCut() {
    start(image(OTHER, 5, SELF, OTHER));
    FollowedLog followed = following.followed.get(0);
    take(followed, answer(FollowerFixture.batch(0, 5, 1), -1, -1));
    take(followed, answer(FollowerFixture.batch(1, 5, 1), -1, -1));
    cutsFail = true;

    followed.take(answer(ByteBuffer.allocate(0), 5, 1), (next, pause) -> {});
    partition.replica().onImage(image(SELF, 6, SELF), settings());
    Append append = append();

    assertThat(append.error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
    assertThat(movedIn).isEmpty();
    assertThat(partition.status().leader()).isFalse();
  }

  private void take(FollowedLog followed, Fetched fetched) {
    List<FollowedLog.Point> next = new ArrayList<>();
    followed.take(fetched, (point, pause) -> next.add(point));
    loop.await(() -> !next.isEmpty());
  }

  private static Fetched answer(ByteBuffer records, int divergingEpoch, long divergingEnd) {
    return new Fetched(Errors.NONE, records, () -> {}, 0, 0, divergingEpoch, divergingEnd);
  }

  private static final class Append extends ProduceAppend {
    private boolean complete;

    Append(ByteBuffer heap) {
      super(new DirectRecords(heap), (short) -1, Clock.SYSTEM.wallMs() + 60_000, true);
    }

    @Override
    protected void onComplete() {
      complete = true;
    }
  }
}
