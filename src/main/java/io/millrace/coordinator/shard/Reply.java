package io.millrace.coordinator.shard;

import org.apache.kafka.common.protocol.Errors;

/**
 * Where the answer to one command goes. Exactly one of the methods is called, once, on the shard's
 * loop.
 *
 * <p>Owner: partition loop.
 */
public interface Reply<R> {
  /** The answer; everything it rests on is committed. */
  void complete(R value);

  /**
   * The command was not carried out, as far as anybody will see.
   *
   * @param message for the client; null = the error's own text
   */
  void fail(Errors error, String message);
}
