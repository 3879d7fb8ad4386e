package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterCheckTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:99999",
        "127.0.0.1:0",
        "a b:xx",
        "a b",
        "http://host:5701",
        "host:",
        ":5701",
        "[::1",
        "a,b,"
      })
  void shouldFindAMalformedSeedWithWhatElseIsWrong(String seeds) {
    assertThatThrownBy(
            () ->
                SettingsLoader.load(
                    null, Map.of(), List.of("cluster.seeds=" + seeds, "num.partitions=0")))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.problems())
                    .hasSize(2)
                    .anyMatch(
                        problem ->
                            problem.contains(seeds + " for configuration cluster.seeds")
                                && problem.contains("host:port with a port from 1 to 65535")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1,127.0.0.1:5701",
        "Host,host",
        "[::1]:5701,::1",
      })
  void shouldRefuseOneSeedTwice(String seeds) {
    assertThat(SettingsCheck.of(Settings.of(Map.of("cluster.seeds", seeds))).problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem).contains("are one node").contains("5701"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a,b:1,c_d.e-f:65535", "::1,[::2],[fe80::1%eth0]:5701", "10.0.0.7", "m\u00fcller"})
  void shouldTakeSeeds(String seeds) {
    assertThat(SettingsCheck.of(Settings.of(Map.of("cluster.seeds", seeds))).problems()).isEmpty();
  }

  @Test
  void shouldKnowASeedWithoutAPortByTheOwnPort() {
    Map<String, String> values = Map.of("cluster.seeds", "a,a:5701", "cluster.port", "5800");

    assertThat(SettingsCheck.of(Settings.of(values)).problems()).isEmpty();
  }

  @Test
  void shouldRefuseAnEmptySecret() {
    assertThat(secret("").problems())
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem).contains("cluster.secret").contains("leave the key out"));
  }

  @Test
  void shouldWarnOfAShortSecretWithoutShowingIt() {
    assertThat(secret("0123456789abcde").warnings())
        .singleElement()
        .satisfies(
            warning ->
                assertThat(warning)
                    .contains("cluster.secret has fewer than 16 characters")
                    .doesNotContain("0123"));
    assertThat(secret("0123456789abcdef").warnings()).isEmpty();
  }

  @Test
  void shouldNotMindTheSecretOfANodeAlone() {
    SettingsCheck check = SettingsCheck.of(Settings.of(Map.of("cluster.secret", "short")));

    assertThat(check.problems()).isEmpty();
    assertThat(check.warnings()).isEmpty();
  }

  private static SettingsCheck secret(String secret) {
    return SettingsCheck.of(Settings.of(Map.of("cluster.seeds", "a", "cluster.secret", secret)));
  }

  @Test
  void shouldSayThatAValueIsEmpty() {
    assertThatThrownBy(() -> NodeKeys.PROCESS_ROLES.parse(" "))
        .hasMessageStartingWith("Invalid empty value for configuration process.roles: it is not");
  }
}
