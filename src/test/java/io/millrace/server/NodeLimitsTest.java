package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.Settings;
import java.net.InetAddress;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeLimitsTest {
  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.7", "::1", "[::1]", "2001:DB8::7", "2001:db8:0:0:0:0:0:7"})
  void shouldNameAddressesAsConnectionsDo(String address) throws Exception {
    Settings settings = Settings.of(Map.of("max.connections.per.ip.overrides", address + ":200"));

    assertThat(NodeLimits.connections(settings).overrides())
        .isEqualTo(Map.of(InetAddress.getByName(address).getHostAddress(), 200));
  }
}
