package io.millrace.api.peer;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.FeatureRange;
import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData.Listener;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * BrokerRegistration: a node says that it is there. Only on the internal listener.
 *
 * <p>Owner: any thread.
 */
final class BrokerRegistrationHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 30_000;

  private final Controller controller;

  BrokerRegistrationHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.BROKER_REGISTRATION;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    BrokerRegistrationRequestData request = (BrokerRegistrationRequestData) message;
    String clusterId = context.image().clusterId();
    // Empty = the node has not learned it yet; that it belongs here the handshake has shown.
    if (!request.clusterId().isEmpty() && !request.clusterId().equals(clusterId)) {
      context.reply(
          answer(
              Errors.INCONSISTENT_CLUSTER_ID,
              "The node is of cluster " + request.clusterId() + ", this is " + clusterId));
      return;
    }
    if (PeerChecks.isNotItself(context, request.brokerId())) {
      context.reply(
          answer(Errors.CLUSTER_AUTHORIZATION_FAILED, PeerChecks.why(context, request.brokerId())));
      return;
    }
    BrokerRegistration registration;
    try {
      registration = registration(request);
    } catch (IllegalArgumentException e) {
      context.reply(answer(Errors.INVALID_REGISTRATION, e.getMessage()));
      return;
    }
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(COMMIT_WAIT_MS, controller.registerBroker(registration))
            .map(
                registered ->
                    answer(registered.outcome().error(), registered.outcome().message())
                        .setBrokerEpoch(registered.epoch())),
        BrokerRegistrationHandler::answer);
  }

  private static BrokerRegistration registration(BrokerRegistrationRequestData request) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (Listener listener : request.listeners()) {
      endpoints.add(new Endpoint(listener.name(), listener.host(), listener.port()));
    }
    Map<String, FeatureRange> features = new HashMap<>();
    request
        .features()
        .forEach(
            f ->
                features.put(
                    f.name(), new FeatureRange(f.minSupportedVersion(), f.maxSupportedVersion())));
    List<UUID> directories =
        request.logDirs().stream().map(BrokerRegistrationHandler::directory).toList();
    RegistrationFlags flags = RegistrationFlags.of(request);
    return new BrokerRegistration(
        request.brokerId(),
        WireIds.javaUuid(request.incarnationId()),
        directories,
        endpoints,
        request.rack(),
        features,
        request.previousBrokerEpoch(),
        flags.tails(),
        flags.broker(),
        flags.voter());
  }

  private static UUID directory(Uuid id) {
    if (id.equals(Uuid.ZERO_UUID)) {
      throw new IllegalArgumentException(
          "A log directory of the node has the id " + id + ", which no directory can have");
    }
    return WireIds.javaUuid(id);
  }

  private static BrokerRegistrationResponseData answer(Errors error, String why) {
    BrokerRegistrationResponseData answer =
        new BrokerRegistrationResponseData().setErrorCode(error.code()).setBrokerEpoch(-1);
    PeerTags.putText(answer, PeerTags.REASON, why);
    return answer;
  }
}
