/**
 * The group coordinator's rules: groups of every kind and the offsets they commit. Pure: no Vert.x,
 * files, clocks or metrics. A {@link io.millrace.coordinator.group.GroupShard} holds those of one
 * partition of {@code __consumer_offsets}.
 */
package io.millrace.coordinator.group;
