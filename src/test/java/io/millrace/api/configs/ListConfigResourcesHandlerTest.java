package io.millrace.api.configs;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import java.util.List;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ListConfigResourcesHandlerTest {
  private final TestImage image =
      TestImage.ofOne()
          .topic("b", 1)
          .topic("a", 1)
          .broker(2, new Endpoint("PLAINTEXT", "b2", 9092), null, /* fenced= */ true)
          .config(ConfigResource.topic("a"), "retention.ms", "1000")
          .config(ConfigResource.brokerDefault(), "log.retention.ms", "1000")
          .config(ConfigResource.group("g"), "consumer.session.timeout.ms", "45000");

  private ListConfigResourcesResponseData ask(int version, Byte... types) {
    return TestRequest.ask(
        new ListConfigResourcesHandler(),
        image,
        version,
        new ListConfigResourcesRequestData().setResourceTypes(List.of(types)));
  }

  private static List<String> names(ListConfigResourcesResponseData response) {
    assertThat(response.errorCode()).isZero();
    return response.configResources().stream()
        .map(resource -> resource.resourceType() + ":" + resource.resourceName())
        .toList();
  }

  @Test
  void shouldListEverythingWhenNoTypeIsNamed() {
    assertThat(names(ask(1))).containsExactly("2:a", "2:b", "4:1", "8:1", "32:g");
  }

  @Test
  void shouldListATypeThatIsNamedTwiceOnce() {
    assertThat(names(ask(1, (byte) 2, (byte) 2))).containsExactly("2:a", "2:b");
  }

  @Test
  void shouldRefuseATypeThatThereIsNot() {
    assertThat(ask(1, (byte) 2, (byte) 3).errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
  }

  @Test
  void shouldListOnlyClientMetricsInTheFirstVersion() {
    assertThat(names(ask(0))).isEmpty();
  }
}
