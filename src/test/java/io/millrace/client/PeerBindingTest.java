package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerBindingTest {
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
    assertThat(PeerBinding.isPrivate(InetAddress.getByName(host))).isTrue();
    PeerBinding.check(InetAddress.getByName(host), false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0", "::", "203.0.113.7", "9.255.255.255", "11.0.0.1", "172.15.255.255",
        "172.32.0.1", "192.167.255.255", "192.169.0.1", "169.253.0.1", "2001:db8::1", "fec0::1",
        "fbff::1", "fe00::1", "::ffff:203.0.113.7"
      })
  void shouldBindOtherAddressOnlyWithSecret(String host) throws IOException {
    InetAddress address = InetAddress.getByName(host);
    assertThatThrownBy(() -> PeerBinding.check(address, false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cluster.host is " + address.getHostAddress())
        .hasMessageContaining("set cluster.secret");

    PeerBinding.check(address, true);
  }
}
