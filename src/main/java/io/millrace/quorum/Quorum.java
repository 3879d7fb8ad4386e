package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;

/**
 * The voters' agreement on one sequence of metadata records. What is committed is fsynced on a
 * majority of the voters and is never taken back.
 *
 * <p>Futures complete on the quorum's context. A {@link QuorumException} says NOT_CONTROLLER when
 * this node does not lead or leads no longer.
 *
 * <p>Owner: any thread.
 */
public interface Quorum {
  /** Records that rest upon no others: they may lie at any offset. */
  long ANYWHERE = -1;

  /**
   * So many bytes of records may be one group, by {@link io.millrace.metadata.MetadataCodec#size}:
   * it goes to the other replicas in one message, which may be twice as long.
   */
  long MAX_GROUP_BYTES = 4L << 20;

  /**
   * Appends records as one indivisible group and completes with the offset of the last of them once
   * they are committed and {@link CommitListener#onCommitted} has been called for them. Proposals
   * of one thread are appended in their order.
   *
   * <p>Fails with a {@link QuorumException}: NOT_CONTROLLER when this node does not lead in {@code
   * lead} or lost the lead before they were committed, then the next leader may yet commit them;
   * KAFKA_STORAGE_ERROR when the disk failed, then they may be found appended later.
   * THROTTLING_QUOTA_EXCEEDED when too much waits to be committed; then {@link
   * CommitListener#onResigned} was called too, and {@link CommitListener#onLeader} will be when it
   * is committed.
   *
   * @param lead the lead in which the proposer knows the state it decided upon: that of the last
   *     {@link CommitListener#onLeader}
   * @param baseOffset where the first record must come to lie: behind the last one that the
   *     proposer decided upon. If a change of the voters has taken that place, nothing is appended,
   *     the failure is NOT_CONTROLLER, {@link CommitListener#onResigned} is called, and {@link
   *     CommitListener#onLeader} again as soon as all is committed. {@link #ANYWHERE} = it does not
   *     matter
   * @param records at least one, and not more than {@link #MAX_GROUP_BYTES}
   */
  Future<Long> propose(int lead, long baseOffset, List<MetadataRecord> records);

  /**
   * An offset (exclusive) up to which a reader must have seen the log to know all that was
   * committed when it asked; a majority has confirmed that this node leads. Nothing is written.
   */
  Future<Long> readIndex();

  /**
   * Replaces everything up to {@code lastOffset}, which is committed, by these records, so that the
   * log can lose its start. Completes when the snapshot is durable; a failure changes nothing.
   */
  Future<Void> snapshot(long lastOffset, List<MetadataRecord> records);

  /**
   * Makes a learner a voter; completes when that is committed. Fails with NOT_CONTROLLER, with
   * DUPLICATE_VOTER if it or its node votes already, or with REQUEST_TIMED_OUT, to be tried again,
   * if another change is not committed yet or the learner has not got all of the log.
   */
  Future<Void> addVoter(VoterId id);

  /**
   * Takes the vote from a voter; completes when that is committed. A leader that removes itself
   * leads until then. Fails with NOT_CONTROLLER, VOTER_NOT_FOUND, INVALID_REQUEST if it is the last
   * one, or REQUEST_TIMED_OUT, to be tried again, if another change is not committed yet.
   */
  Future<Void> removeVoter(VoterId id);

  /**
   * Hands the lead to another voter; completes when this node leads no longer. Fails with
   * NOT_CONTROLLER, VOTER_NOT_FOUND, or REQUEST_TIMED_OUT if this node leads on.
   */
  Future<Void> transferLeadership(int nodeId);

  /** How things are; as of a moment ago, for free. */
  QuorumView status();

  /**
   * A message of another replica has come. It is read before this returns; one that cannot be read
   * is dropped and counted.
   *
   * @param fromNodeId the node at the other end of the connection
   */
  void receive(int fromNodeId, ByteBuffer message);

  /** The members that there are: who is no voter asks them for a leader. */
  void onPeers(Set<VoterId> peers);

  /** The membership lost a node: if it leads, nobody waits for it any longer. */
  void onMemberGone(int nodeId);

  /**
   * Whether this node is the one that should seek election while there is no leader. It asks at
   * once and again every {@value QuorumTimers#NOMINEE_ASKS_MS} ms.
   */
  void nominate(boolean nominated);

  /**
   * Hands the lead over, waits for the write under way and closes the files; takes about a second
   * at most, unless the disk hangs.
   */
  Future<Void> close();
}
