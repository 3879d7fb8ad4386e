package io.millrace.api.producers;

import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TransactionShard;
import io.vertx.core.Future;
import org.apache.kafka.common.protocol.Errors;

/**
 * Asks shards what may need a new producer id: only when a shard says that it does, one is taken.
 *
 * <p>Owner: any thread.
 */
public final class FreshProducerIds {
  /** A command that may need a producer id. */
  @FunctionalInterface
  public interface Question<R> {
    Decision ask(TransactionShard shard, long freshProducerId, Reply<R> reply);
  }

  private final Coordinator<TransactionShard> coordinator;
  private final ProducerIdAllocator ids;

  public FreshProducerIds(Coordinator<TransactionShard> coordinator, ProducerIdAllocator ids) {
    this.coordinator = coordinator;
    this.ids = ids;
  }

  /** Fails as {@link Coordinator#ask(String, io.millrace.coordinator.Command)} does. */
  public <R> Future<R> ask(String transactionalId, Question<R> question) {
    return this.<R>ask(transactionalId, TransactionShard.NO_PRODUCER_ID, question)
        .recover(
            cause ->
                Errors.forException(cause) == TransactionShard.NEEDS_PRODUCER_ID
                    ? ids.next().compose(id -> ask(transactionalId, id, question))
                    : Future.failedFuture(cause));
  }

  private <R> Future<R> ask(String transactionalId, long freshId, Question<R> question) {
    return coordinator.ask(
        transactionalId,
        (TransactionShard shard, Reply<R> reply) -> question.ask(shard, freshId, reply));
  }
}
