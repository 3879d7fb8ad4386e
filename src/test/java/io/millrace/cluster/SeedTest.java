package io.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.config.ClusterKeys;
import io.millrace.config.ConfigurationException;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.config.SettingsLoader;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SeedTest {
  @ParameterizedTest
  @CsvSource({
    "node1, node1, 5701",
    "node1:5800, node1, 5800",
    "10.0.0.7:1, 10.0.0.7, 1",
    "::1, ::1, 5701",
    "[fe80::7], fe80::7, 5701",
    "[fe80::7]:5800, fe80::7, 5800"
  })
  void shouldReadAnEntry(String text, String host, int port) {
    assertThat(Seed.parse(text, 5701)).isEqualTo(new Seed(host, port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":5701", "node1:", "node1:x", "node1:0", "node1:65536", "[::1", "[::1]5"})
  void shouldRefuseAnythingElse(String text) {
    assertThatThrownBy(() -> Seed.parse(text, 5701))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cluster.seeds");
  }

  @Test
  void shouldBeAloneWithoutSeeds() {
    assertThat(Discovery.from(Settings.of(Map.of()))).isEmpty();
  }

  @Test
  void shouldTakeItsOwnPortForSeedsWithout() {
    Settings settings = Settings.of(Map.of("cluster.seeds", "a,b:7", "cluster.port", "5800"));

    assertThat(Discovery.from(settings))
        .contains(new Discovery.Seeds(List.of(new Seed("a", 5800), new Seed("b", 7))));
  }

  @Test
  void shouldLookInKubernetesDnsWhenToldSo() {
    Settings settings =
        Settings.of(
            Map.of("cluster.discovery", "kubernetes", "cluster.kubernetes.service", "mr.svc"));

    assertThat(Discovery.from(settings)).contains(new Discovery.Kubernetes("mr.svc", 5701));
  }

  @Test
  void shouldAskOnThisMachineWithDevUnlessSaidOtherwise() throws IOException {
    var loaded =
        SettingsLoader.load(
            ClusterKeys.devDefaults(), null, Map.of(), List.of("cluster.port=5801"));

    assertThat(Discovery.from(loaded.settings())).contains(Discovery.Multicast.DEFAULT);
    assertThat(loaded.settings().get(NodeKeys.CLUSTER_PORT)).isEqualTo(5801);
  }

  @Test
  void shouldRefuseDiscoveryThatCannotWork() {
    assertThatThrownBy(
            () ->
                SettingsLoader.load(
                    null, Map.of(), List.of("cluster.discovery=kubernetes", "cluster.seeds=a")))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.problems())
                    .hasSize(2)
                    .anyMatch(problem -> problem.contains("needs cluster.kubernetes.service"))
                    .anyMatch(problem -> problem.contains("does not use it")));
  }
}
