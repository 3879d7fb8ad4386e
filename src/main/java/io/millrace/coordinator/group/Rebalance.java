package io.millrace.coordinator.group;

import java.util.List;

/**
 * One rebalance of a group, from the first change until every member has its assignment, however
 * many attempts that takes.
 *
 * @param generation the generation or the group epoch that it led to, or is about to
 * @param causes the first ones, in order
 * @param moreCauses how many more there were
 * @param attempts how often the members had to join or, in a consumer group, the epoch grew
 * @param startedMs wall time
 * @param endedMs wall time; -1 = it is not over
 * @param members of the generation
 *     <p>Owner: immutable.
 */
public record Rebalance(
    int generation,
    List<RebalanceCause> causes,
    int moreCauses,
    int attempts,
    long startedMs,
    long endedMs,
    int members) {}
