package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConnectionStateTest {
  @Test
  void shouldKeepTheBeginningOfWhatAClientCallsItself() {
    ConnectionState connection = new ConnectionState();

    connection.software("n".repeat(10_000_000), "4.3.1");
    assertThat(connection.softwareName()).isEqualTo("n".repeat(ConnectionState.MAX_SOFTWARE));
    assertThat(connection.softwareVersion()).isEqualTo("4.3.1");

    connection.software("client", "4".repeat(10_000_000));
    assertThat(connection.softwareName()).isEqualTo("client");
    assertThat(connection.softwareVersion()).isEqualTo("4".repeat(ConnectionState.MAX_SOFTWARE));
  }
}
