package io.millrace.coordinator;

import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Shard;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * The shards of this node as those see them who have something to ask.
 *
 * <p>Owner: any thread.
 */
public interface Coordinator<S extends Shard> {
  /**
   * Runs a command in the shard of this key. The reply comes on the shard's loop, perhaps before
   * this returns: with the decision's value once everything it rests on is committed, or with
   * COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE or the shard's own
   * refusal.
   */
  <R> void submit(String key, Command<S, R> command, Reply<R> reply);

  /** As {@link #submit(String, Command, Reply)}, in the shard of this partition. */
  <R> void submit(int partition, Command<S, R> command, Reply<R> reply);

  /**
   * The partitions of the coordinator's topic that this node has a replica of: to ask each of them
   * what no key says where it is. One that is not led here answers NOT_COORDINATOR.
   */
  List<Integer> localPartitions();

  /** As {@link #submit(String, Command, Reply)}; a refusal fails the future with its exception. */
  default <R> Future<R> ask(String key, Command<S, R> command) {
    Promise<R> promise = Promise.promise();
    submit(key, command, new PromisedReply<>(promise));
    return promise.future();
  }

  /** As {@link #ask(String, Command)}, in the shard of this partition. */
  default <R> Future<R> ask(int partition, Command<S, R> command) {
    Promise<R> promise = Promise.promise();
    submit(partition, command, new PromisedReply<>(promise));
    return promise.future();
  }

  /**
   * A reply that completes a promise.
   *
   * <p>Owner: partition loop.
   */
  record PromisedReply<R>(Promise<R> promise) implements Reply<R> {
    @Override
    public void complete(R value) {
      promise.complete(value);
    }

    @Override
    public void fail(Errors error, String message) {
      promise.fail(message == null ? error.exception() : error.exception(message));
    }
  }
}
