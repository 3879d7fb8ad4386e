package io.millrace.coordinator.group;

import io.millrace.transcript.Transcript;

/** A {@link Transcript} of what happens to groups. */
public abstract class GroupTranscript extends Transcript {
  /** Writes the rebalances of a group. */
  protected final void history(Group group) {
    for (Rebalance one : group.rebalances()) {
      out()
          .append("generation ")
          .append(one.generation())
          .append(", ")
          .append(one.members())
          .append(" members, ")
          .append(one.endedMs() < 0 ? "under way" : (one.endedMs() - one.startedMs()) + " ms")
          .append(", attempts ")
          .append(one.attempts())
          .append('\n');
      one.causes().forEach(cause -> out().append("  ").append(cause).append('\n'));
    }
  }
}
