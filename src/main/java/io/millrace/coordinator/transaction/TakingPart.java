package io.millrace.coordinator.transaction;

import io.millrace.model.TopicPartition;

/**
 * That a partition has a transaction of a producer in progress: what coordinators are asked about.
 *
 * <p>Owner: immutable.
 */
public record TakingPart(long producerId, TopicPartition partition) {}
