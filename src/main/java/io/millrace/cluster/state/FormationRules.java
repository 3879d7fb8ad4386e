package io.millrace.cluster.state;

import io.millrace.cluster.state.FirstVoters.Found;
import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How nodes become a cluster for the first time, as one node sees it.
 *
 * <p>All first voters sign one proposal: cluster id and voters. A node signs one in its life and
 * has it on its disk before it says so. Who knows that all first voters have signed confirms it,
 * and only who has that on its disk may vote. Two proposals whose voters have a node in common can
 * therefore never both be confirmed, whoever sees whom, crashes or comes back when.
 *
 * <p>What that does not prevent (first voters that have nothing in common) is prevented where it
 * can be seen: nobody proposes or signs while a member expects others, or has not said what it
 * expects.
 *
 * <p>{@code Invariant: what the report says is on the disk.} {@code Invariant: durable is never
 * replaced by another proposal.}
 *
 * <p>Owner: whoever drives it; one thread at a time.
 */
public final class FormationRules {
  /** A report that changes nothing is told again after this long, then twice as long, and so on. */
  static final long FIRST_RETELL_MS = 250;

  /** The longest time between two tellings; far below {@link Hearsay#KEPT_MS}. */
  static final long MAX_RETELL_MS = 2_000;

  private final FormationSelf self;
  private final String newClusterId;
  private final Hearsay hearsay = new Hearsay();
  private final Set<VoterId> signatures = new HashSet<>();

  /** null = nothing is on the disk. */
  private Formation durable;

  /** On its way to the disk; null = nothing is. */
  private Formation writing;

  /** Not handed out yet. */
  private Formation toWrite;

  private Found found = Found.NOBODY;
  private long foundAtMs;
  private List<String> reasons = List.of();

  private final Set<Integer> toTell = new TreeSet<>();
  private long retellMs = FIRST_RETELL_MS;
  private long nextTellMs;

  /**
   * A node that starts.
   *
   * @param durable what is on its disk; null = nothing. A node that has a metadata log belongs to a
   *     cluster, even if it was never told to form one
   * @param newClusterId a random cluster id, used if this node proposes
   */
  public FormationRules(FormationSelf self, Formation durable, String newClusterId, long nowMs) {
    this.self = self;
    this.newClusterId = newClusterId;
    this.durable = durable;
    this.nextTellMs = nowMs;
    if (durable != null && !durable.confirmed()) {
      // Nobody signs before the proposer has.
      signatures.add(FreshNode.proposer(durable.voters()));
      signatures.add(self.id());
    }
    decide(nowMs);
  }

  /** The cluster that this node belongs to, as a voter or not; null = it does not yet. */
  public Formation formed() {
    return durable != null && durable.confirmed() ? durable : null;
  }

  /** For people: what this node waits for; empty = nothing. */
  public List<String> reasons() {
    return reasons;
  }

  /**
   * Who is there.
   *
   * @param members this node included, the oldest first
   * @param seeds what the names of the seeds stand for
   */
  public void onView(List<Visible> members, Map<String, SeedAddresses> seeds, long nowMs) {
    Set<VoterId> before = ids(hearsay.members());
    hearsay.see(members);
    Found now = self.firstVoters().among(self.id(), members, seeds);
    boolean news = !ids(members).equals(before) || !now.voters().equals(found.voters());
    if (!now.voters().equals(found.voters())) {
      foundAtMs = nowMs;
    }
    found = now;
    if (news) {
      tellAll(nowMs);
    }
    decide(nowMs);
  }

  private static Set<VoterId> ids(List<Visible> members) {
    Set<VoterId> ids = new HashSet<>();
    members.forEach(member -> ids.add(member.id()));
    return ids;
  }

  /** What another node says. */
  public void onReport(FormationReport report, long nowMs) {
    if (report.from().nodeId() == self.id().nodeId()) {
      return;
    }
    if (formed() != null) {
      if (!report.isFormed()) {
        toTell.add(report.from().nodeId());
      }
      return;
    }
    boolean news = hearsay.hear(report, nowMs);
    if (durable != null && report.signed() != null && report.signed().isSameProposal(durable)) {
      if (durable.voters().contains(report.from())) {
        signatures.add(report.from());
      }
    }
    if (news) {
      // It may not know what this node has told before, and answers faster than the backoff.
      retellMs = FIRST_RETELL_MS;
      nextTellMs = Math.min(nextTellMs, nowMs + retellMs);
    }
    decide(nowMs);
  }

  /** Time goes by. */
  public void tick(long nowMs) {
    hearsay.forget(nowMs);
    if (formed() == null && nowMs - nextTellMs >= 0) {
      toTell.addAll(others());
      nextTellMs = nowMs + retellMs;
      retellMs = Math.min(2 * retellMs, MAX_RETELL_MS);
    }
    decide(nowMs);
  }

  /** What to do now; each thing is handed out once. */
  public FormationReady ready() {
    FormationReady ready = new FormationReady(toWrite, toTell, report());
    toWrite = null;
    toTell.clear();
    return ready;
  }

  /** What was handed out to persist is on the disk. */
  public void onPersisted(Formation persisted, long nowMs) {
    if (!persisted.equals(writing)) {
      throw new IllegalStateException("Persisted " + persisted + ", but it was " + writing);
    }
    if (durable != null && !durable.isSameProposal(persisted)) {
      throw new IllegalStateException(persisted + " in the place of " + durable);
    }
    writing = null;
    durable = persisted;
    if (formed() == null) {
      signatures.add(FreshNode.proposer(durable.voters()));
      signatures.add(self.id());
      for (FormationReport report : hearsay.reports()) {
        if (report.signed() != null
            && report.signed().isSameProposal(durable)
            && durable.voters().contains(report.from())) {
          signatures.add(report.from());
        }
      }
    }
    tellAll(nowMs);
    decide(nowMs);
  }

  private void tellAll(long nowMs) {
    toTell.addAll(others());
    retellMs = FIRST_RETELL_MS;
    nextTellMs = nowMs + retellMs;
  }

  private Set<Integer> others() {
    Set<Integer> others = new TreeSet<>();
    hearsay.members().forEach(member -> others.add(member.id().nodeId()));
    others.remove(self.id().nodeId());
    return others;
  }

  private FormationReport report() {
    return new FormationReport(
        self.id(), durable, found.voters(), self.firstVoters().describe(), self.clusterId());
  }

  private void decide(long nowMs) {
    if (formed() != null) {
      reasons = List.of();
      return;
    }
    if (writing != null) {
      return;
    }
    Step step =
        durable == null
            ? new FreshNode(self, hearsay, found, nowMs - foundAtMs).next(newClusterId)
            : new SignedNode(self, hearsay, durable, signatures).next();
    reasons = step.reasons();
    writing = step.persist();
    toWrite = step.persist();
  }
}
