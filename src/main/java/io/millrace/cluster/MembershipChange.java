package io.millrace.cluster;

import java.util.List;

/**
 * One member more or less.
 *
 * <p>Owner: immutable.
 */
public sealed interface MembershipChange {
  /** Who came or went. */
  Member member();

  /** All members after this change, the oldest first. */
  List<Member> members();

  /**
   * A member is there.
   *
   * <p>Owner: immutable.
   */
  record Joined(Member member, List<Member> members) implements MembershipChange {
    public Joined {
      members = List.copyOf(members);
    }
  }

  /**
   * A member is gone: it left, its process ended, or it did not answer for too long.
   *
   * <p>Owner: immutable.
   */
  record Left(Member member, List<Member> members) implements MembershipChange {
    public Left {
      members = List.copyOf(members);
    }
  }
}
