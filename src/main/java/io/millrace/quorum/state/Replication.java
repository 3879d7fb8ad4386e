package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.InstallSnapshot;
import io.millrace.quorum.state.Message.SnapshotReply;
import io.millrace.quorum.state.Progress.State;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/**
 * A leader's work on its followers and learners: what each of them is sent next.
 *
 * <p>Owner: quorum context.
 */
final class Replication {
  /** Who is told more than it can have missed would only be slowed down by it. */
  private static final int PROBE_SHARE = 10;

  private static final int MAX_LEARNERS = 1_000;

  private final Replica replica;
  private final ReplicaLog log;
  private final TreeMap<VoterId, Progress> followers = new TreeMap<>();
  private final List<Ready.LogRead> logReads = new ArrayList<>();
  private final List<Ready.SnapshotRead> snapshotReads = new ArrayList<>();

  /** Counts what is asked; the answers say to which question, at least, they are. */
  private long round;

  /** Everybody is to be sent a message of this round or a later one. */
  private long roundForAll;

  Replication(Replica replica) {
    this.replica = replica;
    this.log = replica.log;
    onVotersChanged();
  }

  /** null = it is neither voter nor known learner, or the leader itself. */
  Progress of(VoterId id) {
    return followers.get(id);
  }

  Collection<Progress> all() {
    return followers.values();
  }

  /** A new voter is told the log; one that is none any more stays a learner until it is silent. */
  void onVotersChanged() {
    for (VoterId voter : replica.voters().ids()) {
      if (!voter.equals(replica.self) && !followers.containsKey(voter)) {
        followers.put(voter, new Progress(voter, log.end(), replica.nowMs));
      }
    }
  }

  void onHello(Message.LearnerHello hello) {
    VoterId id = hello.from();
    Progress known = followers.get(id);
    if (known == null) {
      followers.keySet().removeIf(old -> old.nodeId() == id.nodeId() && !isVoter(old));
      if (followers.size() - replica.voters().ids().size() < MAX_LEARNERS) {
        long next = Math.min(hello.logEnd(), log.end());
        followers.put(id, new Progress(id, next, replica.nowMs));
      }
    } else if (!isVoter(id)) {
      known.heardMs = replica.nowMs;
    }
  }

  void forgetSilentLearners() {
    long since = replica.nowMs - replica.timing.learnerTimeoutMs();
    followers.values().removeIf(one -> one.heardMs < since && !isVoter(one.id));
  }

  private boolean isVoter(VoterId id) {
    return replica.voters().contains(id);
  }

  /** Everybody is asked once more; the round's number. */
  long nextRound() {
    roundForAll = ++round;
    return round;
  }

  void onAppendReply(Progress from, AppendReply reply) {
    if (reply.matched()) {
      // Beyond our end is nothing that could match: a damaged replica, which does not count.
      if (reply.end() <= log.end()) {
        from.onMatched(reply.end());
      }
    } else {
      long end = Math.min(reply.end(), log.end());
      if (end > log.terms().start()) {
        end = log.terms().lastEndUpTo(reply.endTerm(), end);
      }
      if (from.isNews(reply.round())) {
        from.probeFrom(Math.max(end, from.matchedEnd), ++round);
      }
    }
    from.onHeard(log.end(), reply.round(), replica.nowMs);
  }

  void onSnapshotReply(Progress from, SnapshotReply reply) {
    from.onHeard(log.end(), reply.round(), replica.nowMs);
    if (from.state == State.SNAPSHOT
        && reply.snapshot().equals(from.snapshot)
        && reply.position() != from.snapshotPosition) {
      from.snapshotPosition = reply.position();
      from.snapshotAskedMs = Progress.NEVER;
    }
  }

  /** Sends everybody what there is to send. */
  void flush() {
    for (Progress to : followers.values()) {
      flush(to);
    }
  }

  private void flush(Progress to) {
    if (to.state != State.SNAPSHOT && to.nextOffset < log.terms().start()) {
      to.needsSnapshot(log.snapshot());
    }
    switch (to.state) {
      case PROBING -> probe(to);
      case REPLICATING -> sendEntries(to);
      case SNAPSHOT -> askForSnapshot(to);
    }
    if (replica.nowMs - to.sentMs >= replica.timing.heartbeatMs()
        || hasNewsOfCommit(to)
        || to.sentRound < roundForAll) {
      send(to, List.of());
    }
  }

  /** Whether it could know more of what it has to be committed. */
  private boolean hasNewsOfCommit(Progress to) {
    return to.state != State.SNAPSHOT
        && to.sentCommittedEnd < Math.min(log.committedEnd(), to.nextOffset);
  }

