package io.millrace.api.configs;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ListConfigResources (KIP-1142; version 0 is ListClientMetricsResources of KIP-714): the names of
 * what configs can be asked of. Topics and brokers that serve are all there, groups and
 * subscriptions of client metrics when they have configs.
 *
 * <p>Owner: any thread.
 */
public final class ListConfigResourcesHandler implements RequestHandler {
  private static final byte CLIENT_METRICS = 16;

  private static final Set<Byte> OF_VERSION_0 = Set.of(CLIENT_METRICS);
  private static final Set<Byte> ALL =
      Set.of(
          ResourceTypes.TOPIC,
          ResourceTypes.BROKER,
          ResourceTypes.BROKER_LOGGER,
          CLIENT_METRICS,
          ResourceTypes.GROUP);

  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_CONFIG_RESOURCES;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    ListConfigResourcesRequestData request = (ListConfigResourcesRequestData) message;
    Set<Byte> supported = context.version() == 0 ? OF_VERSION_0 : ALL;
    // A type that is named twice is listed once.
    Set<Byte> asked =
        new TreeSet<>(request.resourceTypes().isEmpty() ? supported : request.resourceTypes());
    ListConfigResourcesResponseData response = new ListConfigResourcesResponseData();
    if (!supported.containsAll(asked)) {
      context.reply(response.setErrorCode(Errors.UNSUPPORTED_VERSION.code()));
      return;
    }
    List<ListConfigResourcesResponseData.ConfigResource> found = new ArrayList<>();
    for (byte type : asked) {
      names(context.image(), type)
          .sorted()
          .forEach(
              name ->
                  found.add(
                      new ListConfigResourcesResponseData.ConfigResource()
                          .setResourceType(type)
                          .setResourceName(name)));
    }
    context.reply(response.setConfigResources(found));
  }

  private static Stream<String> names(ClusterImage image, byte type) {
    return switch (type) {
      case ResourceTypes.TOPIC -> image.topics().stream().map(TopicImage::name);
      case ResourceTypes.BROKER, ResourceTypes.BROKER_LOGGER ->
          image.brokers().values().stream()
              .filter(BrokerImage::active)
              .map(broker -> Integer.toString(broker.nodeId()));
      default ->
          image.configured().stream()
              .filter(resource -> ResourceTypes.of(resource.type()) == type)
              .map(ConfigResource::name);
    };
  }
}
