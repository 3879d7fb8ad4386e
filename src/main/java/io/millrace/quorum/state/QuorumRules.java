package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.InstallSnapshot;
import io.millrace.quorum.state.Message.LearnerHello;
import io.millrace.quorum.state.Message.PreVote;
import io.millrace.quorum.state.Message.PreVoteReply;
import io.millrace.quorum.state.Message.TimeoutNow;
import io.millrace.quorum.state.Message.Vote;
import io.millrace.quorum.state.Message.VoteReply;
import io.millrace.quorum.state.Ready.Read;
import io.millrace.quorum.state.VoterChange.Refusal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The rules by which voters agree on one log, after Raft (Ongaro's dissertation), with PreVote,
 * CheckQuorum, learners, one change of the voters at a time, ReadIndex, snapshots and transfer of
 * leadership. No I/O, no clock: the caller brings messages, time and the outcome of writes, and
 * after each call takes {@link #ready()} and does what it says.
 *
 * <p>{@code nowMs} is a monotonic clock of the caller, the same one in all calls.
 *
 * <p>Owner: quorum context.
 */
public final class QuorumRules {
  /** What this replica is. */
  public enum Role {
    /** Does not vote: replicates what it is told. */
    LEARNER,
    /** Votes, and follows a leader or waits for one. */
    FOLLOWER,
    /** Asks to be elected. */
    CANDIDATE,
    /** Appends; takes proposals once {@link QuorumRules#isActive}. */
    LEADER,
    /** The disk failed or is damaged: neither votes nor acknowledges any more. */
    FAILED
  }

  private final Replica replica;
  private final SnapshotReceipt receipt;
  private final Greetings greetings;
  private final List<Read> failedReads = new ArrayList<>();
  private RoleState role;
  private long lastTicket;

  /**
   * A replica as its disk says.
   *
   * @throws IllegalArgumentException if the disk has lost what was committed, or its term: it is
   *     {@link #damaged}
   */
  public QuorumRules(
      VoterId self, QuorumTiming timing, Stored stored, RandomGenerator random, long nowMs) {
    this.replica = new Replica(self, timing, stored, random, nowMs);
    this.receipt = new SnapshotReceipt(replica);
    this.greetings = new Greetings(replica);
    this.role = new Following(replica, null);
  }

  /**
   * A voter whose log cannot be read or whose vote is missing: {@link Role#FAILED} from the start.
   * It may take part again with a new directory, as a new learner.
   */
  public static QuorumRules damaged(VoterId self, QuorumTiming timing) {
    QuorumRules rules = new QuorumRules(self, timing, Stored.nothing(Set.of()), new Random(0), 0);
    rules.role = new Failed();
    return rules;
  }

  // ---- What happens

  /** A message has come. One that is for another directory of this node is not listened to. */
  public void step(long nowMs, Message message) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (role instanceof Failed
        || !message.to().equals(replica.self)
        || message.from().equals(replica.self)) {
      return;
    }
    if (message instanceof PreVote question) {
      onPreVote(question);
    } else if (message instanceof PreVoteReply reply && reply.granted()) {
      onPreVoteGranted(reply);
    } else if (message instanceof LearnerHello hello) {
      if (role instanceof Leading leading) {
        leading.replication().onHello(hello);
      }
    } else if (isOfThisTerm(message)) {
      onCurrent(message);
    }
  }

  /** Time has passed; to be called at {@link #nextTickMs} at the latest. */
  public void tick(long nowMs) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (role instanceof Following following) {
      if (replica.nowMs >= following.electionMs() && replica.mayCampaign()) {
        askForElection();
      }
    } else if (role instanceof Campaigning campaign) {
      if (!replica.mayCampaign()) {
        follow(replica.term(), null);
      } else if (replica.nowMs >= campaign.deadlineMs()) {
        askForElection();
      } else if (replica.nowMs >= campaign.askAgainMs()) {
        campaign.ask();
      }
    } else if (role instanceof Leading leading) {
      leading.tick();
      if (!leading.hasMajority()) {
        follow(replica.term(), null);
      }
    }
    if (role instanceof Following || role instanceof Campaigning) {
      greetings.tick();
    }
  }

  /** When {@link #tick} is wanted next. */
  public long nextTickMs() {
    if (role instanceof Failed) {
      return Long.MAX_VALUE;
    }
    long next;
    if (role instanceof Leading leading) {
      next = leading.nextMs();
    } else if (role instanceof Campaigning campaign) {
      next = Math.min(campaign.deadlineMs(), campaign.askAgainMs());
      next = Math.min(next, greetings.nextMs());
    } else {
      next = replica.isVoter() ? ((Following) role).electionMs() : Long.MAX_VALUE;
      if (!replica.mayCampaign()) {
        next = Math.max(next, replica.nowMs + replica.timing.heartbeatMs());
      }
      next = Math.min(next, greetings.nextMs());
    }
    if (replica.disk.isPaused(replica.nowMs)) {
      next = Math.min(next, replica.disk.pausedUntilMs());
    }
    return Math.max(next, replica.nowMs + 1);
  }

  /** Those that may know a leader (the members of the cluster): a learner says hello to them. */
  public void onPeers(Set<VoterId> peers) {
    replica.peers = Set.copyOf(peers);
  }

  /** Somebody who should know says that the node is gone: nobody is loyal to it as a leader. */
  public void onMemberGone(long nowMs, int nodeId) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (role instanceof Following following) {
      following.onMemberGone(nodeId);
    }
  }

  /**
   * This voter is to ask for an election without waiting for a timeout, if it knows no leader. Does
   * nothing else; may be repeated at will.
   */
  public void nominate(long nowMs) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (!replica.mayCampaign()) {
      return;
    }
    if (role instanceof Following following && !following.isLoyal()) {
      askForElection();
    } else if (role instanceof Campaigning campaign) {
      if (!campaign.isForVotes()) {
        campaign.ask();
      } else if (campaign.isOverdue()) {
        askForElection();
      }
    }
  }

  /** Brings this replica into the message's term; false = the message has no more to say. */
  private boolean isOfThisTerm(Message message) {
    if (message.term() < replica.term()) {
      sayNewerTerm(message);
      return false;
    }
    if (message.term() > replica.term()) {
      if (message instanceof Vote vote && !vote.transfer() && isLoyal()) {
        return false; // It cannot hear the leader, but others can.
      }
      if (role instanceof Leading leading
          && !(message instanceof Vote || message instanceof Append)
          && leading.replication().of(message.from()) == null) {
        return false; // It was not asked.
      }
      follow(message.term(), null);
    }
    return true;
  }

  /** Tells who does not know it that a newer term has begun. */
  private void sayNewerTerm(Message old) {
    if (old instanceof Vote vote) {
      replica.disk.sendInTerm(new VoteReply(replica.self, vote.from(), replica.term(), false));
    } else if (old instanceof Append || old instanceof InstallSnapshot) {
      replica.disk.sendInTerm(
          new AppendReply(replica.self, old.from(), replica.term(), false, 0, 0, 0));
    }
  }

  private boolean isLoyal() {
    if (role instanceof Leading leading) {
      return leading.hasMajority();
    }
    return role instanceof Following following && following.isLoyal();
  }

  private void onCurrent(Message message) {
    if (message instanceof Vote vote) {
      onVote(vote);
    } else if (message instanceof VoteReply reply) {
      if (reply.granted() && role instanceof Campaigning campaign && campaign.isForVotes()) {
        campaign.onAgreed(reply.from());
        winIfElected(campaign);
      }
    } else if (message instanceof Append append) {
      onAppend(append);
    } else if (message instanceof InstallSnapshot install) {
      onInstallSnapshot(install);
    } else if (message instanceof TimeoutNow) {
      if (role instanceof Following && replica.mayCampaign()) {
        role = Campaigning.forVotes(replica, /* transfer= */ true);
      }
    } else if (role instanceof Leading leading) {
      leading.onReply(message);
      resignIfRemoved(leading);
    }
  }

  private void onPreVote(PreVote question) {
    boolean granted =
        question.term() > replica.term()
            && !isLoyal()
            && replica.log.isUpToDate(question.logEnd(), question.lastTerm());
    int term = granted ? question.term() : replica.term();
    replica.disk.sendInTerm(new PreVoteReply(replica.self, question.from(), term, granted));
  }

  private void onPreVoteGranted(PreVoteReply reply) {
    if (role instanceof Campaigning campaign
        && !campaign.isForVotes()
        && reply.term() == replica.term() + 1) {
      campaign.onAgreed(reply.from());
      winIfElected(campaign);
    }
  }

  private void onVote(Vote vote) {
    VoterId given = replica.disk.hardState().votedFor();
    boolean free =
        role instanceof Following following
            ? following.leader() == null
            : role instanceof Campaigning campaign && !campaign.isForVotes();
    boolean granted =
        free
            && (given == null || given.equals(vote.from()))
            && replica.log.isUpToDate(vote.logEnd(), vote.lastTerm());
    if (granted) {
      replica.disk.setHardState(new HardState(replica.term(), vote.from()));
      role = new Following(replica, null);
    }
    replica.disk.sendInTerm(new VoteReply(replica.self, vote.from(), replica.term(), granted));
  }

  private Following followLeader(VoterId leader) {
    if (role instanceof Leading) {
      throw new IllegalStateException(
          "Two leaders of term " + replica.term() + ": " + replica.self + " and " + leader);
    }
    greetings.onLeaderHeard();
    if (role instanceof Following following) {
      following.onHeardFrom(leader);
      return following;
    }
    follow(replica.term(), leader);
    return (Following) role;
  }

  private void onAppend(Append append) {
    Following following = followLeader(append.from());
    if (replica.disk.isInstalling()) {
      receipt.onHeartbeat(append);
    } else {
      following.onAppend(append);
    }
  }

  private void onInstallSnapshot(InstallSnapshot install) {
    Following following = followLeader(install.from());
    if (!replica.disk.isInstalling() && following.hasAlready(install)) {
      receipt.end();
    } else {
      receipt.onChunk(install);
    }
  }

  private void follow(int term, VoterId leader) {
    if (role instanceof Leading leading) {
      failedReads.addAll(leading.reads().takeFailed());
    }
    if (term > replica.term()) {
      replica.disk.setHardState(new HardState(term, null));
    }
    role = new Following(replica, leader);
  }

  private void askForElection() {
    Campaigning campaign = Campaigning.forPreVotes(replica);
    role = campaign;
    winIfElected(campaign);
  }

  private void winIfElected(Campaigning campaign) {
    if (!campaign.isWon()) {
      return;
    }
    role =
        campaign.isForVotes()
            ? new Leading(replica)
            : Campaigning.forVotes(replica, /* transfer= */ false);
  }

  /** A leader that is no voter leads until that is committed, and says so to the others. */
  private void resignIfRemoved(Leading leading) {
    if (leading.isRemoved()) {
      leading.replication().flush();
      leading.abdicate();
      follow(replica.term(), null);
    }
  }

  // ---- What the leader is asked

  /** Whether this replica leads and takes proposals: the first entry of its term is committed. */
  public boolean isActive() {
    return role instanceof Leading leading && leading.isActive();
  }

  /**
   * Appends records as one entry. Only when {@link #isActive}.
   *
   * @return the offset of the last record
   */
  public long propose(List<MetadataRecord> records) {
    return active("propose").propose(records);
  }

  /** Makes a learner a voter. */
  public VoterChange addVoter(VoterId id) {
    return role instanceof Leading leading
        ? leading.addVoter(id)
        : VoterChange.refused(Refusal.NOT_LEADER);
  }

  /** Takes the vote from a voter, also from this one, which then leads until that is committed. */
  public VoterChange removeVoter(VoterId id) {
    return role instanceof Leading leading
        ? leading.removeVoter(id)
        : VoterChange.refused(Refusal.NOT_LEADER);
  }

  /** Whether this replica leads and the other one has all of the log, or had a moment ago. */
  public boolean isCaughtUp(VoterId id) {
    return role instanceof Leading leading && leading.isCaughtUp(id);
  }

  /**
   * Hands the lead to another voter: no proposals are taken until it leads, or until an election
   * timeout has passed without that.
   *
   * @return null = it was begun
   */
  public Refusal transferTo(long nowMs, VoterId id) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    return role instanceof Leading leading ? leading.transferTo(id) : Refusal.NOT_LEADER;
  }

  /**
   * Asks for an offset that no read may be older than (section 6.4). The answer comes in {@link
   * Ready#reads}.
   *
   * @return the ticket; -1 = this replica is not {@link #isActive}
   */
  public long readIndex() {
    if (!isActive()) {
      return -1;
    }
    ((Leading) role).readIndex(++lastTicket);
    return lastTicket;
  }

  // ---- What the disk says

  /** What is to be done; empty when there is nothing. */
  public Ready ready() {
    List<Read> reads = new ArrayList<>(failedReads);
    failedReads.clear();
    List<Ready.LogRead> logReads = List.of();
    List<Ready.SnapshotRead> snapshotReads = List.of();
    if (role instanceof Leading leading) {
      leading.replication().flush();
      logReads = leading.replication().takeLogReads();
      snapshotReads = leading.replication().takeSnapshotReads();
      reads.addAll(leading.takeReads());
    }
    Ready.Write write = role instanceof Failed ? null : replica.disk.takeWrite(replica.nowMs);
    return new Ready(
        write,
        replica.disk.takeMessages(),
        replica.log.takeCommitted(),
        logReads,
        snapshotReads,
        reads);
  }

  /** All of the write under way is on the disk, fsynced. */
  public void onWritten(long nowMs) {
    if (role instanceof Failed) {
      return;
    }
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    Ready.Chunk chunk = replica.disk.writingChunk();
    if (chunk != null && chunk.last()) {
      throw new IllegalStateException("Snapshot " + chunk.snapshot() + " is not said to be there");
    }
    replica.disk.onWritten();
    if (chunk != null) {
      receipt.onWritten(chunk);
    }
    if (role instanceof Campaigning campaign) {
      campaign.onWritten();
      winIfElected(campaign);
    } else if (role instanceof Leading leading) {
      leading.commit();
      resignIfRemoved(leading);
    } else if (role instanceof Following following) {
      following.commit();
    }
  }

  /**
   * The write under way failed, but the disk may get well (it is full). Term and vote count as not
   * written. A cut of the log that fails is not this, but {@link #onDiskFailed}.
   *
   * @param endOffset where the log on the disk ends nevertheless
   */
  public void onAppendFailed(long nowMs, long endOffset) {
    if (role instanceof Failed) {
      return;
    }
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    replica.disk.onFailed(endOffset, replica.nowMs + replica.timing.diskRetryMs());
    if (role instanceof Leading leading) {
      leading.abdicate();
    }
    follow(replica.term(), null);
  }

  /**
   * Nobody knows what is on the disk: this replica votes and acknowledges no more. {@link #ready}
   * may have a last message, which asks another voter to lead.
   */
  public void onDiskFailed() {
    replica.disk.fail();
    if (role instanceof Leading leading) {
      failedReads.addAll(leading.reads().takeFailed());
      leading.abdicate();
    }
    role = new Failed();
  }

  /**
   * The last {@link Ready.Chunk} was written and is the log now.
   *
   * @param voters as the snapshot's records say; empty = they say nothing
   */
  public void onSnapshotInstalled(long nowMs, Set<VoterId> voters) {
    if (role instanceof Failed) {
      return;
    }
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    SnapshotId snapshot = replica.disk.writingChunk().snapshot();
    replica.disk.onWritten();
    replica.log.install(snapshot, voters);
    if (role instanceof Following following && replica.term() == receipt.term()) {
      following.sayMatched(receipt.from(), snapshot.endOffset(), receipt.round());
    }
    receipt.end();
  }

  /** The last {@link Ready.Chunk} was written, but the file is not whole: it is thrown away. */
  public void onSnapshotRefused(long nowMs) {
    if (role instanceof Failed) {
      return;
    }
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    replica.disk.onWritten();
    receipt.onRefused();
  }

  /**
   * This replica has written a snapshot of its own, durable, and the log before it may be gone.
   *
   * @param endOffset exclusive; not beyond {@link #committedEnd}
   */
  public void onSnapshotTaken(long endOffset) {
    replica.log.onSnapshotTaken(endOffset);
  }

  /**
   * The answer to a {@link Ready.LogRead}.
   *
   * @param entries empty = it failed, or a snapshot has taken their place
   */
  public void onLogRead(long nowMs, Ready.LogRead read, List<Entry> entries) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (role instanceof Leading leading) {
      leading.replication().onLogRead(read, entries);
    }
  }

  /**
   * The answer to a {@link Ready.SnapshotRead}.
   *
   * @param data read only; null = it failed, or a newer snapshot has taken its place
   * @param last whether the file ends with it
   */
  public void onSnapshotRead(long nowMs, Ready.SnapshotRead read, ByteBuffer data, boolean last) {
    replica.nowMs = Math.max(replica.nowMs, nowMs);
    if (role instanceof Leading leading) {
      leading.replication().onSnapshotRead(read, data, last);
    }
  }

  private Leading active(String what) {
    if (role instanceof Leading leading && leading.isActive()) {
      return leading;
    }
    throw new IllegalStateException("Cannot " + what + " as " + role() + " of term " + term());
  }

  // ---- What is the case

  public Role role() {
    if (role instanceof Failed) {
      return Role.FAILED;
    }
    if (role instanceof Leading) {
      return Role.LEADER;
    }
    if (role instanceof Campaigning) {
      return Role.CANDIDATE;
    }
    return replica.isVoter() ? Role.FOLLOWER : Role.LEARNER;
  }

  public int term() {
    return replica.term();
  }

  /** null = unknown. */
  public VoterId leader() {
    if (role instanceof Leading) {
      return replica.self;
    }
    return role instanceof Following following ? following.leader() : null;
  }

  /** End (exclusive) of the log, written or not. */
  public long logEnd() {
    return replica.log.end();
  }

  /** End (exclusive) of what is known to be committed and is on this disk; never goes back. */
  public long committedEnd() {
    return replica.log.committedEnd();
  }

  /** Term of the last record below {@code end}; for the name of a snapshot. */
  public int termBefore(long end) {
    return replica.log.terms().before(end);
  }

  /** Who votes, by the newest record in the log, committed or not. */
  public Set<VoterId> voters() {
    return replica.voters().ids();
  }

  public QuorumStatus status() {
    return StatusReport.of(replica, role instanceof Leading leading ? leading : null, leader());
  }
}
