package io.millrace.it;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a node tells of the cluster at {@code /api/v1/cluster}.
 *
 * <p>Owner: immutable.
 */
record ClusterView(JsonObject json) {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(PATIENCE).build();

  /** Empty = the node does not answer, or does not know yet. */
  static Optional<ClusterView> of(MillraceProcess node) {
    return get(node, "/api/v1/cluster").map(ClusterView::new);
  }

  /** Names of the topics that a node knows; empty also when it does not answer. */
  static Set<String> topicsOf(MillraceProcess node) {
    Set<String> names = new HashSet<>();
    get(node, "/api/v1/topics?limit=10000")
        .map(json -> json.getJsonArray("topics"))
        .ifPresent(
            topics -> topics.forEach(topic -> names.add(((JsonObject) topic).getString("name"))));
    return names;
  }

  /** What {@code /health/ready} says, ready or not; empty = the node does not answer. */
  static Optional<JsonObject> health(MillraceProcess node) {
    return send(node, "/health/ready").map(answer -> new JsonObject(answer.body()));
  }

  /** A topic as a node knows it, with its configs; empty = not at all, or it does not answer. */
  static Optional<JsonObject> topic(MillraceProcess node, String name) {
    return get(node, "/api/v1/topics/" + name);
  }

  /** How a node's scrub stands; empty = it does not answer. */
  static Optional<JsonObject> scrub(MillraceProcess node) {
    return get(node, "/api/v1/scrub");
  }

  /** How a node's compaction stands; empty = it does not answer. */
  static Optional<JsonObject> compaction(MillraceProcess node) {
    return get(node, "/api/v1/compaction");
  }

  private static Optional<JsonObject> get(MillraceProcess node, String path) {
    return send(node, path)
        .filter(answer -> answer.statusCode() == 200)
        .map(answer -> new JsonObject(answer.body()));
  }

  private static Optional<HttpResponse<String>> send(MillraceProcess node, String path) {
    InetSocketAddress at = node.http();
    if (at == null || !node.isAlive()) {
      return Optional.empty();
    }
    String host = at.getAddress().getHostAddress();
    URI uri = URI.create("http://" + host + ":" + at.getPort() + path);
    try {
      return Optional.of(
          HTTP.send(
              HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), BodyHandlers.ofString()));
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Null = the node has never said. */
  String clusterId() {
    return json.getString("clusterId");
  }

  OptionalInt controller() {
    int id = json.getInteger("controllerId", -1);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Node ids of those that vote on the metadata; empty = unknown. */
  Set<Integer> voters() {
    Set<Integer> voters = new HashSet<>();
    JsonObject quorum = json.getJsonObject("quorum");
    if (quorum != null) {
      quorum
          .getJsonArray("voters")
          .forEach(voter -> voters.add(((JsonObject) voter).getInteger("nodeId")));
    }
    return voters;
  }

  /** Term of the quorum; -1 = unknown. */
  int term() {
    JsonObject quorum = json.getJsonObject("quorum");
    return quorum == null ? -1 : quorum.getInteger("term");
  }

  /** What the quorum's replica on that node is: leader, follower… */
  String role() {
    JsonObject quorum = json.getJsonObject("quorum");
    return quorum == null ? "" : quorum.getString("role");
  }

  /** What is wrong with that node's replica of the metadata log; null = nothing. */
  String problem() {
    JsonObject quorum = json.getJsonObject("quorum");
    return quorum == null ? null : quorum.getString("problem");
  }

  /** Whether a node is seen as a member. */
  boolean isMember(int nodeId) {
    return json.getJsonArray("nodes").stream()
        .map(JsonObject.class::cast)
        .anyMatch(node -> node.getInteger("nodeId") == nodeId && node.getBoolean("alive"));
  }

  /** Brokers that the controller lets serve. */
  Set<Integer> unfenced() {
    Set<Integer> unfenced = new HashSet<>();
    for (Object broker : json.getJsonArray("brokers")) {
      if (broker instanceof JsonObject one && !one.getBoolean("fenced")) {
        unfenced.add(one.getInteger("nodeId"));
      }
    }
    return unfenced;
  }

  long metadataOffset() {
    return json.getLong("metadataOffset");
  }
}
