package io.millrace.cluster;

/**
 * What the leader of a partition knows of one replica.
 *
 * @param nodeId where it is
 * @param inSync whether it is in the committed ISR
 * @param logEndOffset exclusive; -1 = not known yet
 * @param lagMs how long it has not been caught up; 0 = it is; -1 = not known yet
 *     <p>Owner: immutable.
 */
public record ReplicaLive(int nodeId, boolean inSync, long logEndOffset, long lagMs) {}
