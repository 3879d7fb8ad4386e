package io.millrace.api.topics;

import io.millrace.api.RequestContext;
import io.millrace.controller.Controller.Outcome;
import org.apache.kafka.common.protocol.Errors;

/**
 * What one request takes of its client's {@code controller_mutation_rate} (KIP-599), in partitions.
 * Clients of newer versions are refused what is too much and know when to come again; older ones
 * are obeyed, and wait behind it.
 *
 * <p>Owner: connection loop.
 */
final class Mutations {
  static final Outcome EXCEEDED =
      new Outcome(Errors.THROTTLING_QUOTA_EXCEEDED, Errors.THROTTLING_QUOTA_EXCEEDED.message());

  private final RequestContext context;
  private final boolean strict;
  private boolean waits;

  /**
   * Of a request.
   *
   * @param firstStrict the first version whose clients know of the refusal
   */
  Mutations(RequestContext context, int firstStrict) {
    this.context = context;
    this.strict = context.version() >= firstStrict;
  }

  /** Whether so many partitions may be made or removed; if so, they are counted. */
  boolean take(int partitions) {
    boolean may = context.use().mutate(partitions, strict, System.nanoTime());
    waits |= !strict || !may;
    return may;
  }

  /** Tells the client to wait if it has to; before the answer. */
  void throttle() {
    if (waits) {
      context.throttle(context.use().mutationThrottleMs(System.nanoTime()));
    }
  }
}
