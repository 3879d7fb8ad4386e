package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.Command;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.Transaction;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.coordinator.transaction.TransactionState;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class TransactionSamplerTest {
  private static final long NOW_MS = 10_000;

  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final List<List<Transaction>> shards = new ArrayList<>();
  private final PrometheusMetrics metrics = new PrometheusMetrics();
  private final TransactionSampler sampler =
      new TransactionSampler(
          new Coordinator<>() {
            @Override
            public <R> void submit(
                String key, Command<TransactionShard, R> command, Reply<R> reply) {
              throw new UnsupportedOperationException();
            }

            @Override
            @SuppressWarnings("unchecked")
            public <R> void submit(
                int partition, Command<TransactionShard, R> command, Reply<R> reply) {
              List<Transaction> shard = shards.get(partition);
              if (shard == null) {
                reply.fail(Errors.NOT_COORDINATOR, null);
              } else {
                reply.complete((R) TransactionSampler.Figures.of(shard));
              }
            }

            @Override
            public List<Integer> localPartitions() {
              return java.util.stream.IntStream.range(0, shards.size()).boxed().toList();
            }
          },
          new Loop() {
            @Override
            public boolean inLoop() {
              return true;
            }

            @Override
            public void execute(Runnable task) {
              tasks.add(task);
            }

            @Override
            public void schedule(long delayMs, Runnable task) {}
          },
          new Clock() {
            @Override
            public long wallMs() {
              return NOW_MS;
            }

            @Override
            public long nanos() {
              return 0;
            }
          },
          metrics);

  static Transaction transaction(String id, TransactionState state, long startMs) {
    short epoch = 0;
    return new Transaction(
        id, 1, -1, -1, epoch, epoch, epoch, 60_000, state, Set.of(), startMs, startMs, epoch);
  }

  private void pass() {
    sampler.start();
    while (!tasks.isEmpty()) {
      tasks.poll().run();
    }
  }

  @Test
  void shouldCountTheTransactionsOfAllShardsThatAreHere() {
    shards.add(List.of(transaction("a", TransactionState.ONGOING, 9_000)));
    shards.add(null);
    shards.add(
        List.of(
            transaction("b", TransactionState.ONGOING, 7_000),
            transaction("c", TransactionState.COMPLETE_COMMIT, 1_000)));

    pass();

    assertThat(metrics.scrape())
        .contains(
            "millrace_transactions{state=\"Ongoing\"} 2",
            "millrace_transactions{state=\"CompleteCommit\"} 1",
            "millrace_transactions{state=\"PrepareAbort\"} 0",
            "millrace_transaction_oldest_open_seconds 3.0");
  }

  @Test
  void shouldCountADecidedTransactionAsOpen() {
    shards.add(List.of(transaction("a", TransactionState.PREPARE_COMMIT, 4_000)));

    pass();

    assertThat(sampler.oldestSeconds()).isEqualTo(6);
  }

  @Test
  void shouldForgetWhatIsOver() {
    shards.add(List.of(transaction("a", TransactionState.ONGOING, 4_000)));
    pass();
    shards.set(0, List.of(transaction("a", TransactionState.COMPLETE_ABORT, 4_000)));

    pass();

    assertThat(sampler.oldestSeconds()).isZero();
    assertThat(sampler.count(TransactionState.ONGOING)).isZero();
  }
}
