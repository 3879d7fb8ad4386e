package io.millrace.partition;

import io.millrace.model.TopicIdPartition;
import io.millrace.partition.state.IsrProposal;
import io.vertx.core.Future;
import java.util.List;

/**
 * How leaders change their ISR: by asking the controller.
 *
 * <p>Owner: any thread.
 */
public interface IsrChanges {
  /** What became of a proposal. */
  sealed interface Outcome {
    /** It is committed, or there was nothing to change: this holds now. */
    record Committed(int partitionEpoch, List<Integer> isr) implements Outcome {
      public Committed {
        isr = List.copyOf(isr);
      }
    }

    /** It is not committed, and never will be. */
    record Refused(String why) implements Outcome {}

    /**
     * The controller knows a newer state of the partition, which this node will hear of; whether
     * the proposal is part of it shows then.
     */
    record Outdated() implements Outcome {}

    /** Nobody knows whether it is committed: it has to be asked for again. */
    record Unknown() implements Outcome {}
  }

  /** The broker epoch of a node whose replica of a partition may be in sync; -1 = not now. */
  long activeEpoch(TopicIdPartition partition, int nodeId);

  /** Whether a replica takes records, as far as is known: not when its disk is full. */
  boolean takesRecords(TopicIdPartition partition, int nodeId);

  /** Asks; the future does not fail, and completes on any thread. */
  Future<Outcome> ask(TopicIdPartition partition, IsrProposal proposal);
}
