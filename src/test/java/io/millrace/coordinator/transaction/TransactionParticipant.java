package io.millrace.coordinator.transaction;

import io.millrace.coordinator.transaction.SimulatedPartition.Entry;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.List;

/** A partition that takes part in simulated transactions. */
interface TransactionParticipant {
  TopicPartition id();

  /** What was appended, in order, with what became of it. */
  List<Entry> entries();

  /** Grows with everything that may change what a reader sees. */
  int changes();

  /** Goes on with what the coordinator has answered. */
  void step();

  /** A marker arrives, perhaps late or again; whether the partition has it or needs it no more. */
  boolean end(TransactionMarker marker);

  boolean hasOpen();

  /** Whether somebody waits for the coordinator. */
  boolean isHolding();
}
