package io.millrace.it;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The cluster's metadata as one node has it, without what differs from node to node by its nature.
 * Two nodes that have applied the same log have equal ones.
 *
 * @param cluster who is there, who is the controller, how far the log was applied
 * @param topics with partitions, leaders, epochs, in-sync replicas and configs
 *     <p>Owner: immutable.
 */
record NodeImage(JsonObject cluster, JsonArray topics) {
  /** Empty = the node does not answer, or applied something meanwhile. */
  static Optional<NodeImage> of(MillraceProcess node) {
    Optional<JsonObject> before = shared(node);
    if (before.isEmpty()) {
      return Optional.empty();
    }
    JsonArray topics = new JsonArray();
    for (String name : new TreeSet<>(ClusterView.topicsOf(node))) {
      Optional<JsonObject> topic = ClusterView.topic(node, name);
      if (topic.isEmpty()) {
        return Optional.empty();
      }
      topic.get().getJsonArray("partitions").forEach(one -> ((JsonObject) one).remove("here"));
      topics.add(topic.get());
    }
    return shared(node).equals(before)
        ? Optional.of(new NodeImage(before.get(), topics))
        : Optional.empty();
  }

  /** The part of it that takes one question; empty = the node does not answer. */
  static Optional<JsonObject> shared(MillraceProcess node) {
    return ClusterView.of(node)
        .map(
            view -> {
              JsonObject shared = view.json().copy();
              Set.of("answeredBy", "nodes", "quorum").forEach(shared::remove);
              return shared;
            });
  }
}
