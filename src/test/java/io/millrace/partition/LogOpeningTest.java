package io.millrace.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.InlineLoop;
import io.millrace.log.LogConfig;
import io.millrace.log.LogListener;
import io.millrace.log.PartitionLog;
import io.millrace.log.UnopenedLogs;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When the log of a replica is opened again. */
class LogOpeningTest {
  private static final TopicIdPartition ID = new TopicIdPartition(new TopicId(1, 2), "t", 0);

  private final List<String> told = new ArrayList<>();
  private final List<Promise<PartitionLog>> attempts = new ArrayList<>();
  private final Timers loop = new Timers();
  private final LogOpening opening = new LogOpening(ID, new AskedLogs(), loop, new Told());
  private Future<Void> first;

  @BeforeEach
  void begin() {
    first = opening.begin();
  }

  @Test
  void shouldEndTheAttemptAfterTellingOfIt() {
    first.onSuccess(any -> told.add("ended"));

    attempts.get(0).complete(null);

    assertThat(told).containsExactly("opened", "ended");
    assertThat(loop.delaysMs).isEmpty();
  }

  @Test
  void shouldTryAgainWhenThereWasNoSpace() {
    attempts.get(0).fail(UnopenedLogs.noSpace());
    assertThat(first.isComplete()).isTrue();

    loop.runNext();
    assertThat(opening.attempt().isComplete()).isFalse();
    attempts.get(1).complete(null);

    assertThat(told).containsExactly("unopenable", "opened");
    assertThat(opening.attempt().isComplete()).isTrue();
  }

  @Test
  void shouldWaitLongerEachTimeUpToABound() {
    for (int i = 0; i < 8; i++) {
      attempts.get(i).fail(UnopenedLogs.noSpace());
      loop.runNext();
    }

    assertThat(loop.delaysMs)
        .containsExactly(500L, 1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 30_000L, 30_000L);
  }

  @Test
  void shouldNotTryAgainWhatIsBroken() {
    attempts.get(0).fail(new IOException("Input/output error"));

    assertThat(told).containsExactly("unopenable");
    assertThat(loop.delaysMs).isEmpty();
  }

  @Test
  void shouldNotTryAgainInADirectoryThatIsClosed() {
    attempts.get(0).fail(UnopenedLogs.closing());

    assertThat(told).containsExactly("unopenable");
    assertThat(loop.delaysMs).isEmpty();
  }

  @Test
  void shouldNotTryAgainAfterItsEnd() {
    attempts.get(0).fail(UnopenedLogs.noSpace());
    opening.end();

    loop.runNext();

    assertThat(attempts).hasSize(1);
  }

  private final class Told extends NobodyListens implements LogOpening.Opener {
    @Override
    public LogConfig logConfig() {
      return LogConfig.defaults();
    }

    @Override
    public void onOpened(PartitionLog log) {
      told.add("opened");
    }

    @Override
    public void onUnopenable(Throwable cause) {
      told.add("unopenable");
    }
  }

  private final class AskedLogs implements PartitionParts.Logs {
    @Override
    public Future<PartitionLog> open(
        TopicIdPartition id, LogConfig config, Loop owner, LogListener listener) {
      attempts.add(Promise.promise());
      return attempts.get(attempts.size() - 1).future();
    }

    @Override
    public boolean lowOnSpace(TopicIdPartition id) {
      return false;
    }

    @Override
    public String directoryOf(TopicIdPartition id) {
      return "";
    }

    @Override
    public Future<Void> deleteUnopened(TopicIdPartition id, LogConfig config, Loop owner) {
      throw new AssertionError("It is not opened in order to be deleted");
    }

    @Override
    public void forget(TopicIdPartition id) {}
  }

  /** Runs what is scheduled when the test says so. */
  private static final class Timers extends InlineLoop {
    private final List<Long> delaysMs = new ArrayList<>();
    private Runnable next;

    @Override
    public void schedule(long delayMs, Runnable task) {
      delaysMs.add(delayMs);
      next = task;
    }

    private void runNext() {
      Runnable due = next;
      next = null;
      due.run();
    }
  }
}
