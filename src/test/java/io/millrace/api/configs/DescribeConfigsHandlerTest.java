package io.millrace.api.configs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.config.Settings;
import io.millrace.config.TopicKeys;
import io.millrace.metadata.ConfigResource;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescribeConfigsHandlerTest {
  private final TestImage image = TestImage.ofOne().topic("t", 1);
  private final BrokerLoggers loggers =
      new BrokerLoggers() {
        @Override
        public SortedMap<String, String> levels() {
          return new TreeMap<>(Map.of("root", "INFO", "io.millrace", "DEBUG"));
        }

        @Override
        public boolean exists(String name) {
          return levels().containsKey(name);
        }

        @Override
        public void set(String name, String level) {}
      };
  private final DescribeConfigsHandler handler =
      new DescribeConfigsHandler(
          new CommittedSettings(Settings.of(Map.of("log.retention.hours", "24")), 1), loggers);

  private static DescribeConfigsRequestData request(int type, String name, String... keys) {
    return new DescribeConfigsRequestData()
        .setIncludeSynonyms(true)
        .setResources(
            List.of(
                new DescribeConfigsResource()
                    .setResourceType((byte) type)
                    .setResourceName(name)
                    .setConfigurationKeys(keys.length == 0 ? null : List.of(keys))));
  }

  private DescribeConfigsResult ask(int version, DescribeConfigsRequestData request) {
    DescribeConfigsResponseData response = TestRequest.ask(handler, image, version, request);
    return response.results().get(0);
  }

  private static DescribeConfigsResourceResult only(DescribeConfigsResult result) {
    assertThat(result.configs()).hasSize(1);
    return result.configs().get(0);
  }

  private static List<String> synonyms(DescribeConfigsResourceResult config) {
    return config.synonyms().stream()
        .map(synonym -> synonym.name() + "=" + synonym.value() + "@" + synonym.source())
        .toList();
  }

  @Test
  void shouldTellEveryKeyOfATopic() {
    DescribeConfigsResult result = ask(1, request(2, "t"));
    assertThat(result.errorCode()).isZero();
    assertThat(result.resourceType()).isEqualTo((byte) 2);
    assertThat(result.resourceName()).isEqualTo("t");
    long shown = TopicKeys.all().stream().filter(key -> !key.internal()).count();
    assertThat(result.configs()).hasSize((int) shown);
  }

  @Test
  void shouldTellWhereAValueComesFrom() {
    image
        .config(ConfigResource.brokerDefault(), "log.retention.ms", "3000")
        .config(ConfigResource.broker(1), "log.retention.ms", "2000")
        .config(ConfigResource.topic("t"), "retention.ms", "1000");
    DescribeConfigsResourceResult config = only(ask(4, request(2, "t", "retention.ms")));
    assertThat(config.value()).isEqualTo("1000");
    assertThat(config.configSource()).isEqualTo((byte) 1);
    assertThat(config.configType()).isEqualTo((byte) 5);
    assertThat(config.readOnly()).isFalse();
    assertThat(synonyms(config))
        .startsWith(
            "retention.ms=1000@1",
            "log.retention.ms=2000@2",
            "log.retention.ms=3000@3",
            "log.retention.hours=24@4");
  }

  @Test
  void shouldLeaveSynonymsOutUnlessAsked() {
    assertThat(only(ask(4, request(2, "t", "retention.ms").setIncludeSynonyms(false))).synonyms())
        .isEmpty();
  }

  @Test
  void shouldDocumentWhenAsked() {
    assertThat(
            only(ask(3, request(2, "t", "retention.ms").setIncludeDocumentation(true)))
                .documentation())
        .isNotBlank();
    assertThat(only(ask(3, request(2, "t", "retention.ms"))).documentation()).isNull();
  }

  @Test
  void shouldTakeAnEmptyListOfKeysForAll() {
    DescribeConfigsRequestData request = request(2, "t");
    request.resources().get(0).setConfigurationKeys(List.of());
    assertThat(ask(4, request).configs()).hasSizeGreaterThan(20);
  }

  @Test
  void shouldDescribeAResourceOnceThatIsNamedTwice() {
    DescribeConfigsRequestData request = request(2, "t");
    request.setResources(
        List.of(request.resources().get(0), request.resources().get(0).duplicate()));
    DescribeConfigsResponseData response = TestRequest.ask(handler, image, 4, request);
    assertThat(response.results()).hasSize(1);
  }

  @Test
  void shouldTellABrokersOwnSettings() {
    DescribeConfigsResourceResult config = only(ask(4, request(4, "1", "log.retention.hours")));
    assertThat(config.value()).isEqualTo("24");
    assertThat(config.configSource()).isEqualTo((byte) 4);
    assertThat(config.readOnly()).isTrue();
  }

  @Test
  void shouldTellTheIdOfTheNodeThoughItWasGenerated() {
    assertThat(only(ask(4, request(4, "1", "node.id"))).value()).isEqualTo("1");
  }

  @Test
  void shouldNeverTellASecret() {
    DescribeConfigsResourceResult config = only(ask(4, request(4, "1", "cluster.secret")));
    assertThat(config.isSensitive()).isTrue();
    assertThat(config.value()).isNull();
  }

  @Test
  void shouldTellOnlyWhatIsSetForAllBrokers() {
    image.config(ConfigResource.brokerDefault(), "log.retention.ms", "3000");
    DescribeConfigsResourceResult config = only(ask(4, request(4, "")));
    assertThat(config.name()).isEqualTo("log.retention.ms");
    assertThat(config.configSource()).isEqualTo((byte) 3);
    assertThat(synonyms(config)).containsExactly("log.retention.ms=3000@3");
  }

  @Test
  void shouldTellTheLevelsOfLoggers() {
    DescribeConfigsResult result = ask(2, request(8, "1"));
    assertThat(result.configs()).hasSize(2);
    DescribeConfigsResourceResult root = only(ask(2, request(8, "1", "root")));
    assertThat(root.value()).isEqualTo("INFO");
    assertThat(root.configSource()).isEqualTo((byte) 6);
  }

  @Test
  void shouldDescribeSubscriptionsToTheMetricsOfClients() {
    image.config(ConfigResource.clientMetrics("sub"), "interval.ms", "500");

    DescribeConfigsResult result = ask(4, request(16, "sub"));

    assertThat(result.configs())
        .extracting(
            DescribeConfigsResourceResult::name,
            DescribeConfigsResourceResult::value,
            DescribeConfigsResourceResult::configSource,
            DescribeConfigsResourceResult::configType)
        .containsExactly(
            tuple("interval.ms", "500", (byte) 7, (byte) 3),
            tuple("match", "", (byte) 5, (byte) 7),
            tuple("metrics", "", (byte) 5, (byte) 7));
  }

  @ParameterizedTest
  @CsvSource({
    "2,no,UNKNOWN_TOPIC_OR_PARTITION",
    "2,bad name,INVALID_TOPIC_EXCEPTION",
    "2,'',INVALID_TOPIC_EXCEPTION",
    "4,9,INVALID_REQUEST",
    "4,x,INVALID_REQUEST",
    "8,9,INVALID_REQUEST",
    "8,'',INVALID_REQUEST",
    "16,'',INVALID_REQUEST",
    "3,x,INVALID_REQUEST",
    "0,x,INVALID_REQUEST"
  })
  void shouldRefuseWhatItCannotDescribe(int type, String name, Errors error) {
    DescribeConfigsResult result = ask(4, request(type, name));
    assertThat(result.errorCode()).isEqualTo(error.code());
    assertThat(result.errorMessage()).isNotBlank();
    assertThat(result.configs()).isEmpty();
    assertThat(result.resourceName()).isEqualTo(name);
  }
}
