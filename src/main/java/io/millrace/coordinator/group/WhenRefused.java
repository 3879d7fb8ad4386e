package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.Reply;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a decision leaves to do if its records are not stored. Nobody waits for it.
 *
 * <p>Owner: partition loop.
 */
public record WhenRefused(Consumer<Errors> action) implements Reply<Void> {
  @Override
  public void complete(Void nothing) {
    // Stored.
  }

  @Override
  public void fail(Errors error, String message) {
    action.accept(error);
  }
}
