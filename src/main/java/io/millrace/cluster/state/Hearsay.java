package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The last report of each node, for as long as it may be relied on; and who is seen.
 *
 * <p>Owner: whoever owns the {@link FormationRules}.
 */
final class Hearsay {
  /** What is older is forgotten: its node may be gone, or wiped. */
  static final long KEPT_MS = 10_000;

  /** Nobody has more nodes; what comes from others is dropped. */
  private static final int MAX_NODES = 1_000;

  private record Heard(FormationReport report, long atMs) {}

  private final Map<Integer, Heard> heard = new TreeMap<>();
  private List<Visible> members = List.of();

  void see(List<Visible> visible) {
    members = List.copyOf(visible);
  }

  List<Visible> members() {
    return members;
  }

  /** Takes a report; whether it says something new. */
  boolean hear(FormationReport report, long nowMs) {
    int nodeId = report.from().nodeId();
    if (heard.size() >= MAX_NODES && !heard.containsKey(nodeId)) {
      return false;
    }
    Heard before = heard.put(nodeId, new Heard(report, nowMs));
    return before == null || !before.report().equals(report);
  }

  void forget(long nowMs) {
    heard.values().removeIf(one -> nowMs - one.atMs() > KEPT_MS);
  }

  Collection<FormationReport> reports() {
    return heard.values().stream().map(Heard::report).toList();
  }

  /** The last report of a node with this very directory; null = none. */
  FormationReport of(VoterId id) {
    Heard one = heard.get(id.nodeId());
    return one == null || !one.report().from().equals(id) ? null : one.report();
  }

  /** Who goes by this node id now: by what is seen, else by what was heard; null = nobody. */
  VoterId holderOf(int nodeId) {
    for (Visible member : members) {
      if (member.id().nodeId() == nodeId) {
        return member.id();
      }
    }
    Heard one = heard.get(nodeId);
    return one == null ? null : one.report().from();
  }

  /** Two members with one node id; -1 = there are none. */
  int clashingNodeId() {
    for (int i = 0; i < members.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (members.get(i).id().nodeId() == members.get(j).id().nodeId()) {
          return members.get(i).id().nodeId();
        }
      }
    }
    return -1;
  }
}
