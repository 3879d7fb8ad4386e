package io.millrace.api.telemetry;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.record.Codec;
import io.millrace.telemetry.ClientInstances.Asked;
import java.util.List;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsRequestData;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * GetTelemetrySubscriptions (KIP-714): which of its metrics a client is to push, and how often. One
 * without an id is given one. Where nobody has subscribed it is asked for nothing, and comes again
 * after five minutes.
 *
 * <p>Owner: any thread.
 */
public final class GetTelemetrySubscriptionsHandler implements RequestHandler {
  /** In the order in which Kafka prefers them. */
  private static final List<Byte> COMPRESSION_TYPES =
      List.of(id(Codec.ZSTD), id(Codec.LZ4), id(Codec.GZIP), id(Codec.SNAPPY));

  private final ClientTelemetry telemetry;
  private final int maxBytes;

  /**
   * A handler.
   *
   * @param maxBytes {@code telemetry.max.bytes}
   */
  public GetTelemetrySubscriptionsHandler(ClientTelemetry telemetry, int maxBytes) {
    this.telemetry = telemetry;
    this.maxBytes = maxBytes;
  }

  private static byte id(Codec codec) {
    return (byte) codec.id();
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.GET_TELEMETRY_SUBSCRIPTIONS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    GetTelemetrySubscriptionsRequestData request = (GetTelemetrySubscriptionsRequestData) message;
    telemetry.get(context, request.clientInstanceId(), asked -> context.reply(response(asked)));
  }

  private GetTelemetrySubscriptionsResponseData response(Asked asked) {
    GetTelemetrySubscriptionsResponseData response =
        new GetTelemetrySubscriptionsResponseData().setErrorCode(asked.error().code());
    if (asked.error() == Errors.NONE) {
      response
          .setClientInstanceId(asked.instanceId())
          .setSubscriptionId(asked.subscriptionId())
          .setAcceptedCompressionTypes(COMPRESSION_TYPES)
          .setPushIntervalMs(asked.intervalMs())
          .setTelemetryMaxBytes(maxBytes)
          .setDeltaTemporality(true)
          .setRequestedMetrics(asked.metrics());
    }
    return response;
  }
}
