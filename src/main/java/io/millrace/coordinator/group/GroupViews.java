package io.millrace.coordinator.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;

/**
 * What administrators are shown of a shard's groups.
 *
 * <p>Owner: partition loop.
 */
public final class GroupViews {
  private static final short FIRST_VERSION_WITH_NOT_FOUND = 6;

  private GroupViews() {}

  /**
   * Groups for ListGroups.
   *
   * @param states of which they are, in any case; empty = of all
   * @param types of which they are, in any case; empty = of all
   */
  public static List<ListedGroup> list(
      Groups groups, Collection<String> states, Collection<String> types) {
    Set<String> wantedStates = normalized(states);
    Set<String> wantedTypes = normalized(types);
    List<ListedGroup> listed = new ArrayList<>();
    for (Group group : groups.all()) {
      if (isWanted(group.state(), wantedStates) && isWanted(group.type(), wantedTypes)) {
        listed.add(
            new ListedGroup()
                .setGroupId(group.groupId())
                .setProtocolType(group.protocolType())
                .setGroupState(group.state())
                .setGroupType(group.type()));
      }
    }
    return listed;
  }

  private static Set<String> normalized(Collection<String> filter) {
    return filter.stream()
        .map(text -> text.trim().toLowerCase(Locale.ROOT))
        .collect(Collectors.toSet());
  }

  private static boolean isWanted(String value, Set<String> filter) {
    return filter.isEmpty() || filter.contains(value.toLowerCase(Locale.ROOT));
  }

  /**
   * A group for DescribeGroups. One that does not exist or is not classic is dead; from version 6
   * on it is GROUP_ID_NOT_FOUND as well (KIP-1043).
   */
  public static DescribedGroup describe(Groups groups, String groupId, short version) {
    Group group = groups.get(groupId);
    if (group instanceof ClassicGroup classic) {
      return describe(classic);
    }
    if (group instanceof SimpleGroup) {
      return new DescribedGroup().setGroupId(groupId).setGroupState(group.state());
    }
    DescribedGroup dead =
        new DescribedGroup().setGroupId(groupId).setGroupState(ClassicState.DEAD.toString());
    if (version >= FIRST_VERSION_WITH_NOT_FOUND) {
      dead.setErrorCode(Errors.GROUP_ID_NOT_FOUND.code())
          .setErrorMessage(
              group == null
                  ? "Group " + groupId + " does not exist."
                  : "Group " + groupId + " is a " + group.type() + " group, not a classic one.");
    }
    return dead;
  }

  private static DescribedGroup describe(ClassicGroup group) {
    boolean stable = group.is(ClassicState.STABLE);
    List<DescribedGroupMember> members = new ArrayList<>();
    for (ClassicMember member : group.members().all()) {
      DescribedGroupMember described =
          new DescribedGroupMember()
              .setMemberId(member.id())
              .setGroupInstanceId(member.groupInstanceId())
              .setClientId(member.identity().clientId())
              .setClientHost(member.identity().clientHost())
              .setMemberAssignment(member.assignment());
      if (stable) {
        described.setMemberMetadata(member.protocols().metadata(group.protocolName()));
      }
      members.add(described);
    }
    return new DescribedGroup()
        .setGroupId(group.groupId())
        .setGroupState(group.state())
        .setProtocolType(group.protocolType())
        .setProtocolData(stable ? group.protocolName() : "")
        .setMembers(members);
  }
}
