package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.protocol.Errors;

/** What a reply said. */
final class Said<R> implements Reply<R> {
  /** null = nothing, or it failed. */
  R value;

  Errors error = Errors.NONE;

  @Override
  public void complete(R given) {
    value = given;
  }

  @Override
  public void fail(Errors why, String message) {
    error = why;
  }
}
