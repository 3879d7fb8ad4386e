package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.PreviousLeader;
import java.util.List;

/**
 * Hears what is committed, in the order of the log, each entry once in a run; on every node, leader
 * or not. Every call comes on the quorum's context and must not block.
 *
 * <p>Owner: quorum context.
 */
public interface CommitListener {
  /**
   * Everything up to {@code lastOffset} is this, whatever was delivered before: the node's own
   * snapshot at the start, and later one that a leader sent to a node that was far behind.
   */
  void onSnapshot(long lastOffset, List<MetadataRecord> records);

  /** These entries are committed; one or more. */
  void onCommitted(List<Entry> entries);

  /**
   * This node leads and takes proposals; everything committed before was delivered.
   *
   * @param lead its number, greater than that of any earlier lead of this node since it was
   *     started: a term can have several, with {@link #onResigned} between them
   * @param previous the leader before, if it was another node
   */
  void onLeader(int lead, PreviousLeader previous);

  /**
   * This node leads no longer; proposals that were not committed have failed or will. Comes before
   * anything that another leader committed.
   */
  void onResigned(QuorumException why);

  /**
   * Who leads; also when it is this node, which then cannot take proposals before {@link
   * #onLeader}.
   *
   * @param nodeId -1 = nobody knows
   * @param term the newest term that is known
   */
  default void onLeaderKnown(int nodeId, int term) {}

  /**
   * The log has grown: call {@link Quorum#snapshot} with the state at the last delivered offset.
   */
  void onSnapshotWanted();
}
