package io.millrace.partition;

import io.millrace.model.Clock;
import java.util.concurrent.Executor;

/**
 * What the replicas of a node share.
 *
 * @param worker runs what takes long and needs no disk
 * @param leaders what those that lead need besides
 * @param following who fetches for those that follow
 *     <p>Owner: immutable.
 */
public record ReplicaParts(
    int nodeId, Clock clock, Executor worker, LeaderParts leaders, Following following) {}
