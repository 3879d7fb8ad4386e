package io.millrace.quorum;

import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What was appended by this leader and is not committed yet, in order.
 *
 * <p>Owner: quorum context.
 */
final class WaitingProposals {
  private record Waiting(long lastOffset, Promise<Long> promise) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  void add(long lastOffset, Promise<Long> promise) {
    waiting.add(new Waiting(lastOffset, promise));
  }

  /** Completes those below {@code committedEnd}. */
  void onCommitted(long committedEnd) {
    while (!waiting.isEmpty() && waiting.peek().lastOffset() < committedEnd) {
      Waiting done = waiting.poll();
      done.promise().complete(done.lastOffset());
    }
  }

  void failAll(QuorumException why) {
    List<Waiting> failed = new ArrayList<>(waiting);
    waiting.clear();
    failed.forEach(proposal -> proposal.promise().fail(why));
  }
}
