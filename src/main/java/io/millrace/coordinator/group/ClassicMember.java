package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;

/**
 * A member of a classic group. Its assignment is durable when the group is stable; the requests of
 * it that wait are not.
 *
 * <p>Owner: partition loop.
 */
final class ClassicMember {
  static final byte[] NO_ASSIGNMENT = {};

  /**
   * Who a member is.
   *
   * @param memberId given by the coordinator
   * @param groupInstanceId null = a dynamic member (KIP-345)
   */
  record Identity(String memberId, String groupInstanceId, String clientId, String clientHost) {}

  /**
   * What a member asks for each time that it joins.
   *
   * @param rebalanceTimeoutMs how long the others wait for it ({@code max.poll.interval.ms})
   * @param sessionTimeoutMs how long it may be silent ({@code session.timeout.ms})
   */
  record Terms(int rebalanceTimeoutMs, int sessionTimeoutMs, MemberProtocols protocols) {}

  private final Identity identity;
  private Terms terms;
  private byte[] assignment = NO_ASSIGNMENT;
  private boolean fresh;
  private Reply<JoinGroupResponseData> join;
  private Reply<SyncGroupResponseData> sync;

  ClassicMember(Identity identity, Terms terms) {
    this.identity = identity;
    this.terms = terms;
  }

  String id() {
    return identity.memberId;
  }

  Identity identity() {
    return identity;
  }

  /** null = a dynamic member. */
  String groupInstanceId() {
    return identity.groupInstanceId;
  }

  boolean isStatic() {
    return identity.groupInstanceId != null;
  }

  Terms terms() {
    return terms;
  }

  MemberProtocols protocols() {
    return terms.protocols;
  }

  int sessionTimeoutMs() {
    return terms.sessionTimeoutMs;
  }

  int rebalanceTimeoutMs() {
    return terms.rebalanceTimeoutMs;
  }

  byte[] assignment() {
    return assignment;
  }

  void assign(byte[] newAssignment) {
    assignment = newAssignment;
  }

  /** Only {@link ClassicMembers} calls this: it counts the protocols. */
  void renew(Terms newTerms) {
    terms = newTerms;
  }

  /** It was never told a generation, so that it cannot send heartbeats yet. */
  boolean isFresh() {
    return fresh;
  }

  void fresh(boolean value) {
    fresh = value;
  }

  boolean awaitsJoin() {
    return join != null;
  }

  /** Only {@link ClassicMembers} calls this: it counts those who wait. */
  Reply<JoinGroupResponseData> swapJoin(Reply<JoinGroupResponseData> reply) {
    Reply<JoinGroupResponseData> before = join;
    join = reply;
    return before;
  }

  boolean awaitsSync() {
    return sync != null;
  }

  /** null, given or returned = nothing waits. */
  Reply<SyncGroupResponseData> swapSync(Reply<SyncGroupResponseData> reply) {
    Reply<SyncGroupResponseData> before = sync;
    sync = reply;
    return before;
  }

  /**
   * Whether it need not send heartbeats now, since one of its requests waits here. A fresh member
   * can only wait, so that its time counts all the same.
   */
  boolean needsNoHeartbeat() {
    return !fresh && (awaitsJoin() || awaitsSync());
  }
}
