package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.api.FakePartitions;
import io.millrace.api.TestImage;
import io.millrace.coordinator.Command;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.GroupSnapshot;
import io.millrace.coordinator.shard.Reply;
import io.millrace.metrics.GroupFigures;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class GroupLagSamplerTest {
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(GroupLagSampler.class);
  private final ManualLoop loop = new ManualLoop();
  private final OneShard groups = new OneShard();
  private final GroupLagSampler sampler =
      new GroupLagSampler(
          new GroupLags(
              new GroupLags.Parts(
                  loop,
                  groups,
                  TestImage::ofOne,
                  new FakePartitions(),
                  new RecordTimes(Runnable::run),
                  Clock.SYSTEM)),
          groups,
          loop,
          1_000,
          0);

  /** Runs what is due when the test says so. */
  private static final class ManualLoop implements Loop {
    private final Deque<Runnable> now = new ArrayDeque<>();
    private final Deque<Runnable> later = new ArrayDeque<>();

    @Override
    public boolean inLoop() {
      return true;
    }

    @Override
    public void execute(Runnable task) {
      now.add(task);
    }

    @Override
    public void schedule(long delayMs, Runnable task) {
      later.add(task);
    }

    void run() {
      while (!now.isEmpty()) {
        now.poll().run();
      }
    }

    /** Until the next pass is over. */
    void pass() {
      assertThat(later).as("passes that will begin").hasSize(1);
      now.add(later.poll());
      run();
    }
  }

  /** A shard with so many groups, or that fails. */
  private static final class OneShard implements Coordinator<GroupShard> {
    private int count;
    private RuntimeException failure;

    @Override
    public <R> void submit(String key, Command<GroupShard, R> command, Reply<R> reply) {
      throw new UnsupportedOperationException();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <R> void submit(int partition, Command<GroupShard, R> command, Reply<R> reply) {
      if (failure != null) {
        throw failure;
      }
      reply.complete((R) Map.of(new GroupSnapshot.Standing("classic", "Stable"), count));
    }

    @Override
    public List<Integer> localPartitions() {
      return List.of(0);
    }
  }

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void ignore() {
    logger.detachAppender(log);
  }

  private int shown() {
    return sampler.figures().counts().stream().mapToInt(GroupFigures.Count::groups).sum();
  }

  @Test
  void shouldGoOnAfterAPassThatFailed() {
    groups.count = 3;
    sampler.start();
    loop.run();
    groups.failure = new IllegalStateException("broken");
    loop.pass();
    assertThat(shown()).as("of the last pass that succeeded").isEqualTo(3);

    groups.failure = null;
    groups.count = 4;
    loop.pass();

    assertThat(shown()).isEqualTo(4);
  }

  @Test
  void shouldSayOnceThatPassesFail() {
    groups.failure = new IllegalStateException("broken");
    sampler.start();
    loop.run();
    loop.pass();
    loop.pass();

    assertThat(log.list).hasSize(1);
    assertThat(log.list.get(0).getThrowableProxy().getMessage()).isEqualTo("broken");
  }

  @Test
  void shouldSayItAgainWhenPassesFailAnew() {
    groups.failure = new IllegalStateException("broken");
    sampler.start();
    loop.run();
    groups.failure = null;
    loop.pass();
    groups.failure = new IllegalStateException("broken again");
    loop.pass();

    assertThat(log.list).hasSize(2);
  }

  @Test
  void shouldEndWhenItIsClosed() {
    sampler.start();
    loop.run();
    sampler.close();
    loop.pass();

    assertThat(loop.later).isEmpty();
  }
}
