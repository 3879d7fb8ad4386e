package io.millrace.api.configs;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.config.ConfigEntry;
import io.millrace.config.ConfigEntry.ConfigSynonym;
import io.millrace.config.ConfigSource;
import io.millrace.config.ConsumerGroupKeys;
import io.millrace.config.Settings;
import io.millrace.controller.state.TopicNames;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeConfigs: every setting of a topic, of a group, of a subscription to clients' metrics, of
 * this broker, of all brokers together (empty name) and the levels of its loggers, with value,
 * source, type, synonyms and documentation. A resource that cannot be described fails alone; one
 * that is named twice is described once, as it is named first.
 *
 * <p>Owner: any thread.
 */
public final class DescribeConfigsHandler implements RequestHandler {
  private static final byte DYNAMIC_BROKER_LOGGER_CONFIG = 6;
  private static final byte DYNAMIC_GROUP_CONFIG = 8;

  private final CommittedSettings settings;
  private final BrokerLoggers loggers;

  public DescribeConfigsHandler(CommittedSettings settings, BrokerLoggers loggers) {
    this.settings = settings;
    this.loggers = loggers;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_CONFIGS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DescribeConfigsRequestData request = (DescribeConfigsRequestData) message;
    DescribeConfigsResponseData response = new DescribeConfigsResponseData();
    // A short request that names one resource many times must not make a long response.
    Set<String> told = new HashSet<>();
    for (DescribeConfigsResource resource : request.resources()) {
      if (!told.add(resource.resourceType() + "/" + resource.resourceName())) {
        continue;
      }
      response
          .results()
          .add(
              describe(context.image(), resource, request)
                  .setResourceType(resource.resourceType())
                  .setResourceName(resource.resourceName()));
    }
    context.reply(response);
  }

  private DescribeConfigsResult describe(
      ClusterImage image, DescribeConfigsResource resource, DescribeConfigsRequestData request) {
    return switch (resource.resourceType()) {
      case ResourceTypes.TOPIC -> topic(image, resource, request);
      case ResourceTypes.BROKER -> broker(image, resource, request);
      case ResourceTypes.BROKER_LOGGER -> loggers(resource);
      case ResourceTypes.GROUP -> group(image, resource, request);
      case ResourceTypes.CLIENT_METRICS -> SubscriptionConfigs.describe(image, resource, request);
      default ->
          refused(Errors.INVALID_REQUEST, ResourceTypes.unsupported(resource.resourceType()));
    };
  }

  private DescribeConfigsResult topic(
      ClusterImage image, DescribeConfigsResource resource, DescribeConfigsRequestData request) {
    String badName = TopicNames.invalidBecause(resource.resourceName());
    if (badName != null) {
      return refused(Errors.INVALID_TOPIC_EXCEPTION, badName);
    }
    if (image.topic(resource.resourceName()) == null) {
      return refused(
          Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_OR_PARTITION.message());
    }
    return result(
        settings.ofTopic(image, resource.resourceName()).describeTopic(), resource, request);
  }

  private DescribeConfigsResult broker(
      ClusterImage image, DescribeConfigsResource resource, DescribeConfigsRequestData request) {
    if (resource.resourceName().isEmpty()) {
      return allBrokers(image, resource, request);
    }
    String otherNode = ResourceTypes.notThisNode(resource.resourceName(), settings.nodeId());
    return otherNode == null
        ? result(settings.ofNode(image).describeNode(), resource, request)
        : refused(Errors.INVALID_REQUEST, otherNode);
  }

  /** Only what is set for all brokers while they run, without the values of this one. */
  private DescribeConfigsResult allBrokers(
      ClusterImage image, DescribeConfigsResource resource, DescribeConfigsRequestData request) {
    Map<String, String> set = image.configs(ConfigResource.brokerDefault());
    List<ConfigEntry> entries =
        settings.ofAllBrokers(image).describeNode().stream()
            .filter(entry -> set.containsKey(entry.key().name()))
            .map(DescribeConfigsHandler::withoutDefaults)
            .toList();
    return result(entries, resource, request);
  }

  private static ConfigEntry withoutDefaults(ConfigEntry entry) {
    return new ConfigEntry(
        entry.key(),
        entry.value(),
        entry.source(),
        entry.readOnly(),
        entry.synonyms().stream()
            .filter(synonym -> synonym.source() == ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG)
            .toList());
  }

