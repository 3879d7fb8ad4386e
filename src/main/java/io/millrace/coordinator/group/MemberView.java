package io.millrace.coordinator.group;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A member of a group as people are shown it, whatever the group's kind.
 *
 * @param groupInstanceId null = a dynamic member
 * @param clientHost as DescribeGroups shows it, such as {@code /10.0.0.1}
 * @param assignment partitions by topic, in order; null = in a form that only the members know; it
 *     is read from the members' bytes when it is asked for, which no loop has the time to do
 *     <p>Owner: immutable.
 */
public record MemberView(
    String memberId,
    String groupInstanceId,
    String clientId,
    String clientHost,
    Supplier<Map<String, List<Integer>>> assignment) {}
