package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerBindingTest {
  @Test
  void shouldBindLoopbackWhenNothingIsConfigured() throws IOException {
    assertThat(PeerBinding.choose(null, List.of(), false).isLoopbackAddress()).isTrue();
  }

  @Test
  void shouldBindInterfaceThatReachesTheSeeds() throws IOException {
    assertThat(PeerBinding.choose(null, List.of("127.0.0.1"), false).getHostAddress())
        .isEqualTo("127.0.0.1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.1.1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1"
      })
  void shouldBindPrivateAddressWithoutSecret(String host) throws IOException {
    assertThat(PeerBinding.choose(host, List.of(), false)).isEqualTo(InetAddress.getByName(host));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0", "::", "203.0.113.7", "9.255.255.255", "11.0.0.1", "172.15.255.255",
        "172.32.0.1", "192.167.255.255", "192.169.0.1", "169.253.0.1", "2001:db8::1", "fec0::1",
        "fbff::1", "fe00::1", "::ffff:203.0.113.7"
      })
  void shouldBindOtherAddressOnlyWithSecret(String host) throws IOException {
    assertThatThrownBy(() -> PeerBinding.choose(host, List.of(), false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cluster.host is " + host)
        .hasMessageContaining("set cluster.secret");

    assertThat(PeerBinding.choose(host, List.of(), true)).isEqualTo(InetAddress.getByName(host));
  }

  @Test
  void shouldNameUnknownHost() {
    assertThatThrownBy(() -> PeerBinding.choose("no such host", List.of(), true))
        .isInstanceOf(IOException.class)
        .hasMessage("cluster.host is no such host, which is no known host");
  }
}
