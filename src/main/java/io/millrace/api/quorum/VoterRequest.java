package io.millrace.api.quorum;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.metadata.ClusterImage;
import io.millrace.model.VoterId;
import io.millrace.protocol.WireIds;
import io.vertx.core.Future;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * A request to change the vote of one node: carried out if it is for this cluster and names a voter
 * at all.
 *
 * @param clusterId null = the client does not say
 *     <p>Owner: immutable.
 */
record VoterRequest(String clusterId, int nodeId, Uuid directoryId) {
  /**
   * Replies when the change is committed, or is refused.
   *
   * @param timeoutMs as of {@link AsyncReply#within}
   * @param response of an error and the reason in words, which is null with NONE
   */
  void reply(
      RequestContext context,
      Function<VoterId, Future<Void>> change,
      int timeoutMs,
      BiFunction<Errors, String, ? extends ApiMessage> response) {
    Errors refusal = check(context.image());
    if (refusal != Errors.NONE) {
      context.reply(response.apply(refusal, why(context.image(), refusal)));
      return;
    }
    VoterId voter = new VoterId(nodeId, WireIds.javaUuid(directoryId));
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(timeoutMs, change.apply(voter))
            .map(done -> response.apply(Errors.NONE, null)),
        response);
  }

  /** Why it is refused; NONE = nothing against it. */
  private Errors check(ClusterImage image) {
    if (clusterId != null && !clusterId.equals(image.clusterId())) {
      return Errors.INCONSISTENT_CLUSTER_ID;
    }
    return nodeId < 0 || directoryId.equals(Uuid.ZERO_UUID) ? Errors.INVALID_REQUEST : Errors.NONE;
  }

  /** What {@link #check} has found, for a person. */
  private String why(ClusterImage image, Errors error) {
    return error == Errors.INCONSISTENT_CLUSTER_ID
        ? "The request is for cluster " + clusterId + ", this is cluster " + image.clusterId()
        : "A voter has a node id of at least 0 and a directory id; given are "
            + nodeId
            + " and "
            + directoryId;
  }
}
