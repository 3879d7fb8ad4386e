package io.millrace.cli.cluster;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.Node;

/**
 * What there is to say about one node.
 *
 * <p>Owner: the command's thread.
 */
final class ClusterNode {
  final int nodeId;

  /** null = it serves no clients, or is not registered. */
  Node broker;

  /** leader, voter or observer of the metadata; null = unknown. */
  String role;

  /** Offsets of the metadata log that it has yet to get; null = unknown. */
  Long metadataLag;

  int leaders;
  int replicas;

  /** Replicas that are not in sync. */
  int outOfSync;

  /** How far its replicas are behind. */
  ReplicaLags.Lag replicaLag = ReplicaLags.Lag.UNKNOWN;

  ClusterNode(int nodeId) {
    this.nodeId = nodeId;
  }

  String address() {
    return broker == null ? "-" : broker.host() + ":" + broker.port();
  }

  String state() {
    if (broker == null) {
      return "no broker";
    }
    return broker.isFenced() ? "fenced" : "serving";
  }

  Object[] row() {
    return new Object[] {
      nodeId,
      address(),
      broker == null || broker.rack() == null ? "-" : broker.rack(),
      state(),
      role == null ? "-" : role,
      metadataLag == null ? "-" : metadataLag,
      leaders,
      replicas,
      outOfSync,
      replicaLag.records() == null ? "-" : replicaLag.records(),
      replicaLag.seconds() == null ? "-" : replicaLag.seconds()
    };
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nodeId", nodeId);
    json.put("host", broker == null ? null : broker.host());
    json.put("port", broker == null ? null : broker.port());
    json.put("rack", broker == null ? null : broker.rack());
    json.put("state", state());
    json.put("metadataRole", role);
    json.put("metadataLag", metadataLag);
    json.put("leaders", leaders);
    json.put("replicas", replicas);
    json.put("outOfSync", outOfSync);
    json.put("maxReplicaLagRecords", replicaLag.records());
    json.put("maxReplicaLagSeconds", replicaLag.seconds());
    return json;
  }
}