  private void probe(Progress to) {
    if (!to.probeSent) {
      long missing = log.end() - to.nextOffset;
      boolean few = missing <= replica.timing.maxRecordsPerAppend() / PROBE_SHARE;
      send(to, few && log.isInTail(to.nextOffset) ? newest(to) : List.of());
      to.probeSent = true;
    }
  }

  private List<Entry> newest(Progress to) {
    return log.entries(
        to.nextOffset,
        log.end(),
        replica.timing.maxRecordsPerAppend(),
        replica.timing.maxBytesPerAppend());
  }

  private void sendEntries(Progress to) {
    while (to.nextOffset < log.end()
        && to.reading == null
        && to.inFlight.size() < replica.timing.maxAppendsInFlight()) {
      if (log.isInTail(to.nextOffset)) {
        sendNext(to, newest(to));
      } else {
        long until = Math.min(log.end(), to.nextOffset + replica.timing.maxRecordsPerAppend());
        to.reading =
            new Ready.LogRead(to.id, to.nextOffset, until, replica.timing.maxBytesPerAppend());
        logReads.add(to.reading);
      }
    }
  }

  private void sendNext(Progress to, List<Entry> entries) {
    send(to, entries);
    to.nextOffset = entries.get(entries.size() - 1).endOffset();
    to.inFlight.add(to.nextOffset);
  }

  private void send(Progress to, List<Entry> entries) {
    long prevEnd = to.state == State.SNAPSHOT ? 0 : to.nextOffset;
    int prevTerm = prevEnd == 0 ? 0 : log.terms().before(prevEnd);
    replica.disk.send(
        new Append(
            replica.self,
            to.id,
            replica.term(),
            prevEnd,
            prevTerm,
            entries,
            log.committedEnd(),
            round));
    to.sentMs = replica.nowMs;
    long sentEnd = entries.isEmpty() ? prevEnd : entries.get(entries.size() - 1).endOffset();
    to.sentCommittedEnd = Math.min(log.committedEnd(), sentEnd);
    to.sentRound = round;
  }

  void onLogRead(Ready.LogRead read, List<Entry> entries) {
    Progress to = followers.get(read.to());
    if (to == null || !read.equals(to.reading)) {
      return;
    }
    to.reading = null;
    if (read.fromOffset() != to.nextOffset) {
      return; // It has got that by other means, and nothing else may follow its nextOffset.
    }
    if (isOurs(read.fromOffset(), entries)) {
      sendNext(to, entries);
    } else {
      to.probeFrom(to.matchedEnd, ++round);
      to.probeSent = true; // tries again with the next heartbeat
    }
  }

  /** Whether these entries are in the log; what was read may have been cut meanwhile. */
  private boolean isOurs(long from, List<Entry> entries) {
    long at = from;
    for (Entry entry : entries) {
      if (entry.baseOffset() != at
          || at < log.terms().start()
          || entry.endOffset() > log.end()
          || log.terms().firstDifference(at, entry.endOffset(), entry.term()) < entry.endOffset()) {
        return false;
      }
      at = entry.endOffset();
    }
    return at > from;
  }

  private void askForSnapshot(Progress to) {
    if (replica.nowMs - to.snapshotAskedMs >= 2L * replica.timing.heartbeatMs()) {
      to.snapshotAskedMs = replica.nowMs;
      snapshotReads.add(new Ready.SnapshotRead(to.id, to.snapshot, to.snapshotPosition));
    }
  }

  void onSnapshotRead(Ready.SnapshotRead read, ByteBuffer data, boolean last) {
    Progress to = followers.get(read.to());
    if (to == null
        || to.state != State.SNAPSHOT
        || !read.snapshot().equals(to.snapshot)
        || read.position() != to.snapshotPosition) {
      return;
    }
    to.snapshotAskedMs = replica.nowMs;
    if (data == null) {
      to.needsSnapshot(log.snapshot());
      to.snapshotAskedMs = replica.nowMs; // not at once, should the disk be the reason
      return;
    }
    replica.disk.send(
        new InstallSnapshot(
            replica.self,
            to.id,
            replica.term(),
            read.snapshot(),
            read.position(),
            data,
            last,
            round));
    to.sentMs = replica.nowMs;
    to.sentRound = round;
  }

  List<Ready.LogRead> takeLogReads() {
    List<Ready.LogRead> taken = List.copyOf(logReads);
    logReads.clear();
    return taken;
  }

  List<Ready.SnapshotRead> takeSnapshotReads() {
    List<Ready.SnapshotRead> taken = List.copyOf(snapshotReads);
    snapshotReads.clear();
    return taken;
  }

  /** When a heartbeat is due. */
  long nextMs() {
    long next = Long.MAX_VALUE;
    for (Progress to : followers.values()) {
      next = Math.min(next, to.sentMs + replica.timing.heartbeatMs());
    }
    return next;
  }
}
