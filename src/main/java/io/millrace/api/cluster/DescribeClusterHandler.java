package io.millrace.api.cluster;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.cluster.ReachableBrokers.Reached;
import java.util.Collection;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeCluster (KIP-700): who belongs to the cluster.
 *
 * <p>Owner: any thread.
 */
public final class DescribeClusterHandler implements RequestHandler {
  private static final byte BROKERS = 1;
  private static final byte CONTROLLERS = 2;
  private static final short FIRST_VERSION_WITH_FENCED = 2;

  private final OwnStanding own;

  public DescribeClusterHandler(OwnStanding own) {
    this.own = own;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_CLUSTER;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DescribeClusterRequestData request = (DescribeClusterRequestData) message;
    context.reply(
        switch (request.endpointType()) {
          case BROKERS -> describe(context, request);
          case CONTROLLERS ->
              refused(
                  Errors.MISMATCHED_ENDPOINT_TYPE,
                  "This listener is of brokers, the request is for one of controllers (KIP-919)."
                      + " Use --bootstrap-server instead of --bootstrap-controller.");
          default ->
              refused(
                  Errors.UNSUPPORTED_ENDPOINT_TYPE,
                  "Endpoint type " + request.endpointType() + " is not known; 1 = brokers.");
        });
  }

  private static DescribeClusterResponseData refused(Errors error, String why) {
    return new DescribeClusterResponseData().setErrorCode(error.code()).setErrorMessage(why);
  }

  private DescribeClusterResponseData describe(
      RequestContext context, DescribeClusterRequestData request) {
    ReachableBrokers brokers = new ReachableBrokers(context.image(), context, own);
    DescribeClusterResponseData response =
        new DescribeClusterResponseData()
            .setEndpointType(BROKERS)
            .setClusterId(context.image().clusterId())
            .setControllerId(brokers.controllerId())
            .setClusterAuthorizedOperations(
                request.includeClusterAuthorizedOperations()
                    ? AuthorizedOperations.ALL_OF_CLUSTER
                    : AuthorizedOperations.NOT_ASKED);
    Collection<Reached> wanted = request.includeFencedBrokers() ? brokers.all() : brokers.alive();
    for (Reached broker : wanted) {
      DescribeClusterBroker described =
          new DescribeClusterBroker()
              .setBrokerId(broker.nodeId())
              .setHost(broker.host())
              .setPort(broker.port())
              .setRack(broker.rack());
      if (context.version() >= FIRST_VERSION_WITH_FENCED) {
        described.setIsFenced(broker.fenced());
      }
      response.brokers().add(described);
    }
    return response;
  }
}
