package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who hears from no leader says hello to everybody that may be one. A learner becomes known to a
 * new leader by it; a voter that is none any more learns of that.
 *
 * <p>Owner: quorum context.
 */
final class Greetings {
  private final Replica replica;
  private long nextMs;

  Greetings(Replica replica) {
    this.replica = replica;
    this.nextMs = replica.isVoter() ? replica.nowMs + patienceMs() : replica.nowMs;
  }

  private long patienceMs() {
    return replica.isVoter()
        ? 2L * replica.timing.electionTimeoutMs() // it has other means
        : 2L * replica.timing.heartbeatMs();
  }

  /** A leader is heard from, or it was this replica. */
  void postpone() {
    nextMs = replica.nowMs + patienceMs();
  }

  long nextMs() {
    return nextMs;
  }

  void tick() {
    if (replica.nowMs < nextMs) {
      return;
    }
    nextMs = replica.nowMs + patienceMs();
    Set<VoterId> all = new TreeSet<>(replica.voters().ids());
    all.addAll(replica.peers);
    all.remove(replica.self);
    for (VoterId to : all) {
      replica.disk.send(
          new Message.LearnerHello(replica.self, to, replica.term(), replica.log.end()));
    }
  }
}
