package io.millrace.quorum.state;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The role of a replica, and how messages, time and the disk bring it from one to the next. The
 * terms of messages are compared here and nowhere else.
 *
 * <p>Owner: quorum context.
 */
final class Roles {
  private final Replica replica;
  private final SnapshotReceipt receipt;
  private final Greetings greetings;
  private final List<Read> failedReads = new ArrayList<>();
  private RoleState role;

  Roles(Replica replica) {
    this.replica = replica;
    this.receipt = new SnapshotReceipt(replica);
    this.greetings = new Greetings(replica);
    this.role = new Following(replica, null);
  }

  RoleState current() {
    return role;
  }

  /** null = this replica does not lead. */
  Leading leading() {
    return role instanceof Leading leading ? leading : null;
  }

  boolean isFailed() {
    return role instanceof Failed;
  }

  /** Answers to reads that a former leader cannot answer. */
  List<Read> takeFailedReads() {
    List<Read> taken = List.copyOf(failedReads);
    failedReads.clear();
    return taken;
  }

  // ---- Time and messages

  void step(Message message) {
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

  void tick() {
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
      } else if (leading.isStuck()) {
        leading.abdicate();
        follow(replica.term(), null);
      }
    }
    if (role instanceof Following || role instanceof Campaigning) {
      greetings.tick();
    }
  }

  long nextTickMs() {
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
      next = replica.isNeeded() ? ((Following) role).electionMs() : Long.MAX_VALUE;
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

  void onMemberGone(int nodeId) {
    if (role instanceof Following following) {
      following.onMemberGone(nodeId);
    }
  }

  void nominate() {
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
    greetings.postpone();
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
      greetings.postpone();
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

  // ---- The disk

  void onWritten() {
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

  void onAppendFailed(long endOffset) {
    replica.disk.onFailed(endOffset, replica.nowMs + replica.timing.diskRetryMs());
    if (role instanceof Leading leading) {
      leading.abdicate();
    }
    follow(replica.term(), null);
  }

  /** Nothing is said or done any more, but for asking somebody else to lead. */
  void fail() {
    replica.disk.fail();
    if (role instanceof Leading leading) {
      failedReads.addAll(leading.reads().takeFailed());
      leading.abdicate();
    }
    role = new Failed();
  }

  void onSnapshotInstalled(Set<VoterId> voters) {
    SnapshotId snapshot = replica.disk.writingChunk().snapshot();
    replica.disk.onWritten();
    replica.log.install(snapshot, voters);
    if (role instanceof Following following && replica.term() == receipt.term()) {
      following.sayMatched(receipt.from(), snapshot.endOffset(), receipt.round());
    }
    receipt.end();
  }

  void onSnapshotRefused() {
    replica.disk.onWritten();
    receipt.onRefused();
  }
}
