package io.millrace.quorum.state;

import java.util.List;

/**
 * What the rules want done, in this order: {@code hardState} fsynced, then {@code append} fsynced.
 * Then the rules are told, and say what is committed by it.
 *
 * @param hardState to persist; null = as it was
 * @param append entries to append, in order; may be empty
 *     <p>Owner: immutable.
 */
public record SoleVoterReady(HardState hardState, List<Entry> append) {
  public SoleVoterReady {
    append = List.copyOf(append);
  }

  public boolean isEmpty() {
    return hardState == null && append.isEmpty();
  }
}
