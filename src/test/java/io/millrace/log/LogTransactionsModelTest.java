package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TransactionMarker;
import io.millrace.record.BatchBuilder;
import io.millrace.record.ControlBatch;
import io.millrace.simulation.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random transactions, crashes, restarts and truncations of a log with small segments, beside a
 * list of what was written: the stable offset, the aborted transactions and the producers are those
 * that the list says.
 */
class LogTransactionsModelTest {
  private static final int STEPS = 250;
  private static final int PRODUCERS = 5;

  /** One batch at the offset of its place in the list. */
  private record Written(
      long producerId, int epoch, int sequence, boolean marker, boolean commits) {}

  /** What the list says. */
  private static final class Truth {
    private final Map<Long, Long> open = new HashMap<>();
    private final Map<Long, Integer> epochs = new HashMap<>();
    private final Map<Long, Integer> sequences = new HashMap<>();
    private final Set<AbortedTransaction> aborted = new HashSet<>();

    Truth(List<Written> all) {
      for (int offset = 0; offset < all.size(); offset++) {
        Written each = all.get(offset);
        long id = each.producerId;
        if (epochs.getOrDefault(id, -1) != each.epoch) {
          sequences.remove(id);
        }
        epochs.put(id, each.epoch);
        if (!each.marker) {
          sequences.put(id, each.sequence);
          open.putIfAbsent(id, (long) offset);
        } else if (open.containsKey(id)) {
          long first = open.remove(id);
          if (!each.commits) {
            aborted.add(new AbortedTransaction(id, first));
          }
        }
      }
    }

    long stable(long end) {
      return open.values().stream().mapToLong(Long::longValue).min().orElse(end);
    }
  }

  @TempDir Path path;
  private final List<Written> written = new ArrayList<>();
  private LogFixture f;

  private void append(Random random) {
    long id = random.nextInt(PRODUCERS);
    Truth truth = new Truth(written);
    int epoch = truth.epochs.getOrDefault(id, 0);
    int sequence = truth.sequences.getOrDefault(id, -1) + 1;
    f.append(
        LogFixture.direct(
            new BatchBuilder()
                .transactional()
                .producer(id, (short) epoch, sequence)
                .append(f.clock.wallMs, null, new byte[5])
                .build()));
    written.add(new Written(id, epoch, sequence, false, false));
  }

  private void end(Random random) {
    long id = random.nextInt(PRODUCERS);
    boolean raises = random.nextBoolean();
    boolean commits = random.nextBoolean();
    int epoch = new Truth(written).epochs.getOrDefault(id, 0) + (raises ? 1 : 0);
    TransactionMarker marker = new TransactionMarker(id, (short) epoch, commits, 1, raises ? 2 : 0);
    AppendOutcome outcome =
        f.log.assignOwn(
            ControlBatch.of(marker, f.clock.wallMs),
            0,
            marker.transactionVersion(),
            f.clock.wallMs,
            () -> {});
    assertThat(outcome).isInstanceOf(AppendOutcome.Assigned.class);
    f.log.write();
    f.loop.await(() -> f.log.logEndOffset() == f.log.nextOffset());
    written.add(new Written(id, epoch, -1, true, commits));
  }

  private void truncate(Random random) {
    int left = written.size() - random.nextInt(Math.min(20, written.size() + 1));
    f.loop.await(f.log.truncateTo(left));
    f.told.persisted = -1; // grows anew
    written.subList(left, written.size()).clear();
  }

  private void check(String after) {
    Truth truth = new Truth(written);
    long end = f.log.logEndOffset();
    assertThat(end).as(after).isEqualTo(written.size());
    assertThat(f.log.lastStableOffset(end))
        .as("stable after %s", after)
        .isEqualTo(truth.stable(end));
    assertThat(f.log.abortedTransactions(0, end))
        .as("aborted after %s", after)
        .containsExactlyInAnyOrderElementsOf(truth.aborted);
    f.log
        .activeProducers()
        .forEach(
            producer -> {
              long id = producer.producerId();
              assertThat((int) producer.producerEpoch()).as(after).isEqualTo(truth.epochs.get(id));
              assertThat(producer.lastSequence())
                  .as(after)
                  .isEqualTo(truth.sequences.getOrDefault(id, -1));
              assertThat(producer.currentTransactionStartOffset())
                  .as(after)
                  .isEqualTo(truth.open.getOrDefault(id, -1L));
            });
    assertThat(f.log.activeProducers()).as(after).hasSize(truth.epochs.size());
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 12);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void shouldAgreeWithWhatWasWritten(long seed) throws Exception {
    Random random = Seeds.random(seed);
    f = new LogFixture(path.resolve("0"));
    f.config = f.config.with().segmentBytes(600).build();
    f.open();
    try {
      for (int step = 1; step <= STEPS; step++) {
        String what;
        int dice = random.nextInt(100);
        if (dice < 60) {
          what = "an append";
          append(random);
        } else if (dice < 90) {
          what = "a marker";
          end(random);
        } else if (dice < 94) {
          what = "a truncation";
          truncate(random);
        } else if (dice < 97) {
          what = "a restart";
          f.restart();
        } else {
          what = "a crash";
          LogFixture after = f.crashed(path.resolve(Integer.toString(step)));
          f.close();
          f = after.open();
        }
        check("step " + step + " of seed " + seed + ", " + what);
      }
    } finally {
      f.close();
    }
  }
}
