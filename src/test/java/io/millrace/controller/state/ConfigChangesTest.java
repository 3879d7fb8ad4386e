package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.ConfigRules;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.ConfigOp.Op;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord.Config;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ConfigChangesTest {
  private static final ConfigResource TOPIC = ConfigResource.topic("a");
  private static final MetadataImage IMAGE =
      Images.with(
          Images.withTopic(Images.brokers(1), "a", 1, List.of(1)),
          List.of(new Config(TOPIC, "retention.ms", "5")));

  private static Decision<Map<ConfigResource, Outcome>> change(
      MetadataImage image, ConfigResource resource, ConfigOp... ops) {
    return ConfigChanges.incremental(image, Map.of(resource, List.of(ops)), false, Images.RULES);
  }

  private static Map<String, String> after(ConfigOp... ops) {
    Decision<Map<ConfigResource, Outcome>> decision = change(IMAGE, TOPIC, ops);
    assertThat(decision.reply()).isEqualTo(Map.of(TOPIC, Outcome.OK));
    return Images.with(IMAGE, decision.records()).configs(TOPIC);
  }

  private static Errors errorOf(ConfigResource resource, ConfigOp... ops) {
    Decision<Map<ConfigResource, Outcome>> decision = change(IMAGE, resource, ops);
    assertThat(decision.records()).isEmpty();
    return decision.reply().get(resource).error();
  }

  private static ConfigOp set(String key, String value) {
    return new ConfigOp(Op.SET, key, value);
  }

  @Test
  void shouldRefuseSubscriptionsToClientMetricsBelowLevelFour() {
    ConfigResource resource = ConfigResource.clientMetrics("s");
    assertThat(change(IMAGE, resource, set("retention.ms", "5")).reply().get(resource).error())
        .isEqualTo(Errors.UNSUPPORTED_VERSION);
    var decision = change(Images.newest(IMAGE), resource, set("retention.ms", "5"));
    assertThat(decision.reply()).isEqualTo(Map.of(resource, Outcome.OK));
    assertThat(Images.with(Images.newest(IMAGE), decision.records()).configs(resource))
        .isEqualTo(Map.of("retention.ms", "5"));
  }

  @Test
  void shouldSetAndDelete() {
    assertThat(after(set("cleanup.policy", "compact")))
        .isEqualTo(Map.of("retention.ms", "5", "cleanup.policy", "compact"));
    assertThat(after(new ConfigOp(Op.DELETE, "retention.ms", null))).isEmpty();
  }

  @Test
  void shouldWriteNothingForAValueThatIsThere() {
    assertThat(change(IMAGE, TOPIC, set("retention.ms", "5")).records()).isEmpty();
    assertThat(change(IMAGE, TOPIC, new ConfigOp(Op.DELETE, "cleanup.policy", null)).records())
        .isEmpty();
  }

  @Test
  void shouldAppendToTheDefault() {
    assertThat(after(new ConfigOp(Op.APPEND, "cleanup.policy", "compact,delete")))
        .containsEntry("cleanup.policy", "delete,compact");
  }

  @Test
  void shouldSubtractFromTheDefault() {
    assertThat(after(new ConfigOp(Op.SUBTRACT, "cleanup.policy", "compact")))
        .containsEntry("cleanup.policy", "delete");
    assertThat(after(new ConfigOp(Op.SUBTRACT, "cleanup.policy", "delete")))
        .containsEntry("cleanup.policy", "");
  }

  @Test
  void shouldRefuseToAppendToAScalar() {
    assertThat(errorOf(TOPIC, new ConfigOp(Op.APPEND, "retention.ms", "6")))
        .isEqualTo(Errors.INVALID_CONFIG);
  }

  @Test
  void shouldChangeNothingOfAResourceWhenOneKeyIsWrong() {
    assertThat(errorOf(TOPIC, set("cleanup.policy", "compact"), set("retention.ms", "x")))
        .isEqualTo(Errors.INVALID_CONFIG);
  }

  @Test
  void shouldJudgeEachResourceForItself() {
    ConfigResource other = ConfigResource.topic("zzz");
    Decision<Map<ConfigResource, Outcome>> decision =
        ConfigChanges.incremental(
            IMAGE,
            Map.of(
                TOPIC, List.of(set("retention.ms", "6")),
                other, List.of(set("retention.ms", "6"))),
            false,
            Images.RULES);
    assertThat(decision.reply().get(TOPIC)).isEqualTo(Outcome.OK);
    assertThat(decision.reply().get(other).error()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(decision.records()).containsExactly(new Config(TOPIC, "retention.ms", "6"));
  }

  @Test
  void shouldRefuseARequestThatContradictsItself() {
    assertThat(errorOf(TOPIC, set("retention.ms", "6"), set("retention.ms", "7")))
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(errorOf(TOPIC, set("retention.ms", null))).isEqualTo(Errors.INVALID_REQUEST);
  }

  @Test
  void shouldRefuseResourcesThatAreNone() {
    ConfigOp op = set("retention.ms", "6");
    assertThat(errorOf(ConfigResource.topic(""), op)).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(errorOf(ConfigResource.topic("a/b"), op)).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
    assertThat(errorOf(ConfigResource.broker(7), op)).isEqualTo(Errors.BROKER_ID_NOT_REGISTERED);
    ConfigResource noNumber = new ConfigResource(ConfigResource.Type.BROKER, "x");
    assertThat(errorOf(noNumber, op)).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(errorOf(ConfigResource.broker(-1), op)).isEqualTo(Errors.INVALID_REQUEST);
  }

  @Test
  void shouldChangeBrokersAndTheirDefault() {
    for (ConfigResource resource :
        List.of(ConfigResource.broker(1), ConfigResource.brokerDefault())) {
      Decision<Map<ConfigResource, Outcome>> decision =
          change(IMAGE, resource, set("retention.ms", "6"));
      assertThat(Images.with(IMAGE, decision.records()).configs(resource))
          .isEqualTo(Map.of("retention.ms", "6"));
    }
  }

  @Test
  void shouldBoundAValue() {
    assertThat(errorOf(TOPIC, set("cleanup.policy", "x".repeat(32_768))))
        .isEqualTo(Errors.INVALID_CONFIG);
    assertThat(after(set("cleanup.policy", "x".repeat(32_767)))).hasSize(2);
  }

  @Test
  void shouldOnlyValidate() {
    Decision<Map<ConfigResource, Outcome>> decision =
        ConfigChanges.incremental(
            IMAGE, Map.of(TOPIC, List.of(set("retention.ms", "6"))), true, Images.RULES);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply().get(TOPIC)).isEqualTo(Outcome.OK);
  }

  private static Decision<Map<ConfigResource, Outcome>> replace(Map<String, String> configs) {
    return ConfigChanges.replace(IMAGE, Map.of(TOPIC, configs), false, Images.RULES);
  }

  @Test
  void shouldReplaceAllConfigs() {
    Decision<Map<ConfigResource, Outcome>> decision = replace(Map.of("cleanup.policy", "compact"));
    assertThat(Images.with(IMAGE, decision.records()).configs(TOPIC))
        .isEqualTo(Map.of("cleanup.policy", "compact"));
  }

  @Test
  void shouldKeepAllConfigsWhenTheReplacementIsWrong() {
    assertThat(replace(Map.of("who.knows", "1")).records()).isEmpty();
    Map<String, String> withNull = new HashMap<>();
    withNull.put("retention.ms", null);
    assertThat(replace(withNull).reply().get(TOPIC).error()).isEqualTo(Errors.INVALID_REQUEST);
  }

  @Test
  void shouldRefuseAStepThatTheRulesFindTooLarge() {
    ConfigResource all = ConfigResource.brokerDefault();
    ConfigResource own = ConfigResource.broker(1);
    MetadataImage image = Images.with(IMAGE, List.of(new Config(all, "retention.ms", "1")));
    ConfigRules rules =
        new ConfigRules() {
          @Override
          public Optional<String> validate(ConfigResource resource, Map<String, String> configs) {
            return Optional.empty();
          }

          @Override
          public boolean isList(ConfigResource.Type type, String key) {
            return false;
          }

          @Override
          public String defaultValue(ConfigResource.Type type, String key) {
            return null;
          }

          @Override
          public Optional<String> validateChange(
              ConfigResource resource,
              Map<String, String> old,
              Map<String, String> changed,
              Map<String, String> ofAllBrokers) {
            return Optional.of(resource.name() + old + changed + ofAllBrokers);
          }
        };
    var decision =
        ConfigChanges.incremental(
            image, Map.of(own, List.of(set("retention.ms", "5"))), false, rules);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply().get(own))
        .isEqualTo(new Outcome(Errors.INVALID_CONFIG, "1{}{retention.ms=5}{retention.ms=1}"));
  }
}
