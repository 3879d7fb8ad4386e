package io.millrace.server;

import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.metadata.ReplicaCondition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps a disk at its limit from moving leaders to and fro: a replica that had no space, and was
 * reported to have some again, is not reported so a second time for a while. That it has none is
 * always said at once.
 *
 * <p>Bounded by the replicas of the node.
 *
 * <p>Owner: the context of {@link ConditionReports}.
 */
final class RecentRelief {
  private final long rounds;
  private final Map<ReplicaReport, Long> reportedIn = new HashMap<>();
  private long round;

  /**
   * Nothing was reported.
   *
   * @param rounds of the reports, for which a replica is not reported again to have space
   */
  RecentRelief(long rounds) {
    this.rounds = rounds;
  }

  /** Another round begins. */
  void onRound() {
    round++;
    if (!reportedIn.isEmpty()) {
      reportedIn.values().removeIf(in -> round - in >= rounds);
    }
  }

  /** The controller knows this. */
  void onTold(List<ReplicaReport> reports) {
    for (ReplicaReport report : reports) {
      if (report.condition() == ReplicaCondition.ONLINE) {
        reportedIn.putIfAbsent(report, round);
      }
    }
  }

  /**
   * Whether a report is to wait.
   *
   * @param known how the replica is, as far as the controller knows
   */
  boolean keepsBack(ReplicaReport report, ReplicaCondition known) {
    return known == ReplicaCondition.FULL && reportedIn.containsKey(report);
  }
}
