package io.millrace.api.telemetry;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.record.Codec;
import io.millrace.telemetry.PushHead;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.message.PushTelemetryResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * PushTelemetry (KIP-714): takes a client's metrics. Answered when they are decoded.
 *
 * <p>Owner: any thread.
 */
public final class PushTelemetryHandler implements RequestHandler {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final ClientTelemetry telemetry;

  public PushTelemetryHandler(ClientTelemetry telemetry) {
    this.telemetry = telemetry;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.PUSH_TELEMETRY;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    PushTelemetryRequestData request = (PushTelemetryRequestData) message;
    Codec codec = Codec.ofId(request.compressionType());
    ByteBuffer metrics = request.metrics() == null ? NOTHING : request.metrics();
    telemetry.push(
        context,
        request.clientInstanceId(),
        new PushHead(
            request.subscriptionId(), request.terminating(), codec != null, metrics.remaining()),
        codec,
        metrics,
        error -> context.reply(new PushTelemetryResponseData().setErrorCode(error.code())));
  }
}
