package io.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
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

  private static Discovery seeds(String host) {
    return new Discovery.Seeds(List.of(new Seed(host, 5701)));
  }
}
