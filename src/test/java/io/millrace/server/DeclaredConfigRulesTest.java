package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.Settings;
import io.millrace.metadata.ConfigResource;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the controller accepts of the brokers' dynamic configs. */
class DeclaredConfigRulesTest {
  private static final ConfigResource ALL = ConfigResource.brokerDefault();
  private static final ConfigResource OWN = ConfigResource.broker(1);
  private static final ConfigResource OTHER = ConfigResource.broker(2);

  private static final DeclaredConfigRules RULES =
      new DeclaredConfigRules(
          Settings.defaults().withStatic(Map.of("log.cleaner.threads", "4")), 1);

  private static Map<String, String> threads(int number) {
    return Map.of("log.cleaner.threads", Integer.toString(number));
  }

  private static Optional<String> refusal(
      ConfigResource resource, Map<String, String> old, Map<String, String> changed) {
    return RULES.validateChange(resource, old, changed, Map.of());
  }

  @Test
  void shouldAcceptHalfToDoubleOfTheCleanersThreads() {
    for (int number : new int[] {2, 4, 8}) {
      assertThat(refusal(ALL, Map.of(), threads(number))).isEmpty();
      assertThat(refusal(OWN, Map.of(), threads(number))).isEmpty();
    }
  }

  @Test
  void shouldRefuseLargerStepsOfTheCleanersThreads() {
    for (int number : new int[] {0, 1, 9}) {
      assertThat(refusal(ALL, Map.of(), threads(number)))
          .hasValueSatisfying(
              why -> assertThat(why).contains("log.cleaner.threads", "4 now", "2 to 8"));
      assertThat(refusal(OWN, Map.of(), threads(number))).isPresent();
    }
  }

  @Test
  void shouldCountFromTheCommittedNumber() {
    assertThat(refusal(ALL, threads(8), threads(16))).isEmpty();
    assertThat(refusal(ALL, threads(8), threads(17))).isPresent();
    assertThat(RULES.validateChange(OTHER, Map.of(), threads(16), threads(8))).isEmpty();
    assertThat(RULES.validateChange(OTHER, Map.of(), threads(17), threads(8))).isPresent();
    assertThat(RULES.validateChange(OTHER, threads(20), Map.of(), threads(8))).isPresent();
  }

  @Test
  void shouldNotJudgeByItsOwnFileWhatAnotherBrokersFileSays() {
    assertThat(refusal(OTHER, Map.of(), threads(16))).isEmpty();
    assertThat(refusal(OTHER, threads(16), Map.of())).isEmpty();
  }

  @Test
  void shouldRefuseABrokersMemoryThatIsTooSmallForTheThreadsOfAll() {
    Map<String, String> memory = Map.of("log.cleaner.dedupe.buffer.size", "5000000");
    assertThat(RULES.validateChange(OTHER, Map.of(), memory, threads(4))).isEmpty();
    assertThat(RULES.validateChange(OTHER, Map.of(), memory, threads(8)))
        .hasValueSatisfying(why -> assertThat(why).contains("8 log.cleaner.threads"));
  }

  @Test
  void shouldRefuseLimitsOfConnectionsWithWhichNobodyCouldConnect() {
    Map<String, String> none = Map.of("max.connections.per.ip", "0");
    assertThat(refusal(ALL, Map.of(), none))
        .hasValueSatisfying(why -> assertThat(why).contains("nobody could connect"));
    assertThat(refusal(OTHER, Map.of(), none)).isPresent();
    Map<String, String> some =
        Map.of("max.connections.per.ip", "0", "max.connections.per.ip.overrides", "10.0.0.7:9");
    assertThat(refusal(ALL, Map.of(), some)).isEmpty();
    assertThat(refusal(ALL, some, none)).isPresent();
  }

  @Test
  void shouldLeaveOtherChangesAlone() {
    Map<String, String> both = Map.of("log.cleaner.threads", "16", "log.cleaner.backoff.ms", "5");
    assertThat(refusal(OWN, threads(16), both)).isEmpty();
    assertThat(refusal(ConfigResource.topic("a"), Map.of(), threads(99))).isEmpty();
  }
}
