package io.millrace.api.configs;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.ConfigResource;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlterConfigsHandlerTest {
  private final FakeController controller = new FakeController();

  /** Each config as {@code name=value}; without = the value is null. */
  private static AlterConfigsResource resource(int type, String name, String... configs) {
    AlterConfigsResource resource =
        new AlterConfigsResource().setResourceType((byte) type).setResourceName(name);
    for (String config : configs) {
      String[] parts = config.split("=", 2);
      resource
          .configs()
          .add(
              new AlterableConfig()
                  .setName(parts[0])
                  .setValue(parts.length == 1 ? null : parts[1]));
    }
    return resource;
  }

  private List<AlterConfigsResourceResponse> ask(AlterConfigsResource... resources) {
    AlterConfigsRequestData request = new AlterConfigsRequestData();
    for (AlterConfigsResource resource : resources) {
      request.resources().add(resource);
    }
    AlterConfigsResponseData response =
        TestRequest.ask(new AlterConfigsHandler(controller, 1), TestImage.ofOne(), 2, request);
    return response.responses();
  }

  @Test
  void shouldReplaceTheConfigsOfAResource() {
    AlterConfigsResourceResponse response = ask(resource(2, "t", "a=1", "b=2")).get(0);
    assertThat(response.errorCode()).isZero();
    assertThat(response.resourceName()).isEqualTo("t");
    assertThat(controller.replaced)
        .isEqualTo(Map.of(ConfigResource.topic("t"), Map.of("a", "1", "b", "2")));
  }

  @Test
  void shouldReachBrokersAndTheirDefault() {
    ask(resource(4, "1", "a=1"), resource(4, "", "a=2"));
    assertThat(controller.replaced)
        .containsOnlyKeys(ConfigResource.broker(1), ConfigResource.brokerDefault());
  }

  @Test
  void shouldTellTheRefusalOfTheController() {
    controller.refusals.put("t", new Outcome(Errors.INVALID_CONFIG, "no such key"));
    AlterConfigsResourceResponse response = ask(resource(2, "t", "a=1")).get(0);
    assertThat(response.errorCode()).isEqualTo(Errors.INVALID_CONFIG.code());
    assertThat(response.errorMessage()).isEqualTo("no such key");
  }

  @ParameterizedTest
  @CsvSource({"8,1", "3,x", "4,9", "4,x"})
  void shouldRefuseOtherResources(int type, String name) {
    assertThat(ask(resource(type, name)).get(0).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(controller.replaced).isEmpty();
  }

  @Test
  void shouldRefuseAValueOfNull() {
    assertThat(ask(resource(2, "t", "a")).get(0).errorMessage()).contains("a");
    assertThat(controller.replaced).isEmpty();
  }

  @Test
  void shouldRefuseAResourceThatComesTwice() {
    assertThat(ask(resource(2, "t", "a=1"), resource(2, "t", "a=2"), resource(2, "u", "a=3")))
        .extracting(AlterConfigsResourceResponse::errorCode)
        .containsExactly(
            Errors.INVALID_REQUEST.code(), Errors.INVALID_REQUEST.code(), Errors.NONE.code());
    assertThat(controller.replaced).containsOnlyKeys(ConfigResource.topic("u"));
  }

  @Test
  void shouldTellEachResourceThatThereIsNoController() {
    controller.commit = Future.failedFuture(Errors.NOT_CONTROLLER.exception());
    assertThat(ask(resource(2, "t", "a=1"), resource(8, "1")))
        .extracting(AlterConfigsResourceResponse::errorCode)
        .containsExactly(Errors.NOT_CONTROLLER.code(), Errors.INVALID_REQUEST.code());
  }
}
