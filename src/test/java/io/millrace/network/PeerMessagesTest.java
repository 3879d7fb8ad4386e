package io.millrace.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.PeerAddress;
import io.millrace.protocol.peer.PeerSubject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Messages from node to node, which may be lost, but not out of order. */
class PeerMessagesTest extends PeerNodes {
  @Test
  void shouldBringMessagesInOrder() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);

    for (int i = 0; i < 2_000; i++) {
      client.tell(server, "message " + i);
      if (i % 100 == 99) {
        for (int j = i - 99; j <= i; j++) {
          assertThat(server.nextMessage()).isEqualTo("2 message " + j);
        }
      }
    }
    assertThat(server.listener.isConnected(2)).isTrue();
    assertThat(client.peers.isConnected(1, null)).isTrue();
  }

  @Test
  void shouldBringLargestMessage() throws InterruptedException {
    TestNode server = server();
    TestNode client = keep(new TestNode("A", 2, "s", TestNode.LIMITS_FOR_LARGE)).knows(server);
    BlockingQueue<Integer> sizes = new LinkedBlockingQueue<>();
    server.listener.receiver(
        PeerSubject.FORMATION, (from, directory, message) -> sizes.add(message.remaining()));

    client.peers.tell(1, PeerSubject.FORMATION, ByteBuffer.allocate(PeerSubject.MAX_MESSAGE_BYTES));

    assertThat(sizes.poll(20, TimeUnit.SECONDS)).isEqualTo(PeerSubject.MAX_MESSAGE_BYTES);
  }

  @Test
  void shouldDropAndCountAMessageThatIsTooLarge() throws InterruptedException {
    TestNode server = server();
    TestNode client = keep(new TestNode("A", 2, "s", TestNode.LIMITS_FOR_LARGE)).knows(server);
    double before = dropped(client);
    ByteBuffer larger = ByteBuffer.allocate(PeerSubject.MAX_MESSAGE_BYTES + 1);

    client.peers.tell(1, PeerSubject.FORMATION, larger);
    client.tell(server, "next");

    assertThat(server.nextMessage()).isEqualTo("2 next");
    assertThat(dropped(client)).isEqualTo(before + 1);
  }

  @Test
  void shouldDropMessagesThatAreTooManyAndCountThem() throws IOException {
    TestNode client = keep(new TestNode("A", 2, "s", TestNode.LIMITS_FOR_SILENCE));
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      client.addresses.put(1, new PeerAddress("127.0.0.1", silent.getLocalPort()));

      for (int i = 0; i < 100; i++) {
        client.peers.tell(1, PeerSubject.QUORUM, ByteBuffer.allocate(1 << 20));
      }

      // With what comes before each of them, three fit into the 4 MiB that may wait.
      assertThat(dropped(client)).isGreaterThanOrEqualTo(97);
    }
  }

  private static double dropped(TestNode node) {
    return node.metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith("millrace_peer_messages_dropped_total"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void shouldGoOnWhenAReceiverFails() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);
    server.listener.receiver(
        PeerSubject.FORMATION,
        (from, directory, message) -> {
          throw new IllegalStateException("expected in this test");
        });

    client.peers.tell(1, PeerSubject.FORMATION, ByteBuffer.allocate(1));
    client.tell(server, "next");

    assertThat(server.nextMessage()).isEqualTo("2 next");
  }
}
