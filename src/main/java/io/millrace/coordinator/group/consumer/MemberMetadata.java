package io.millrace.coordinator.group.consumer;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue.ClassicMemberMetadata;

/**
 * What a member said of itself.
 *
 * @param rackId null = none
 * @param rebalanceTimeoutMs how long it may take to give partitions up; -1 = it never said
 * @param serverAssignor the assignor that it asks for; null = whichever
 * @param classic what it said in the classic protocol, which nobody changes any more; null = it
 *     speaks the consumer protocol
 *     <p>Owner: immutable.
 */
public record MemberMetadata(
    Identity identity,
    String rackId,
    Subscription subscription,
    int rebalanceTimeoutMs,
    String serverAssignor,
    ClassicMemberMetadata classic) {
  private static final int NO_TIMEOUT = -1;

  /**
   * Who a member is.
   *
   * @param instanceId null = a dynamic member (KIP-345)
   */
  public record Identity(String memberId, String instanceId, String clientId, String clientHost) {}

  /**
   * What a member wants to read: the topics of these names and those that match the regular
   * expression.
   *
   * @param regex in RE2's syntax; empty = none
   */
  public record Subscription(SortedSet<String> names, String regex) {
    static final Subscription NONE = of(java.util.Set.of(), "");

    /** Names in any order, each as often as one likes; null for the regex = none. */
    public static Subscription of(Collection<String> names, String regex) {
      return new Subscription(
          Collections.unmodifiableSortedSet(new TreeSet<>(names)), regex == null ? "" : regex);
    }

    boolean hasRegex() {
      return !regex.isEmpty();
    }
  }

  /** A member that has said nothing yet. */
  static MemberMetadata unknown(String memberId) {
    return new MemberMetadata(
        new Identity(memberId, null, "", ""), null, Subscription.NONE, NO_TIMEOUT, null, null);
  }

  /** The same of another member: the one that takes a static member's place. */
  MemberMetadata of(String memberId) {
    return new MemberMetadata(
        new Identity(memberId, identity.instanceId, identity.clientId, identity.clientHost),
        rackId,
        subscription,
        rebalanceTimeoutMs,
        serverAssignor,
        classic);
  }

  String memberId() {
    return identity.memberId;
  }

  boolean isStatic() {
    return identity.instanceId != null;
  }

  boolean isClassic() {
    return classic != null;
  }
}
