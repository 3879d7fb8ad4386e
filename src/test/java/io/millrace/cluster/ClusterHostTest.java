package io.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.config.Seed;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterHostTest {
  @Test
  void shouldStayOnLoopbackAloneAndOnALaptop() throws IOException {
    assertThat(ClusterHost.choose(null, null)).isEqualTo("127.0.0.1");
    assertThat(ClusterHost.choose(null, Discovery.Multicast.DEFAULT)).isEqualTo("127.0.0.1");
  }

  @Test
  void shouldTakeTheInterfaceThatReachesTheSeeds() throws IOException {
    assertThat(ClusterHost.choose(null, seeds("127.0.0.1"))).isEqualTo("127.0.0.1");
  }

  @Test
  void shouldTakeWhatIsConfigured() throws IOException {
    assertThat(ClusterHost.choose("127.0.0.3", seeds("127.0.0.1"))).isEqualTo("127.0.0.3");
  }

  @Test
  void shouldRefuseAllInterfaces() {
    assertThatThrownBy(() -> ClusterHost.choose("0.0.0.0", null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cluster.host is 0.0.0.0");
  }

  @Test
  void shouldNameUnknownHost() {
    assertThatThrownBy(() -> ClusterHost.choose("no such host", null))
        .isInstanceOf(IOException.class)
        .hasMessage("cluster.host no such host is not known");
  }

  @Test
  void shouldPreferPrivateAddressesThenIpv4AndNeverALinkLocalOne() throws IOException {
    assertThat(best("fe80::1", "fd00::2", "8.8.8.8", "10.0.0.7")).isEqualTo("10.0.0.7");
    assertThat(best("2001:db8::1", "8.8.8.8", "fd00::2")).isEqualTo("fd00:0:0:0:0:0:0:2");
    assertThat(best("2001:db8::1", "8.8.8.8")).isEqualTo("8.8.8.8");
    assertThat(ClusterHost.best(List.of(InetAddress.getByName("fe80::1")))).isNull();
  }

  @Test
  void shouldNotNameTheInterfaceOfAnAddress() throws IOException {
    InetAddress scoped =
        Inet6Address.getByAddress(null, InetAddress.getByName("fd00::2").getAddress(), 1);
    assertThat(scoped.getHostAddress()).isEqualTo("fd00:0:0:0:0:0:0:2%1");

    assertThat(ClusterHost.best(List.of(scoped)).getHostAddress()).isEqualTo("fd00:0:0:0:0:0:0:2");
  }

  private static String best(String... addresses) throws IOException {
    List<InetAddress> all = new ArrayList<>();
    for (String address : addresses) {
      all.add(InetAddress.getByName(address));
    }
    return ClusterHost.best(all).getHostAddress();
  }

  private static Discovery seeds(String host) {
    return new Discovery.Seeds(List.of(new Seed(host, 5701)));
  }
}
