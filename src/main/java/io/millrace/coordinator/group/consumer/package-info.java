/**
 * The consumer group protocol (KIP-848): the coordinator assigns the partitions, each member moves
 * to its target on its own, with its heartbeats. Pure.
 */
package io.millrace.coordinator.group.consumer;
