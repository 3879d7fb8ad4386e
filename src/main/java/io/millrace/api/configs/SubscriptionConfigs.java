package io.millrace.api.configs;

import io.millrace.config.ConfigSource;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.telemetry.SubscriptionKey;
import java.util.Map;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeConfigs of a subscription to clients' metrics (KIP-714). As in Kafka it need not exist:
 * it then has the defaults, and only what is set has a synonym, itself.
 *
 * <p>Owner: immutable.
 */
final class SubscriptionConfigs {
  private static final byte CLIENT_METRICS_CONFIG = 7;

  private SubscriptionConfigs() {}

  static DescribeConfigsResult describe(
      ClusterImage image, DescribeConfigsResource resource, DescribeConfigsRequestData request) {
    String name = resource.resourceName();
    if (name == null || name.isEmpty()) {
      return DescribeConfigsHandler.refused(
          Errors.INVALID_REQUEST, "Client metrics subscription name must not be empty");
    }
    Map<String, String> set = image.configs(ConfigResource.clientMetrics(name));
    DescribeConfigsResult result = new DescribeConfigsResult();
    for (SubscriptionKey key : SubscriptionKey.values()) {
      if (DescribeConfigsHandler.isWanted(resource, key.key())) {
        result.configs().add(described(key, set.get(key.key()), request));
      }
    }
    return result;
  }

  private static DescribeConfigsResourceResult described(
      SubscriptionKey key, String set, DescribeConfigsRequestData request) {
    DescribeConfigsResourceResult described =
        new DescribeConfigsResourceResult()
            .setName(key.key())
            .setValue(set == null ? key.defaultValue() : set)
            .setConfigSource(set == null ? ConfigSource.DEFAULT_CONFIG.id() : CLIENT_METRICS_CONFIG)
            .setConfigType(key.type().id())
            .setDocumentation(request.includeDocumentation() ? key.doc() : null);
    if (request.includeSynonyms() && set != null) {
      described
          .synonyms()
          .add(DescribeConfigsHandler.synonym(key.key(), set, CLIENT_METRICS_CONFIG));
    }
    return described;
  }
}
