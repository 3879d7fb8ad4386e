package io.millrace.api;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.FeatureRange;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.TransactionVersion;
import java.util.Map;
import java.util.TreeMap;
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
  private static final int CONSUMER_PROTOCOL = 1;

  /**
   * The levels of each feature that this node can work with; also what it registers with. Groups of
   * the consumer protocol (KIP-848) are always there.
   */
  public static final Map<String, FeatureRange> SUPPORTED =
      Map.of(
          MetadataVersion.FEATURE,
          new FeatureRange(MetadataVersion.OLDEST, MetadataVersion.NEWEST),
          GROUP_VERSION,
          new FeatureRange(0, CONSUMER_PROTOCOL),
          TransactionVersion.FEATURE,
          new FeatureRange(TransactionVersion.OLDEST, TransactionVersion.NEWEST));

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
      context.connection().software(data.clientSoftwareName(), data.clientSoftwareVersion());
      addFeatures(answer, context.version(), context.image());
    }
    context.reply(answer);
  }

  private static void addFeatures(
      ApiVersionsResponseData answer, short version, ClusterImage image) {
    SUPPORTED.forEach(
        (name, range) ->
            answer
                .supportedFeatures()
                .add(
                    new SupportedFeatureKey()
                        .setName(name)
                        // Version 3 of the response knows no 0 (KIP-1022).
                        .setMinVersion(
                            (short) (version >= 4 ? range.min() : Math.max(1, range.min())))
                        .setMaxVersion((short) range.max())));
    finalized(image)
        .forEach(
            (name, level) ->
                answer
                    .finalizedFeatures()
                    .add(
                        new FinalizedFeatureKey()
                            .setName(name)
                            .setMinVersionLevel(level.shortValue())
                            .setMaxVersionLevel(level.shortValue())));
    answer.setFinalizedFeaturesEpoch(Math.max(0, image.offset()));
  }

  /** Levels in use; 0 = not in use, and then Kafka leaves the feature out. */
  private static Map<String, Integer> finalized(ClusterImage image) {
    Map<String, Integer> levels = new TreeMap<>(image.features());
    levels.putIfAbsent(MetadataVersion.FEATURE, image.metadataVersion());
    levels.putIfAbsent(GROUP_VERSION, CONSUMER_PROTOCOL);
    levels.values().removeIf(level -> level <= 0);
    return levels;
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
