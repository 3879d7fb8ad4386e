package io.millrace.coordinator.group.consumer;

import java.util.SortedSet;

/**
 * The topics that a regular expression matches.
 *
 * @param version offset of the cluster's metadata in which they were looked for
 * @param timestampMs wall time
 *     <p>Owner: immutable.
 */
public record ResolvedRegex(SortedSet<String> topics, long version, long timestampMs) {}
