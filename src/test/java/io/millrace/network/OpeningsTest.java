package io.millrace.network;

import static io.millrace.network.TestNode.await;
import static io.millrace.network.TestNode.number;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections to the internal listener that say nothing, and what they may hold. */
@Timeout(120)
class OpeningsTest {
  private static final int OF_ONE_ADDRESS = 16;

  private final List<Socket> silent = new ArrayList<>();
  private TestNode node;

  @BeforeEach
  void listen() {
    node = new TestNode("A", 1, "s");
    node.handshakeMs = 100_000;
    node.listen(0).serve();
  }

  @AfterEach
  void close() throws IOException {
    for (Socket socket : silent) {
      socket.close();
    }
    node.close();
  }

  private Socket connect(String from) throws IOException {
    Socket socket = new Socket();
    silent.add(socket);
    socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.listener.port()));
    socket.setSoTimeout(20_000);
    return socket;
  }

  private void fill(String from) throws IOException {
    int before = node.listener.openingCount();
    for (int i = 0; i < OF_ONE_ADDRESS; i++) {
      connect(from);
    }
    awaitTrue(() -> node.listener.openingCount() == before + OF_ONE_ADDRESS);
  }

  private static void awaitTrue(BooleanSupplier condition) {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldRefuseAddressThatHasManyOpenAlready() throws Exception {
    fill("127.0.0.2");

    assertThat(connect("127.0.0.2").getInputStream().read()).isEqualTo(-1);

    assertThat(node.listener.openingCount()).isEqualTo(OF_ONE_ADDRESS);
    // Its peer may see the end before it is counted out.
    awaitTrue(() -> node.listener.limits().count() == OF_ONE_ADDRESS);
  }

  @Test
  void shouldLetOthersInWhileOneAddressHasAllItMay() throws Exception {
    fill("127.0.0.2");

    try (TestNode other = new TestNode("A", 2, "s").knows(node)) {
      assertThat(number(await(other.ask(1, 7)))).isEqualTo(7);
    }
  }

  @Test
  void shouldLetAddressInAgainWhenItHasClosedOne() throws Exception {
    fill("127.0.0.1");

    silent.get(0).close();
    awaitTrue(() -> node.listener.openingCount() == OF_ONE_ADDRESS - 1);

    try (TestNode other = new TestNode("A", 2, "s").knows(node)) {
      assertThat(number(await(other.ask(1, 7)))).isEqualTo(7);
    }
  }

  @Test
  void shouldBoundThoseOfAllAddresses() throws Exception {
    for (int host = 2; host < 18; host++) {
      fill("127.0.0." + host);
    }

    assertThat(connect("127.0.0.18").getInputStream().read()).isEqualTo(-1);

    assertThat(node.listener.openingCount()).isEqualTo(256);
  }
}
