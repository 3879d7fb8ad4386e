package io.millrace.quorum.state;

/**
 * What came of the wish to change the voters.
 *
 * @param refusal null = the change is in the log; it is done when {@code lastOffset} is committed
 * @param lastOffset offset of the record; -1 = refused
 *     <p>Owner: immutable.
 */
public record VoterChange(Refusal refusal, long lastOffset) {
  /** Why not; nothing was appended. */
  public enum Refusal {
    /** This node does not lead, does so no more soon, or its first entry is not committed yet. */
    NOT_LEADER,
    /** Another change of the voters is not committed yet. */
    CHANGE_UNDER_WAY,
    /** It votes already. */
    IS_VOTER,
    /** The node votes with another directory; that one has to be removed first. */
    NODE_IS_VOTER,
    /** The new voter is not connected as a learner, or has not got all of the log yet. */
    NOT_CAUGHT_UP,
    /** It does not vote. */
    NO_VOTER,
    /** A quorum needs a voter. */
    LAST_VOTER,
    /** It leads already. */
    IS_LEADER
  }

  static VoterChange refused(Refusal why) {
    return new VoterChange(why, -1);
  }
}
