package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.metadata.ClusterImage;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * A group as its committed offsets see it: whoever commits, fetches or deletes offsets asks it
 * first. It is one of a kind: a simple group that only commits, a classic group, and others.
 *
 * <p>Owner: partition loop.
 */
public interface Group {
  /** What {@link #retentionStartMs} says when the offsets do not expire in the group's state. */
  long OFFSETS_RETAINED = -1;

  String groupId();

  /** The kind as ListGroups names it: {@code classic}, {@code consumer}. */
  String type();

  /** The state as DescribeGroups and ListGroups name it, such as {@code Empty}. */
  String state();

  /** What the members speak, such as {@code consumer}; empty for a simple group. */
  String protocolType();

  /** Whether it has no members. */
  boolean isEmpty();

  /**
   * Whether this member may commit now.
   *
   * @param memberId empty = none given
   * @param groupInstanceId null = not a static member
   * @param generationOrEpoch below 0 = none given: an administrator or a consumer that manages its
   *     partitions itself
   * @param apiVersion version of OffsetCommit, for kinds that answer older clients otherwise
   * @return NONE = it may
   */
  Errors validateOffsetCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion);

  /**
   * The same for a commit within a transaction (TxnOffsetCommit, KIP-447), whose older clients name
   * neither member nor generation.
   */
  Errors validateTransactionalCommit(
      String memberId, String groupInstanceId, int generationOrEpoch, short apiVersion);

  /**
   * Whether the member may commit this partition now, if it may commit at all; one refusal refuses
   * the whole request. NONE = it may.
   */
  default Errors validatePartitionCommit(
      String memberId, int generationOrEpoch, Uuid topicId, int partition) {
    return Errors.NONE;
  }

  /** A commit of this member was accepted; to some kinds it is a sign of life. */
  default void onOffsetCommit(String memberId) {}

  /**
   * Whether this member may read offsets now.
   *
   * @param memberId null or empty = none given
   * @param memberEpoch below 0 = none given (KIP-848)
   * @return NONE = it may; GROUP_ID_NOT_FOUND = all offsets are answered as unknown
   */
  Errors validateOffsetFetch(String memberId, int memberEpoch);

  /** Whether an administrator may delete offsets now. NONE = yes. */
  Errors validateOffsetDelete();

  /** Whether an administrator may delete the group now, with its offsets. NONE = yes. */
  Errors validateDelete();

  /** Whether a member reads this topic: its offsets then neither expire nor can be deleted. */
  boolean isSubscribedTo(String topic);

  /**
   * When {@code offsets.retention.minutes} began for an offset (wall time in ms): the moment the
   * group became empty or, for a simple group, the offset's commit. {@link #OFFSETS_RETAINED} = the
   * group's state keeps it.
   */
  long retentionStartMs(long commitTimestampMs);

  /** The tombstones that remove the group itself, but for its offsets. */
  List<CoordinatorRecord> tombstones();

  // What people are shown of it; a kind without members leaves it at that.

  /** The generation or the epoch of the group; -1 = its kind has none. */
  default int epoch() {
    return -1;
  }

  /** How many members it has. */
  default int memberCount() {
    return 0;
  }

  /**
   * The first members, at most {@code limit}.
   *
   * @param image knows the names of topics
   */
  default List<MemberView> memberViews(int limit, ClusterImage image) {
    return List.of();
  }

  /** The last rebalances, the oldest first; the last of them may be under way. */
  default List<Rebalance> rebalances() {
    return List.of();
  }
}
