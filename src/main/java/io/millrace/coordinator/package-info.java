/**
 * The runtime of coordinators: gives each partition of a coordinator's topic that this node leads
 * its {@link io.millrace.coordinator.shard.Shard}, on the partition's own loop. It loads the shard
 * from the log, hands it commands, appends and replays what it decides, and releases the replies
 * once that is committed.
 */
package io.millrace.coordinator;
