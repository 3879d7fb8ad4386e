package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.Shard;

/**
 * The groups of one kind in a shard. Its commands are its own; loading, changes of the metadata and
 * the end come to it through the {@link GroupShard}.
 *
 * <p>Owner: partition loop.
 */
public interface GroupKind extends Shard {
  /** Whether records of this type (the key's {@code apiKey}) are for it. */
  boolean owns(short recordType);
}