  /** A group need not exist to have configs. */
  private DescribeConfigsResult group(
      ClusterImage image, DescribeConfigsResource resource, DescribeConfigsRequestData request) {
    String groupId = resource.resourceName();
    if (groupId == null || groupId.isEmpty()) {
      return refused(Errors.INVALID_REQUEST, "Group name must not be empty");
    }
    Map<String, String> set = image.configs(ConfigResource.group(groupId));
    Settings node = settings.ofNode(image);
    DescribeConfigsResult result = new DescribeConfigsResult();
    new TreeMap<>(ConsumerGroupKeys.OF_GROUP)
        .forEach(
            (name, of) -> {
              if (isWanted(resource, name)) {
                result.configs().add(groupConfig(name, of, set.get(name), node, request));
              }
            });
    return result;
  }

  private static DescribeConfigsResourceResult groupConfig(
      String name,
      ConsumerGroupKeys.OfGroup of,
      String set,
      Settings node,
      DescribeConfigsRequestData request) {
    String ofNode = Integer.toString(node.get(of.key()));
    byte source = set == null ? ConfigSource.DEFAULT_CONFIG.id() : DYNAMIC_GROUP_CONFIG;
    DescribeConfigsResourceResult described =
        new DescribeConfigsResourceResult()
            .setName(name)
            .setValue(set == null ? ofNode : set)
            .setConfigSource(source)
            .setConfigType(of.key().type().id())
            .setDocumentation(request.includeDocumentation() ? of.key().doc() : null);
    if (request.includeSynonyms()) {
      if (set != null) {
        described.synonyms().add(synonym(name, set, DYNAMIC_GROUP_CONFIG));
      }
      described.synonyms().add(synonym(name, ofNode, ConfigSource.DEFAULT_CONFIG.id()));
    }
    return described;
  }

  static DescribeConfigsSynonym synonym(String name, String value, byte source) {
    return new DescribeConfigsSynonym().setName(name).setValue(value).setSource(source);
  }

  private DescribeConfigsResult loggers(DescribeConfigsResource resource) {
    String otherNode = ResourceTypes.notThisNode(resource.resourceName(), settings.nodeId());
    if (otherNode != null) {
      return refused(Errors.INVALID_REQUEST, otherNode);
    }
    DescribeConfigsResult result = new DescribeConfigsResult();
    loggers
        .levels()
        .forEach(
            (name, level) -> {
              if (isWanted(resource, name)) {
                result
                    .configs()
                    .add(
                        new DescribeConfigsResourceResult()
                            .setName(name)
                            .setValue(level)
                            .setConfigSource(DYNAMIC_BROKER_LOGGER_CONFIG));
              }
            });
    return result;
  }

  /** Both no list and an empty one mean all keys. */
  static boolean isWanted(DescribeConfigsResource resource, String name) {
    List<String> keys = resource.configurationKeys();
    return keys == null || keys.isEmpty() || keys.contains(name);
  }

  static DescribeConfigsResult refused(Errors error, String why) {
    return new DescribeConfigsResult().setErrorCode(error.code()).setErrorMessage(why);
  }

  private static DescribeConfigsResult result(
      List<ConfigEntry> entries,
      DescribeConfigsResource resource,
      DescribeConfigsRequestData request) {
    DescribeConfigsResult result = new DescribeConfigsResult();
    for (ConfigEntry entry : entries) {
      if (isWanted(resource, entry.key().name())) {
        DescribeConfigsResourceResult described =
            new DescribeConfigsResourceResult()
                .setName(entry.key().name())
                .setValue(entry.value())
                .setReadOnly(entry.readOnly())
                .setConfigSource(entry.source().id())
                .setIsSensitive(entry.key().sensitive())
                .setConfigType(entry.key().type().id())
                .setDocumentation(request.includeDocumentation() ? entry.key().doc() : null);
        if (request.includeSynonyms()) {
          entry.synonyms().forEach(synonym -> described.synonyms().add(wire(synonym)));
        }
        result.configs().add(described);
      }
    }
    return result;
  }

  private static DescribeConfigsSynonym wire(ConfigSynonym synonym) {
    return new DescribeConfigsSynonym()
        .setName(synonym.name())
        .setValue(synonym.value())
        .setSource(synonym.source().id());
  }
}
