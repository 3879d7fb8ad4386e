package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenersTest {
  private static Listeners listeners(String... keysAndValues) {
    Map<String, String> values = new java.util.HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      values.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return Listeners.from(Settings.of(values));
  }

  @Test
  void shouldListenOnAllInterfacesByDefault() {
    Listeners listeners = listeners();

    assertThat(listeners.bound()).containsExactly(new Listener("PLAINTEXT", "", 9092));
    assertThat(listeners.bound().get(0).bindHost()).isEqualTo("0.0.0.0");
    assertThat(listeners.advertised()).containsExactly(new Listener("PLAINTEXT", "", 9092));
  }

  @Test
  void shouldAdvertiseTheHostThatIsBound() {
    assertThat(listeners("listeners", "PLAINTEXT://127.0.0.1:9092").advertised())
        .containsExactly(new Listener("PLAINTEXT", "127.0.0.1", 9092));
  }

  @Test
  void shouldAdvertiseNoWildcardAddress() {
    assertThat(listeners("listeners", "PLAINTEXT://0.0.0.0:9092").advertised())
        .containsExactly(new Listener("PLAINTEXT", "", 9092));
  }

  @Test
  void shouldAdvertiseThePortThatWasBound() {
    Listeners listeners = listeners("listeners", "PLAINTEXT://127.0.0.1:0");

    assertThat(listeners.advertised(Map.of("PLAINTEXT", 40_000)))
        .containsExactly(new Listener("PLAINTEXT", "127.0.0.1", 40_000));
  }

  @Test
  void shouldKeepThePortThatIsAdvertised() {
    Listeners listeners =
        listeners(
            "listeners", "PLAINTEXT://:0", "advertised.listeners", "PLAINTEXT://example.com:19092");

    assertThat(listeners.advertised(Map.of("PLAINTEXT", 40_000)))
        .containsExactly(new Listener("PLAINTEXT", "example.com", 19_092));
  }

  @Test
  void shouldReadAddressesOfIpv6() {
    assertThat(listeners("listeners", "PLAINTEXT://[::1]:9092").bound())
        .containsExactly(new Listener("PLAINTEXT", "::1", 9092));
    assertThat(new Listener("PLAINTEXT", "::1", 9092)).hasToString("PLAINTEXT://[::1]:9092");
  }

  @Test
  void shouldKeepSeveralListenersInOrder() {
    Listeners listeners =
        listeners(
            "listeners", "INSIDE://127.0.0.1:9092,outside://:19092",
            "listener.security.protocol.map", "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT",
            "advertised.listeners", "OUTSIDE://example.com:443");

    assertThat(listeners.bound())
        .containsExactly(
            new Listener("INSIDE", "127.0.0.1", 9092), new Listener("OUTSIDE", "", 19_092));
    assertThat(listeners.advertised()).containsExactly(new Listener("OUTSIDE", "example.com", 443));
  }

  @Test
  void shouldNotOpenTheControllerListenerOfAKafkaFile() {
    Listeners listeners =
        listeners(
            "listeners", "PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
            "controller.listener.names", "CONTROLLER");

    assertThat(listeners.bound()).extracting(Listener::name).containsExactly("PLAINTEXT");
    assertThat(listeners.advertised()).extracting(Listener::name).containsExactly("PLAINTEXT");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PLAINTEXT",
        "PLAINTEXT://",
        "PLAINTEXT://host",
        "PLAINTEXT://host:70000",
        "PLAINTEXT://host:-1",
        "PLAINTEXT://::1:9092",
        "://host:9092",
        "PLAINTEXT://a:1,PLAINTEXT://b:2",
        "SSL://:9093",
        "INSIDE://:9092",
        ""
      })
  void shouldRefuse(String text) {
    assertThatThrownBy(() -> listeners("listeners", text))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("listeners");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PLAINTEXT://0.0.0.0:9092",
        "OTHER://host:9092",
        "PLAINTEXT://a:1,PLAINTEXT://b:2"
      })
  void shouldRefuseToAdvertise(String text) {
    assertThatThrownBy(() -> listeners("advertised.listeners", text))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("advertised.listeners");
  }
}
