package io.millrace.partition;

import io.millrace.log.LogConfig;
import io.millrace.record.ValidationRules;

/**
 * The settings of one topic as its partitions need them.
 *
 * @param minInsyncReplicas {@code min.insync.replicas}
 *     <p>Owner: immutable.
 */
public record PartitionSettings(LogConfig log, ValidationRules rules, int minInsyncReplicas) {}
