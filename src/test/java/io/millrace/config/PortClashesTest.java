package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PortClashesTest {
  private static List<String> problems(String assignments) {
    List<String> each = Arrays.stream(assignments.split(" ", -1)).map(String::strip).toList();
    return SettingsCheck.of(settings(each)).problems();
  }

  private static Settings settings(List<String> assignments) {
    Map<String, String> values = new HashMap<>();
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      values.put(assignment.substring(0, equals), assignment.substring(equals + 1));
    }
    return Settings.of(values);
  }

  @ParameterizedTest
  @CsvSource({
    "listeners=PLAINTEXT://127.0.0.1:8080, http.port, 127.0.0.1:8080, listeners",
    "listeners=PLAINTEXT://:8080, http.port, 127.0.0.1:8080, listeners",
    "listeners=PLAINTEXT://localhost:8080, http.port, 127.0.0.1:8080, listeners",
    "listeners=PLAINTEXT://127.0.0.1:8080 http.host=::, http.port, [::]:8080, listeners",
    "listeners=PLAINTEXT://[::1]:8080 http.host=0:0:0:0:0:0:0:1, http.port, :8080, listeners",
    "cluster.seeds=127.0.0.1 internal.port=9092, internal.port, 0.0.0.0:9092, listeners",
    "cluster.seeds=127.0.0.1 internal.port=8080, internal.port, 127.0.0.1:8080, http.port",
    "cluster.seeds=127.0.0.1 cluster.port=9093, cluster.port, port 9093, internal.port",
    "cluster.discovery=multicast cluster.host=127.0.0.1 cluster.port=8080, cluster.port,"
        + " 127.0.0.1:8080, http.port",
  })
  void shouldRefuseTwoServicesOnOneAddress(
      String assignments, String setting, String address, String other) {
    assertThat(problems(assignments))
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem)
                    .startsWith("Invalid value ")
                    .contains(" for configuration " + setting + ": ")
                    .contains(address + " belongs to " + other + "="));
  }

  @ParameterizedTest
  @ValueSource(strings = {":9092", "127.0.0.1:9092"})
  void shouldRefuseTwoListenersOnOnePort(String first) {
    assertThat(
            problems(
                ("listeners=A://" + first + ",B://127.0.0.1:9092")
                    + " listener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT"))
        .containsExactly(
            "Invalid value B://127.0.0.1:9092 for configuration listeners: 127.0.0.1:9092 belongs to"
                + (" listeners=A://"
                    + first
                    + "; allowed: a port that nothing else of the node has"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "internal.port=9092",
        "cluster.port=8080 internal.port=8080",
        "listeners=PLAINTEXT://127.0.0.1:0 http.port=0 cluster.seeds=a internal.port=0"
            + " cluster.port=0",
        "listeners=PLAINTEXT://127.0.0.1:8080 http.port=-1",
        "listeners=PLAINTEXT://127.0.0.2:8080",
        "cluster.seeds=a cluster.host=127.0.0.2 internal.port=8080",
        "cluster.seeds=a process.roles=controller internal.port=9092",
      })
  void shouldLetBeWhatDoesNotMeet(String assignments) {
    assertThat(problems(assignments)).isEmpty();
  }

  @Test
  void shouldSayItTogetherWithWhatElseIsWrong() {
    assertThatThrownBy(
            () ->
                SettingsLoader.load(null, Map.of(), List.of("num.partitions=0", "http.port=9092")))
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.problems()).hasSize(2));
  }
}
