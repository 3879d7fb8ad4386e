package io.millrace.quorum.state;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * Reads that wait until it is certain that this replica still led when they were asked (ReadIndex;
 * Ongaro, section 6.4): a round of appends that was sent after the question is answered by a
 * majority.
 *
 * <p>Invariant: rounds and ends grow with the queue.
 *
 * <p>Owner: quorum context.
 */
final class ReadRequests {
  private record Waiting(long ticket, long round, long end) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  void add(long ticket, long round, long end) {
    waiting.add(new Waiting(ticket, round, end));
  }

  /** Takes those whose round is answered. */
  List<Ready.Read> takeAnswered(LongPredicate isAnswered) {
    List<Ready.Read> reads = new ArrayList<>();
    while (!waiting.isEmpty() && isAnswered.test(waiting.peek().round())) {
      Waiting read = waiting.poll();
      reads.add(new Ready.Read(read.ticket(), read.end()));
    }
    return reads;
  }

  /** Takes all of them unanswered. */
  List<Ready.Read> takeFailed() {
    List<Ready.Read> reads = new ArrayList<>();
    for (Waiting read : waiting) {
      reads.add(new Ready.Read(read.ticket(), -1));
    }
    waiting.clear();
    return reads;
  }
}
