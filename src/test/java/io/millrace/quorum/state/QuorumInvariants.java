package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What must hold at every moment of a simulation, under the names of docs/invariants.md.
 *
 * <p>Owner: the simulation's thread.
 */
final class QuorumInvariants {
  /** Ten times what a lively run has. */
  private static final int MAX_EVENTS = 100_000;

  private record Position(long offset, int term) {}

  private record Written(MetadataRecord record, int termBefore) {}

  private record Ballot(VoterId voter, int term) {}

  /**
   * One committed record.
   *
   * @param committedIn term in which that was first known
   * @param after the state that it makes
   */
  private record Committed(
      int term, MetadataRecord record, int committedIn, ReplicatedState after) {}

  private final Map<Integer, VoterId> leaders = new HashMap<>();
  private final Map<Position, Written> written = new HashMap<>();
  private final Map<Ballot, VoterId> votes = new HashMap<>();
  private final List<Committed> committed = new ArrayList<>();

  /** Last records of all groups that were proposed. */
  private final Set<MetadataRecord> lastOfGroup = new HashSet<>();

  long committedEnd() {
    return committed.size();
  }

  private static void check(boolean holds, String invariant, Supplier<String> what) {
    if (!holds) {
      throw new AssertionError("Not kept: " + invariant + ": " + what.get());
    }
  }

  /** Somebody leads; true = a new term has a leader. */
  boolean onLeader(VoterId leader, QuorumRules rules) {
    int term = rules.term();
    VoterId known = leaders.putIfAbsent(term, leader);
    check(
        known == null || known.equals(leader),
        "one leader of a term",
        () -> known + " and " + leader + " lead in term " + term);
    if (known == null) {
      long end = committedBefore(term);
      check(
          rules.logEnd() >= end
              && (end == 0
                  || end < rules.committedEnd()
                  || rules.termBefore(end) == committed.get((int) end - 1).term()),
          "a leader has what is committed",
          () -> leader + " leads in term " + term + " without what is committed below " + end);
    }
    return known == null;
  }

  /** End of what was committed in earlier terms. */
  private long committedBefore(int term) {
    long end = committed.size();
    while (end > 0 && committed.get((int) end - 1).committedIn() >= term) {
      end--;
    }
    return end;
  }

  /** A leader delivers these entries. */
  void onCommittedByLeader(int term, List<Entry> entries) {
    int last = entries.get(entries.size() - 1).term();
    check(
        last == term,
        "a leader commits by its own term",
        () -> "the leader of term " + term + " commits by an entry of term " + last);
  }

  /** A leader is about to write these entries. */
  void onAppendByLeader(QuorumRules rules, List<Entry> entries) {
    for (Entry entry : entries) {
      boolean changesVoters = entry.records().stream().anyMatch(Voters.class::isInstance);
      boolean first = entry.records().get(0) instanceof NoOp;
      check(
          !changesVoters || first || rules.termBefore(rules.committedEnd()) == rules.term(),
          "voters change one at a time",
          () -> entry + " is appended when " + rules.committedEnd() + " is committed");
    }
  }

  /** These entries are to be appended behind a record of this term. */
  void onAppend(int termBefore, List<Entry> entries) {
    int before = termBefore;
    for (Entry entry : entries) {
      for (int i = 0; i < entry.records().size(); i++) {
        Position position = new Position(entry.baseOffset() + i, entry.term());
        Written is = new Written(entry.records().get(i), before);
        Written was = written.putIfAbsent(position, is);
        check(was == null || was.equals(is), "logs match", () -> position + ": " + is + ", " + was);
        before = entry.term();
      }
    }
  }

  /** These records, each of which is proposed once, belong together. */
  void onProposed(List<MetadataRecord> group) {
    lastOfGroup.add(group.get(group.size() - 1));
  }

