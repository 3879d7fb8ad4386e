package io.millrace.partition;

import io.millrace.metrics.Metrics;
import io.millrace.metrics.Metrics.Counter;
import io.millrace.partition.state.IsrShift;

/**
 * Counts who came into the ISRs of the partitions led here, and who left, with the reasons: Kafka's
 * IsrExpandsPerSec and IsrShrinksPerSec.
 *
 * <p>Owner: any thread.
 */
public final class IsrCounters {
  private static final String EXPANDS = "isr_expands";
  private static final String SHRINKS = "isr_shrinks";
  private static final String REASON = "reason";

  private final Counter caughtUp;
  private final Counter lagging;
  private final Counter fenced;
  private final Counter reassigned;

  public IsrCounters(Metrics metrics) {
    String left = "Replicas that left the in-sync replicas of partitions led here";
    caughtUp =
        metrics.counter(
            EXPANDS,
            "Replicas that joined the in-sync replicas of partitions led here",
            REASON,
            "caught_up");
    lagging = metrics.counter(SHRINKS, left, REASON, "lag");
    fenced = metrics.counter(SHRINKS, left, REASON, "fenced");
    reassigned = metrics.counter(SHRINKS, left, REASON, "reassigned");
  }

  void count(IsrShift shift) {
    add(caughtUp, shift.caughtUp());
    add(lagging, shift.lagging());
    add(fenced, shift.fenced());
    add(reassigned, shift.reassigned());
  }

  private static void add(Counter counter, int replicas) {
    if (replicas > 0) {
      counter.add(replicas);
    }
  }
}
