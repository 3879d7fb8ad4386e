package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.QuorumStatus.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Makes the {@link QuorumStatus}.
 *
 * <p>Owner: quorum context.
 */
final class StatusReport {
  private StatusReport() {}

  /** The status as this replica knows it; {@code leading} is null if it does not lead. */
  static QuorumStatus of(
      io.millrace.quorum.state.Replica replica, Leading leading, VoterId leader) {
    VoterSet voters = replica.voters();
    List<Replica> replicas = new ArrayList<>();
    for (VoterId id : new TreeSet<>(voters.ids())) {
      replicas.add(one(replica, leading, id, true));
    }
    if (!voters.contains(replica.self)) {
      replicas.add(one(replica, leading, replica.self, false));
    }
    if (leading != null) {
      for (Progress progress : leading.replication().all()) {
        if (!voters.contains(progress.id)) {
          replicas.add(one(replica, leading, progress.id, false));
        }
      }
    }
    return new QuorumStatus(
        replica.term(), leader, replica.log.committedEnd(), replica.log.end(), replicas);
  }

  private static Replica one(
      io.millrace.quorum.state.Replica replica, Leading leading, VoterId id, boolean voter) {
    if (id.equals(replica.self)) {
      long nowMs = leading == null ? -1 : replica.nowMs;
      return new Replica(id, voter, replica.log.persistedEnd(), nowMs, nowMs);
    }
    Progress progress = leading == null ? null : leading.replication().of(id);
    if (progress == null) {
      return new Replica(id, voter, -1, -1, -1);
    }
    long caughtUpMs = progress.caughtUpMs == Progress.NEVER ? -1 : progress.caughtUpMs;
    return new Replica(id, voter, progress.matchedEnd, progress.heardMs, caughtUpMs);
  }
}
