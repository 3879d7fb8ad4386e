/**
 * What a coordinator's shard is made of: commands decide, records are replayed, replies follow.
 * Pure: no Vert.x, files, clocks or metrics. The runtime in {@code io.millrace.coordinator} brings
 * it to life on the loop of its partition.
 */
package io.millrace.coordinator.shard;
