package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import java.util.List;

/**
 * Hears what is committed, in the order of the log, each entry once in a run. Every call comes on
 * the quorum's context and must not block.
 *
 * <p>Owner: quorum context.
 */
public interface CommitListener {
  /** Everything up to {@code lastOffset} is this; before any entry. */
  void onSnapshot(long lastOffset, List<MetadataRecord> records);

  /** These entries are committed; one or more. */
  void onCommitted(List<Entry> entries);

  /**
   * This node leads in {@code term} and takes proposals; everything committed before was delivered.
   */
  void onLeader(int term);

  /** This node leads no longer; proposals that were not committed have failed or will. */
  void onResigned(QuorumException why);

  /**
   * Another node leads, or nobody is known to.
   *
   * @param nodeId the leader, this node too; -1 = unknown
   * @param term the newest known term
   */
  default void onLeaderKnown(int nodeId, int term) {}

  /**
   * The log has grown: call {@link Quorum#snapshot} with the state at the last delivered offset.
   */
  void onSnapshotWanted();
}
