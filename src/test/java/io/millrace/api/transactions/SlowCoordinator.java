package io.millrace.api.transactions;

import io.millrace.coordinator.Command;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TransactionShard;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A coordinator that answers for some transactional ids only. */
final class SlowCoordinator implements Coordinator<TransactionShard> {
  /** Whoever asks about these gets no answer. */
  final Set<String> silent = new HashSet<>();

  private final Coordinator<TransactionShard> quick;

  SlowCoordinator(Coordinator<TransactionShard> quick) {
    this.quick = quick;
  }

  @Override
  public <R> void submit(String key, Command<TransactionShard, R> command, Reply<R> reply) {
    if (!silent.contains(key)) {
      quick.submit(key, command, reply);
    }
  }

  @Override
  public <R> void submit(int partition, Command<TransactionShard, R> command, Reply<R> reply) {
    quick.submit(partition, command, reply);
  }

  @Override
  public List<Integer> localPartitions() {
    return quick.localPartitions();
  }
}
