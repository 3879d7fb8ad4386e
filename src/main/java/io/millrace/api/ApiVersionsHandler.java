package io.millrace.api;

import java.util.function.Supplier;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKey;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ApiVersions (KIP-35, KIP-511): advertises exactly the handlers that exist, and as features
 * (KIP-584) what clients and tools look for there.
 *
 * <p>Owner: any thread.
 */
public final class ApiVersionsHandler implements RequestHandler {
  private static final String NAME_PATTERN = "[a-zA-Z0-9](?:[a-zA-Z0-9\\-.]*[a-zA-Z0-9])?";

  private static final String GROUP_VERSION = "group.version";
  private static final short CONSUMER_PROTOCOL = 1;

  private final Supplier<RequestRouter> router;

  public ApiVersionsHandler(Supplier<RequestRouter> router) {
    this.router = router;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.API_VERSIONS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage request) {
    ApiVersionsRequestData data = (ApiVersionsRequestData) request;
    if (context.version() >= 3
        && !(data.clientSoftwareName().matches(NAME_PATTERN)
            && data.clientSoftwareVersion().matches(NAME_PATTERN))) {
      context.reply(answer(Errors.INVALID_REQUEST));
      return;
    }
    ApiVersionsResponseData answer = answer(Errors.NONE);
    if (context.version() >= 3) {
      addFeatures(answer, context.version(), context.image().offset());
    }
    context.reply(answer);
  }

  /** Groups of the consumer protocol (KIP-848) are always there. */
  private static void addFeatures(ApiVersionsResponseData answer, short version, long epoch) {
    answer
        .supportedFeatures()
        .add(
            new SupportedFeatureKey()
                .setName(GROUP_VERSION)
                // Version 3 of the response knows no 0 (KIP-1022).
                .setMinVersion(version >= 4 ? 0 : CONSUMER_PROTOCOL)
                .setMaxVersion(CONSUMER_PROTOCOL));
    answer
        .finalizedFeatures()
        .add(
            new FinalizedFeatureKey()
                .setName(GROUP_VERSION)
                .setMinVersionLevel(CONSUMER_PROTOCOL)
                .setMaxVersionLevel(CONSUMER_PROTOCOL));
    answer.setFinalizedFeaturesEpoch(Math.max(0, epoch));
  }

  /** What a client gets, in version 0, that asks in a version nobody knows yet. */
  public ApiVersionsResponseData unsupportedVersion() {
    ApiVersionsResponseData answer =
        new ApiVersionsResponseData().setErrorCode(Errors.UNSUPPORTED_VERSION.code());
    ApiVersionCollection keys = new ApiVersionCollection();
    keys.add(range(this));
    return answer.setApiKeys(keys);
  }

  private ApiVersionsResponseData answer(Errors error) {
    ApiVersionsResponseData answer = new ApiVersionsResponseData().setErrorCode(error.code());
    if (error == Errors.NONE) {
      ApiVersionCollection keys = new ApiVersionCollection();
      router.get().handlers().forEach(handler -> keys.add(range(handler)));
      answer.setApiKeys(keys);
    }
    return answer;
  }

  private static ApiVersion range(RequestHandler handler) {
    // librdkafka reads "Produce is served from version 3 on" as "no Produce in common"
    // (KAFKA-18659), so that key is
    // advertised from 0 although 0 to 2 are refused.
    short min = handler.key() == ApiKeys.PRODUCE ? 0 : handler.minVersion();
    return new ApiVersion()
        .setApiKey(handler.key().id)
        .setMinVersion(min)
        .setMaxVersion(handler.maxVersion());
  }
}
