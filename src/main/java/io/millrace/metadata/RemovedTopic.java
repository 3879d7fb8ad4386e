package io.millrace.metadata;

import java.util.Set;

/**
 * A topic that is deleted while nodes may still have its logs, or know something of it. It is
 * remembered until each of them has seen the deletion, so that one that was away deletes too, and
 * not because the topic is missing.
 *
 * @param offset of the record that deleted it
 * @param nodes node ids that were registered then and are not known to have seen it
 *     <p>Owner: immutable.
 */
public record RemovedTopic(long offset, Set<Integer> nodes) {
  public RemovedTopic {
    nodes = Set.copyOf(nodes);
  }
}