  /** Somebody delivers these entries and had this state. */
  ReplicatedState onCommitted(int term, ReplicatedState state, List<Entry> entries) {
    ReplicatedState now = state;
    for (Entry entry : entries) {
      long end = now.end();
      check(
          entry.baseOffset() == end,
          "committed is delivered once, in order",
          () -> "offset " + entry.baseOffset() + " comes after " + end);
      for (MetadataRecord record : entry.records()) {
        now = now.plus(record);
        onCommitted(new Committed(entry.term(), record, term, now));
      }
    }
    List<MetadataRecord> newest = entries.get(entries.size() - 1).records();
    MetadataRecord last = newest.get(newest.size() - 1);
    check(
        !(last instanceof ProducerIds) || lastOfGroup.contains(last),
        "groups are delivered whole",
        () -> "the last record is " + last + " of " + entries);
    return now;
  }

  private void onCommitted(Committed is) {
    long end = is.after().end();
    if (end > committed.size()) {
      committed.add(is);
      return;
    }
    Committed was = committed.get((int) end - 1);
    check(
        was.term() == is.term() && was.after().equals(is.after()),
        "committed stays",
        () -> "offset " + (end - 1) + " was " + was + " and is " + is);
  }

  /** Somebody starts from a snapshot or has written one. */
  void onSnapshot(SnapshotId id, ReplicatedState state) {
    if (id.endOffset() > 0) {
      check(
          id.endOffset() <= committed.size()
              && committed.get((int) id.endOffset() - 1).after().equals(state)
              && committed.get((int) id.endOffset() - 1).term() == id.term(),
          "a snapshot equals the replay",
          () -> id + " is " + state);
    }
  }

  void onReadAnswered(long committedWhenAsked, long end) {
    check(
        end >= committedWhenAsked,
        "a read is never stale",
        () -> "it sees all below " + end + ", but " + committedWhenAsked + " was committed before");
  }

  /** The message leaves a replica with this disk. */
  void onSent(Message message, SimulatedDisk disk) {
    if (message instanceof Message.VoteReply reply && reply.granted()) {
      onVote(reply.from(), reply.term(), reply.to(), disk);
    } else if (message instanceof Message.Vote vote) {
      onVote(vote.from(), vote.term(), vote.from(), disk);
    } else if (message instanceof Message.AppendReply reply) {
      check(
          reply.term() <= disk.hardState().term(),
          "acknowledged is on the disk",
          () -> reply + " with " + disk.hardState());
      check(
          !reply.matched() || reply.end() <= disk.end(),
          "acknowledged is on the disk",
          () -> reply + ", but the disk's log ends at " + disk.end());
    }
  }

  private void onVote(VoterId voter, int term, VoterId candidate, SimulatedDisk disk) {
    HardState there = disk.hardState();
    check(
        there.term() > term || (there.term() == term && candidate.equals(there.votedFor())),
        "acknowledged is on the disk",
        () -> voter + " votes for " + candidate + " in term " + term + " with " + there);
    VoterId before = votes.putIfAbsent(new Ballot(voter, term), candidate);
    check(
        before == null || before.equals(candidate),
        "one vote in a term",
        () -> voter + " votes for " + before + " and " + candidate + " in term " + term);
  }

  /** Somebody has noticed how late it is; {@code writingMs} = so long one write is under way. */
  void onTick(QuorumRules rules, long writingMs, QuorumTiming timing) {
    check(
        rules.role() != QuorumRules.Role.LEADER
            || rules.voters().size() == 1
            || rules.committedEnd() == rules.logEnd()
            || writingMs <= 2L * timing.electionTimeoutMs(),
        "a leader can write",
        () -> "for " + writingMs + " ms it has written nothing, and leads");
  }

  /** Messages answer each other: a mistake can make them go on for ever. */
  void onEvent(int count) {
    check(count < MAX_EVENTS, "no storm of messages", () -> count + " events");
  }

  void onHealed(boolean allThere, Supplier<String> what) {
    check(allThere, "progress once the network heals", what);
  }
}
