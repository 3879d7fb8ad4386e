package io.millrace.coordinator;

import io.millrace.coordinator.shard.Reply;
import io.millrace.model.TransactionMarker;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * Tells whoever writes markers what became of one, in the words of a partition that has no
 * coordinator.
 *
 * <p>Owner: partition loop.
 */
record MarkerReply(Consumer<Errors> done) implements Reply<TransactionMarker> {
  @Override
  public void complete(TransactionMarker written) {
    done.accept(Errors.NONE);
  }

  @Override
  public void fail(Errors error, String message) {
    done.accept(
        switch (error) {
          case NOT_COORDINATOR -> Errors.NOT_LEADER_OR_FOLLOWER;
          // Not committed in time, for all that is known.
          case COORDINATOR_NOT_AVAILABLE -> Errors.REQUEST_TIMED_OUT;
          default -> error;
        });
  }
}
