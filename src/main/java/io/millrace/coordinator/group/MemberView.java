package io.millrace.coordinator.group;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A member of a group as people are shown it, whatever the group's kind. Partitions are by topic,
 * in order; they are put together when they are asked for, which no loop has the time to do.
 *
 * @param groupInstanceId null = a dynamic member
 * @param clientHost as DescribeGroups shows it, such as {@code /10.0.0.1}
 * @param epoch the member's own; -1 = in its kind of group all have the group's
 * @param assignment null = in a form that only the members know
 * @param target what it is to have (KIP-848); null = its kind of group has no targets
 *     <p>Owner: immutable.
 */
public record MemberView(
    String memberId,
    String groupInstanceId,
    String clientId,
    String clientHost,
    int epoch,
    Supplier<Map<String, List<Integer>>> assignment,
    Supplier<Map<String, List<Integer>>> target) {
  /** {@link #epoch} of members that have none of their own. */
  public static final int NO_EPOCH = -1;
}
