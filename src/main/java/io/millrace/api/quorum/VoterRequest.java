package io.millrace.api.quorum;

import io.millrace.api.WireIds;
import io.millrace.metadata.ClusterImage;
import io.millrace.model.VoterId;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * The voter that a request names, and whether the request is for this cluster and names one at all.
 *
 * @param clusterId null = the client does not say
 *     <p>Owner: immutable.
 */
record VoterRequest(String clusterId, int nodeId, Uuid directoryId) {
  /** Why it is refused; NONE = nothing against it. */
  Errors check(ClusterImage image) {
    if (clusterId != null && !clusterId.equals(image.clusterId())) {
      return Errors.INCONSISTENT_CLUSTER_ID;
    }
    return nodeId < 0 || directoryId.equals(Uuid.ZERO_UUID) ? Errors.INVALID_REQUEST : Errors.NONE;
  }

  /** What {@link #check} has found, for a person. */
  String why(ClusterImage image, Errors error) {
    return error == Errors.INCONSISTENT_CLUSTER_ID
        ? "The request is for cluster " + clusterId + ", this is cluster " + image.clusterId()
        : "A voter has a node id of at least 0 and a directory id; given are "
            + nodeId
            + " and "
            + directoryId;
  }

  VoterId voter() {
    return new VoterId(nodeId, WireIds.javaUuid(directoryId));
  }
}
