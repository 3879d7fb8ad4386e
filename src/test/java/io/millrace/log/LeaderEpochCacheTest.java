package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.log.LeaderEpochCache.EpochEntry;
import io.millrace.model.EpochEnd;
import io.millrace.simulation.Seeds;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ScheduledFuture;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaderEpochCacheTest {
  /** Kafka's cache writes its file later; these tests do not need it. */
  private static final Scheduler NEVER =
      new Scheduler() {
        @Override
        public void startup() {}

        @Override
        public void shutdown() {}

        @Override
        public ScheduledFuture<?> schedule(
            String name, Runnable task, long delayMs, long periodMs) {
          return null;
        }

        @Override
        public void resizeThreadPool(int size) {}
      };

  private static final EpochEnd UNKNOWN = new EpochEnd(-1, -1);

  private final LeaderEpochCache cache = new LeaderEpochCache();

  private static EpochEntry entry(int epoch, long startOffset) {
    return new EpochEntry(epoch, startOffset);
  }

  @Test
  void shouldKnowNothingWhenEmpty() {
    assertThat(cache.isEmpty()).isTrue();
    assertThat(cache.latestEpoch()).isEqualTo(-1);
    assertThat(cache.latestStartOffset()).isEqualTo(-1);
    assertThat(cache.epochForOffset(5)).isEqualTo(-1);
    assertThat(cache.endOffsetFor(0, 10)).isEqualTo(UNKNOWN);
  }

  @Test
  void shouldTakeEachEpochOnce() {
    assertThat(cache.assign(2, 6)).isTrue();
    assertThat(cache.assign(2, 6)).isFalse();
    assertThat(cache.assign(2, 10)).isFalse();
    assertThat(cache.entries()).containsExactly(entry(2, 6));
  }

  @Test
  void shouldStartAnEpochInFrontOfTheGapBeforeItsFirstBatch() {
    cache.onBatch(2, 0);
    cache.onBatch(2, 6);
    cache.onBatch(4, 9);
    cache.onBatch(3, 15);
    assertThat(cache.entries()).containsExactly(entry(2, 0), entry(4, 9));
  }

  @Test
  void shouldEndAnEpochWhereTheNextOneStarts() {
    cache.assign(2, 6);
    cache.assign(4, 11);
    assertThat(cache.endOffsetFor(2, 20)).isEqualTo(new EpochEnd(2, 11));
  }

  @Test
  void shouldEndTheLatestEpochWhereTheLogEnds() {
    cache.assign(2, 6);
    assertThat(cache.endOffsetFor(2, 20)).isEqualTo(new EpochEnd(2, 20));
  }

  @Test
  void shouldAnswerTheNextSmallerEpochInAGap() {
    cache.assign(2, 6);
    cache.assign(5, 11);
    assertThat(cache.endOffsetFor(4, 20)).isEqualTo(new EpochEnd(2, 11));
  }

  @Test
  void shouldAnswerTheFirstKnownStartForAnEpochBeforeAll() {
    cache.assign(5, 11);
    cache.assign(6, 15);
    assertThat(cache.endOffsetFor(3, 20)).isEqualTo(new EpochEnd(3, 11));
  }

  @Test
  void shouldNotKnowAnEpochAboveAll() {
    cache.assign(5, 11);
    assertThat(cache.endOffsetFor(6, 20)).isEqualTo(UNKNOWN);
    assertThat(cache.endOffsetFor(-1, 20)).isEqualTo(UNKNOWN);
  }

  @Test
  void shouldDropEntriesThatContradictANewOne() {
    cache.assign(1, 4);
    cache.assign(2, 6);
    cache.assign(3, 8);
    assertThat(cache.assign(4, 6)).isTrue();
    assertThat(cache.entries()).containsExactly(entry(1, 4), entry(4, 6));
  }

  @Test
  void shouldDropLargerEpochsThanANewOne() {
    cache.assign(1, 4);
    cache.assign(5, 6);
    cache.assign(3, 8);
    assertThat(cache.entries()).containsExactly(entry(1, 4), entry(3, 8));
  }

  @Test
  void shouldFindTheEpochOfAnOffset() {
    cache.assign(1, 4);
    cache.assign(5, 6);
    assertThat(cache.epochForOffset(3)).isEqualTo(-1);
    assertThat(cache.epochForOffset(4)).isEqualTo(1);
    assertThat(cache.epochForOffset(5)).isEqualTo(1);
    assertThat(cache.epochForOffset(6)).isEqualTo(5);
    assertThat(cache.epochForOffset(1000)).isEqualTo(5);
  }

  @Test
  void shouldDropEpochsThatStartAtOrBehindTheEnd() {
    cache.assign(1, 4);
    cache.assign(2, 6);
    cache.assign(3, 8);
    assertThat(cache.truncateFromEnd(9)).isFalse();
    assertThat(cache.truncateFromEnd(-1)).isFalse();
    assertThat(cache.truncateFromEnd(8)).isTrue();
    assertThat(cache.truncateFromEnd(7)).isFalse();
    assertThat(cache.entries()).containsExactly(entry(1, 4), entry(2, 6));
  }

  @Test
  void shouldMoveTheEpochThatWroteTheNewStart() {
    cache.assign(1, 4);
    cache.assign(2, 6);
    cache.assign(3, 8);
    assertThat(cache.truncateFromStart(3)).isFalse();
    assertThat(cache.truncateFromStart(4)).isFalse();
    assertThat(cache.truncateFromStart(7)).isTrue();
    assertThat(cache.entries()).containsExactly(entry(2, 7), entry(3, 8));
    assertThat(cache.truncateFromStart(100)).isTrue();
    assertThat(cache.entries()).containsExactly(entry(3, 100));
  }

  @Test
  void shouldKeepAnEpochThatStartsExactlyAtTheNewStart() {
    cache.assign(1, 4);
    cache.assign(2, 6);
    assertThat(cache.truncateFromStart(6)).isTrue();
    assertThat(cache.entries()).containsExactly(entry(2, 6));
  }

  @Test
  void shouldRefuseNegativeNumbers() {
    assertThatIllegalArgumentException().isThrownBy(() -> cache.assign(-1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> cache.assign(0, -1));
  }

  @Test
  void shouldStartFromStoredEntries() {
    LeaderEpochCache stored =
        new LeaderEpochCache(List.of(entry(0, 0), entry(3, 10), entry(7, 30)));
    assertThat(stored.latestEpoch()).isEqualTo(7);
    assertThat(stored.latestStartOffset()).isEqualTo(30);
    assertThat(stored.entries()).hasSize(3);
    stored.clear();
    assertThat(stored.isEmpty()).isTrue();
  }

  @Test
  void shouldAgreeWithKafkasCache(@TempDir Path directory) throws IOException {
    for (long seed = 0; seed < 25; seed++) {
      Random random = Seeds.random(seed);
      LeaderEpochCache ours = new LeaderEpochCache();
      LeaderEpochFileCache kafkas =
          new LeaderEpochFileCache(
              new org.apache.kafka.common.TopicPartition("t", 0),
              new LeaderEpochCheckpointFile(
                  new File(directory.toFile(), "epochs-" + seed), new LogDirFailureChannel(1)),
              NEVER);
      for (int step = 0; step < 25; step++) {
        int epoch = random.nextInt(12);
        long offset = random.nextInt(40);
        switch (random.nextInt(5)) {
          case 0 -> {
            ours.truncateFromEnd(offset + 10);
            kafkas.truncateFromEndAsyncFlush(offset + 10);
          }
          case 1 -> {
            ours.truncateFromStart(offset / 2);
            kafkas.truncateFromStartAsyncFlush(offset / 2);
          }
          default -> {
            ours.assign(epoch, offset);
            kafkas.assign(epoch, offset);
          }
        }
        String context = "seed " + seed + ", step " + step;
        assertThat(ours.entries())
            .as(context)
            .isEqualTo(
                kafkas.epochEntries().stream()
                    .map(e -> entry(e.epoch(), e.startOffset()))
                    .toList());
        List<Object> answers = new ArrayList<>();
        List<Object> expected = new ArrayList<>();
        for (int asked = -1; asked < 14; asked++) {
          var end = kafkas.endOffsetFor(asked, 100);
          expected.add(new EpochEnd(end.getKey(), end.getValue()));
          answers.add(ours.endOffsetFor(asked, 100));
        }
        for (int asked = 0; asked < 50; asked++) {
          expected.add(kafkas.epochForOffset(asked).orElse(-1));
          answers.add(ours.epochForOffset(asked));
        }
        assertThat(answers).as(context).isEqualTo(expected);
      }
    }
  }
}
