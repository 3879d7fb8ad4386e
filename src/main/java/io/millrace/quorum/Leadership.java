package io.millrace.quorum;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.QuorumRules;
import io.millrace.quorum.state.VoterChange;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the listener was told about who leads, and when it is to be told something else. To the
 * listener a lead begins when proposals are taken, and it can be interrupted although the rules go
 * on leading: until everything appended is committed.
 *
 * <p>Owner: quorum context.
 */
final class Leadership {
  private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);
  private static final int NOBODY = -1;
  private static final int NOT_LEADING = -1;

  private final QuorumConfig config;
  private final QuorumRules rules;
  private final CommitListener listener;

  /**
   * The term in which the listener was told that this node leads.
   *
   * <p>Invariant: each lead that the listener was told of ends with one {@link
   * CommitListener#onResigned}, before the next one begins.
   */
  private int ledTerm = NOT_LEADING;

  /**
   * The number of the last lead that the listener was told of.
   *
   * <p>Invariant: no two leads have one. A term can have several, and what was decided in an
   * earlier one does not know all that lies in the log when the next begins.
   */
  private int lead;

  private int toldLeader = NOBODY;
  private int toldTerm;

  /** What the listener is told if the lead is lost now; null = that another node leads. */
  private QuorumException whyLost;

  /** No proposals are taken before everything appended is committed. */
  private boolean paused;

  private boolean closing;

  Leadership(QuorumConfig config, QuorumRules rules, CommitListener listener) {
    this.config = config;
    this.rules = rules;
    this.listener = listener;
  }

  /** Whether the listener knows that this node leads. */
  boolean isTold() {
    return ledTerm != NOT_LEADING;
  }

  /** Whether a proposal that was decided in this lead may be appended. */
  boolean takesProposalsOf(int ofLead) {
    return takesChanges() && lead == ofLead;
  }

  /**
   * Whether anything may be appended: only in a lead that the listener knows, because its end is
   * when those who wait are told.
   */
  boolean takesChanges() {
    return isTold() && ledTerm == rules.term() && isLeading();
  }

  private boolean isLeading() {
    return rules.isActive() && !paused;
  }

  /** Interrupts the lead until everything appended is committed. */
  void pause(QuorumException why) {
    paused = true;
    whyLost = why;
  }

  /** If the rules stop leading because of what comes next, this is why. */
  void isLostBecause(QuorumException why) {
    if (isTold()) {
      whyLost = why;
    }
  }

  /** The node is shutting down: so whoever asks for the leader is told. */
  void onClosing() {
    closing = true;
  }

  /**
   * Tells the listener that the lead is lost. To be called before the listener hears of what
   * another leader, or this one in another term, committed.
   *
   * @return why; null = it is not, or was not there
   */
  QuorumException noticeLoss() {
    if (ledTerm == NOT_LEADING || (isLeading() && rules.term() == ledTerm)) {
      return null;
    }
    QuorumException why = whyLost == null ? notLeading() : whyLost;
    whyLost = null;
    resign(why);
    return why;
  }

  /** Tells the listener that the lead is lost, whatever the rules say. */
  void resign(QuorumException why) {
    if (ledTerm != NOT_LEADING) {
      ledTerm = NOT_LEADING;
      listener.onResigned(why);
    }
  }

  /** Tells the listener who leads. */
  void noticeLeader() {
    int leader = leaderNode();
    if (leader != toldLeader || rules.term() != toldTerm) {
      toldLeader = leader;
      toldTerm = rules.term();
      if (leader != NOBODY && leader != config.nodeId()) {
        LOG.info("Node {} leads the metadata quorum in term {}", leader, toldTerm);
      }
      listener.onLeaderKnown(leader, toldTerm);
    }
  }

  /** Tells the listener that this node leads. To be called when it heard all that is committed. */
  void noticeLead() {
    paused = paused && rules.committedEnd() < rules.logEnd();
    if (ledTerm == NOT_LEADING && isLeading()) {
      ledTerm = rules.term();
      whyLost = null;
      lead++;
      LOG.info(
          "Node {} leads the metadata quorum in term {}; {} is committed up to {}",
          config.nodeId(),
          ledTerm,
          config.directory().getFileName(),
          rules.committedEnd());
      listener.onLeader(lead, rules.previousLeader());
    }
  }

  /** What somebody is told who asks this node for what only the leader can do. */
  QuorumException notLeading() {
    int leader = leaderNode();
    return new QuorumException(
        Errors.NOT_CONTROLLER,
        closing
            ? "The node is shutting down"
            : "This node does not lead the metadata quorum in term "
                + rules.term()
                + (leader == NOBODY || leader == config.nodeId()
                    ? "; who does is not known"
                    : "; node " + leader + " does"));
  }

  /** What somebody is told who asked for a change of this voter. */
  QuorumException refusal(VoterChange.Refusal why, VoterId id) {
    return why == VoterChange.Refusal.NOT_LEADER
        ? notLeading()
        : Refusals.of(why, id, rules.voters());
  }

  private int leaderNode() {
    return rules.leader() == null ? NOBODY : rules.leader().nodeId();
  }
}
