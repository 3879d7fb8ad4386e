package io.millrace.api.configs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.ConfigResource;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IncrementalAlterConfigsHandlerTest {
  private static final int SET = 0;
  private static final int DELETE = 1;
  private static final int APPEND = 2;

  private final FakeController controller = new FakeController();
  private final LoggerContext logback = new LoggerContext();
  private final IncrementalAlterConfigsHandler handler =
      new IncrementalAlterConfigsHandler(controller, 1, new LogbackLoggers(logback));

  private static AlterConfigsResource resource(int type, String name) {
    return new AlterConfigsResource().setResourceType((byte) type).setResourceName(name);
  }

  private static AlterConfigsResource change(
      AlterConfigsResource resource, int op, String key, String value) {
    resource
        .configs()
        .add(new AlterableConfig().setConfigOperation((byte) op).setName(key).setValue(value));
    return resource;
  }

  private List<AlterConfigsResourceResponse> ask(
      boolean validateOnly, AlterConfigsResource... resources) {
    IncrementalAlterConfigsRequestData request =
        new IncrementalAlterConfigsRequestData().setValidateOnly(validateOnly);
    for (AlterConfigsResource resource : resources) {
      request.resources().add(resource);
    }
    IncrementalAlterConfigsResponseData response =
        TestRequest.ask(handler, TestImage.ofOne(), 1, request);
    return response.responses();
  }

  @Test
  void shouldPassOnTheOperations() {
    AlterConfigsResource topic = resource(2, "t");
    change(topic, SET, "a", "1");
    change(topic, DELETE, "b", null);
    change(topic, APPEND, "c", "3");
    change(topic, 3, "d", "4");
    assertThat(ask(false, topic).get(0).errorCode()).isZero();
    assertThat(controller.changed)
        .isEqualTo(
            Map.of(
                ConfigResource.topic("t"),
                List.of(
                    new ConfigOp(ConfigOp.Op.SET, "a", "1"),
                    new ConfigOp(ConfigOp.Op.DELETE, "b", null),
                    new ConfigOp(ConfigOp.Op.APPEND, "c", "3"),
                    new ConfigOp(ConfigOp.Op.SUBTRACT, "d", "4"))));
  }

  @Test
  void shouldReachBrokersAndTheirDefault() {
    ask(false, change(resource(4, "1"), SET, "a", "1"), change(resource(4, ""), SET, "a", "1"));
    assertThat(controller.changed)
        .containsOnlyKeys(ConfigResource.broker(1), ConfigResource.brokerDefault());
  }

  @Test
  void shouldOnlyValidateWhenAsked() {
    ask(true, change(resource(2, "t"), SET, "a", "1"));
    assertThat(controller.validatedOnly).isTrue();
  }

  @Test
  void shouldTellTheRefusalOfTheController() {
    controller.refusals.put("t", new Outcome(Errors.INVALID_CONFIG, "not a number"));
    AlterConfigsResourceResponse response =
        ask(false, change(resource(2, "t"), SET, "a", "1")).get(0);
    assertThat(response.errorCode()).isEqualTo(Errors.INVALID_CONFIG.code());
    assertThat(response.errorMessage()).isEqualTo("not a number");
  }

  @Test
  void shouldRefuseAKeyThatComesTwice() {
    AlterConfigsResource topic = resource(2, "t");
    change(topic, SET, "a", "1");
    change(topic, DELETE, "a", null);
    assertThat(ask(false, topic).get(0).errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(controller.changed).isEmpty();
  }

  @Test
  void shouldRefuseAResourceThatComesTwice() {
    assertThat(
            ask(
                false,
                change(resource(2, "t"), SET, "a", "1"),
                change(resource(2, "t"), SET, "b", "1")))
        .hasSize(2)
        .allMatch(response -> response.errorCode() == Errors.INVALID_REQUEST.code());
    assertThat(controller.changed).isEmpty();
  }

  @Test
  void shouldSeeThatTwoSpellingsAreOneBroker() {
    assertThat(
            ask(
                false,
                change(resource(4, "1"), SET, "a", "1"),
                change(resource(4, "01"), SET, "a", "2")))
        .extracting(AlterConfigsResourceResponse::errorCode)
        .containsExactly(Errors.NONE.code(), Errors.INVALID_REQUEST.code());
    assertThat(controller.changed.get(ConfigResource.broker(1)).get(0).value()).isEqualTo("1");
  }

  @Test
  void shouldRefuseAnUnknownOperation() {
    assertThat(ask(false, change(resource(2, "t"), 9, "a", "1")).get(0).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldRefuseToSetNull() {
    assertThat(ask(false, change(resource(2, "t"), SET, "a", null)).get(0).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @ParameterizedTest
  @CsvSource({"4,9", "4,x", "3,x", "0,x", "8,9", "8,''"})
  void shouldRefuseOtherResources(int type, String name) {
    assertThat(ask(false, resource(type, name)).get(0).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(controller.changed).isEmpty();
  }

  @Test
  void shouldSetTheLevelOfALogger() {
    logback.getLogger("some.logger");
    assertThat(ask(false, change(resource(8, "1"), SET, "some.logger", "DEBUG")).get(0))
        .matches(response -> response.errorCode() == 0);
    assertThat(logback.getLogger("some.logger").getLevel()).isEqualTo(Level.DEBUG);
  }

  @Test
  void shouldGiveALoggerTheLevelAboveItAgain() {
    logback.getLogger("some.logger").setLevel(Level.TRACE);
    ask(false, change(resource(8, "1"), DELETE, "some.logger", null));
    assertThat(logback.getLogger("some.logger").getLevel()).isNull();
  }

  @Test
  void shouldSetTheLevelOfTheRootLogger() {
    ask(false, change(resource(8, "1"), SET, "root", "FATAL"));
    assertThat(logback.getLogger("ROOT").getLevel()).isEqualTo(Level.ERROR);
  }

  @Test
  void shouldLeaveLevelsAloneWhenItOnlyValidates() {
    ask(true, change(resource(8, "1"), SET, "root", "ERROR"));
    assertThat(logback.getLogger("ROOT").getLevel()).isEqualTo(Level.DEBUG);
  }

  @Test
  void shouldLeaveAllLevelsAloneWhenOneIsWrong() {
    AlterConfigsResource loggers = resource(8, "1");
    change(loggers, SET, "root", "ERROR");
    change(loggers, SET, "no.such.logger", "ERROR");
    assertThat(ask(false, loggers).get(0).errorCode()).isEqualTo(Errors.INVALID_CONFIG.code());
    assertThat(logback.getLogger("ROOT").getLevel()).isEqualTo(Level.DEBUG);
  }

  @ParameterizedTest
  @CsvSource({
    "0,root,LOUD,INVALID_CONFIG",
    "1,root,,INVALID_REQUEST",
    "2,root,INFO,INVALID_REQUEST",
    "1,no.such.logger,,INVALID_CONFIG"
  })
  void shouldRefuseWhatLoggersCannotDo(int op, String key, String value, Errors error) {
    assertThat(ask(false, change(resource(8, "1"), op, key, value)).get(0).errorCode())
        .isEqualTo(error.code());
  }
}
