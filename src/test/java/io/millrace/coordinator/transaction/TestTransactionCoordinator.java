package io.millrace.coordinator.transaction;

import io.millrace.coordinator.Command;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ClusterImage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/** One shard without a log: what is decided counts at once. Time stands still. */
public final class TestTransactionCoordinator implements Coordinator<TransactionShard>, Timers {
  /** Transactional ids whose transactions are to end, in order. */
  public final List<String> ending = new ArrayList<>();

  public final TransactionShard shard =
      new TransactionShard(
          0,
          this,
          new TransactionConfig(900_000, 604_800_000, 3_600_000, true, 0, 32),
          () -> 5,
          () -> 2,
          (partition, transactionalId, marker, partitions) -> ending.add(transactionalId));

  /** Set: every command is refused by it. */
  public Errors refusal = Errors.NONE;

  public TestTransactionCoordinator(ClusterImage image) {
    shard.onLoaded(image);
  }

  @Override
  public <R> void submit(String key, Command<TransactionShard, R> command, Reply<R> reply) {
    if (refusal != Errors.NONE) {
      reply.fail(refusal, null);
      return;
    }
    Decision decision = command.decide(shard, reply);
    for (CoordinatorRecord record : decision.records()) {
      shard.replay(record);
    }
    decision.release();
  }

  @Override
  public <R> void submit(int partition, Command<TransactionShard, R> command, Reply<R> reply) {
    submit("", command, reply);
  }

  @Override
  public List<Integer> localPartitions() {
    return List.of(0);
  }

  @Override
  public void schedule(String key, long delayMs, Supplier<Decision> onExpired) {
    // Time stands still.
  }

  @Override
  public void cancel(String key) {
    // Nothing is scheduled.
  }

  @Override
  public long nowMs() {
    return 1_700_000_000_000L;
  }
}
