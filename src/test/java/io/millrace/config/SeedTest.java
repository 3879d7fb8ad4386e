package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    "[fe80::7]:5800, fe80::7, 5800",
    "Node1:5800, node1, 5800"
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
  void shouldTakeTheUsualPortForSeedsWithoutWhenItsOwnIsAnyFreeOne() {
    Settings settings = Settings.of(Map.of("cluster.seeds", "a,b:7", "cluster.port", "0"));

    assertThat(Seed.of(settings)).isEqualTo(List.of(new Seed("a", 5701), new Seed("b", 7)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"node1:5800", "[fe80::7]:5800"})
  void shouldBeWrittenAsItIsRead(String text) {
    assertThat(Seed.parse(text, 1)).hasToString(text);
  }
}
