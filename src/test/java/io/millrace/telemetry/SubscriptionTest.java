package io.millrace.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscriptionTest {
  private static final Uuid ID = new Uuid(1, 2);
  private static final ClientTraits CLIENT =
      new ClientTraits(ID, "billing-1", "apache-kafka-java", "4.3.1", "10.0.0.7", 5_000);

  private static Subscription of(String... configs) throws SubscriptionException {
    Map<String, String> map = new java.util.HashMap<>();
    for (int i = 0; i < configs.length; i += 2) {
      map.put(configs[i], configs[i + 1]);
    }
    return Subscription.of("s", map);
  }

  @Test
  void shouldHaveKafkasDefaults() throws SubscriptionException {
    Subscription subscription = of();

    assertThat(subscription.intervalMs()).isEqualTo(300_000);
    assertThat(subscription.metrics()).isEmpty();
    assertThat(subscription.matches(CLIENT)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "client_id=billing-.*                                  | true",
        "client_id=billing                                     | false",
        "client_id = billing-1                                 | true",
        "client_instance_id=AAAAAAAAAAEAAAAAAAAAAg             | true",
        "client_software_name=apache-kafka-java,client_id=x.*  | false",
        "client_software_version=4\\..*,client_id=b.*          | true",
        "client_source_address=10\\.0\\.0\\.[0-9]+             | true",
        "client_source_port=[0-9]{4}                           | true",
        "client_id=x,client_id=billing-1                       | true"
      })
  void shouldMatchWholeValuesOfAllSelectors(String match, boolean matches)
      throws SubscriptionException {
    assertThat(of("match", match).matches(CLIENT)).isEqualTo(matches);
  }

  @Test
  void shouldNotMatchWhatAClientDoesNotSay() throws SubscriptionException {
    assertThat(
            of("match", "client_id=.*")
                .matches(new ClientTraits(ID, null, "unknown", "unknown", "10.0.0.7", 1)))
        .isFalse();
  }

  @Test
  void shouldNotLetLongNamesBeMatched() throws SubscriptionException {
    String name = "a".repeat(32_000);

    assertThat(
            of("match", "client_id=(a*)*")
                .matches(new ClientTraits(ID, name, "unknown", "unknown", "10.0.0.7", 1)))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "interval.ms | 99                       | INVALID_REQUEST",
        "interval.ms | 3600001                  | INVALID_REQUEST",
        "interval.ms | soon                     | INVALID_CONFIG",
        "frequency   | 1                        | INVALID_REQUEST",
        "match       | client_id                | INVALID_CONFIG",
        "match       | client_id=a=b            | INVALID_CONFIG",
        "match       | client_name=a            | INVALID_CONFIG",
        "match       | client_id=(              | INVALID_CONFIG",
        "match       | client_id=(?=a)b         | INVALID_CONFIG",
        "match       | client_id=((a{99}){99})  | INVALID_CONFIG",
        "metrics     | a,,b                     | INVALID_CONFIG"
      })
  void shouldRefuseWhatCannotBe(String key, String value, Errors error) {
    assertThatThrownBy(() -> of(key, value))
        .isInstanceOfSatisfying(
            SubscriptionException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @Test
  void shouldTakeTheLimitsOfTheInterval() throws SubscriptionException {
    assertThat(of("interval.ms", "100").intervalMs()).isEqualTo(100);
    assertThat(of("interval.ms", " 3600000 ").intervalMs()).isEqualTo(3_600_000);
  }

  @Test
  void shouldAskForEverythingThatMatchingSubscriptionsWant() throws SubscriptionException {
    Subscriptions all =
        new Subscriptions(
            List.of(
                of("metrics", "b,a", "interval.ms", "5000"),
                of("metrics", "c", "interval.ms", "1000"),
                of("metrics", "d", "interval.ms", "100", "match", "client_id=other")));

    Subscriptions.Wanted wanted = all.wantedOf(CLIENT);

    assertThat(wanted.metrics()).containsExactly("a", "b", "c");
    assertThat(wanted.intervalMs()).isEqualTo(1_000);
  }

  @Test
  void shouldAskForAllAloneWhenOneSubscriptionWantsAll() throws SubscriptionException {
    Subscriptions all = new Subscriptions(List.of(of("metrics", "b,a"), of("metrics", "*")));

    assertThat(all.wantedOf(CLIENT).metrics()).containsExactly("*");
  }
}
