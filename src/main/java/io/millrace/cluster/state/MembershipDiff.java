package io.millrace.cluster.state;

import io.millrace.cluster.Member;
import io.millrace.cluster.MembershipChange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * What happened between two views of the members. Comparing views instead of passing events on
 * keeps announcements right when events are lost, doubled or skipped, as they are while two halves
 * of a cluster merge.
 *
 * <p>Owner: immutable.
 */
public final class MembershipDiff {
  private MembershipDiff() {}

  /**
   * The changes that lead from one view to the other, those who left first; each member by its
   * {@code memberUuid}.
   */
  public static List<MembershipChange> between(List<Member> before, List<Member> after) {
    Set<UUID> present = uuids(before);
    Set<UUID> staying = uuids(after);
    List<MembershipChange> changes = new ArrayList<>();
    for (Member member : before) {
      if (!staying.contains(member.memberUuid())) {
        present.remove(member.memberUuid());
        changes.add(new MembershipChange.Left(member, only(present, before)));
      }
    }
    for (Member member : after) {
      if (present.add(member.memberUuid())) {
        changes.add(new MembershipChange.Joined(member, only(present, after)));
      }
    }
    return changes;
  }

  private static Set<UUID> uuids(List<Member> members) {
    Set<UUID> uuids = new HashSet<>();
    members.forEach(member -> uuids.add(member.memberUuid()));
    return uuids;
  }

  private static List<Member> only(Set<UUID> uuids, List<Member> members) {
    return members.stream().filter(member -> uuids.contains(member.memberUuid())).toList();
  }
}
