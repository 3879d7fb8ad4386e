package io.millrace.network;

import static io.millrace.network.TestNode.await;
import static io.millrace.network.TestNode.number;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.millrace.client.PeerAddress;
import io.millrace.client.PeerException;
import io.millrace.protocol.peer.PeerRefusal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

/** Whom a node takes for which node, and whom it refuses. */
class PeerIntroductionsTest extends PeerNodes {
  @Test
  void shouldFailWhenNobodyAnswersTheHandshake() throws IOException {
    TestNode client = keep(new TestNode("A", 2, "s", TestNode.LIMITS_FOR_SILENCE));
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      client.addresses.put(1, new PeerAddress("127.0.0.1", silent.getLocalPort()));

      assertThat(failureOf(client.ask(1, 1, 50)))
          .hasMessage("node 1: no connection for BrokerHeartbeat v1 within 50 ms");
      assertThat(failureOf(client.ask(1, 1))).hasMessageContaining("no handshake within 500 ms");
    }
  }

  @Test
  void shouldRefuseWrongSecretOnBothSides() {
    TestNode server = server();
    TestNode client = node("A", 2, "another").knows(server);

    PeerException failure = failureOf(client.ask(1, 1));

    assertThat(failure.refusal()).isEqualTo(PeerRefusal.WRONG_SECRET);
    assertThat(failure.maybeReceived()).isFalse();
    assertThat(failure).hasMessageContaining("set the same on all nodes");
    assertThat(server.listener.isConnected(2)).isFalse();
    assertThat(server.metrics.scrape()).contains("millrace_peer_connections_refused_total 1");
  }

  @Test
  void shouldRememberOnBothSidesWhyThereIsNoConnection() throws InterruptedException {
    TestNode server = server();
    TestNode client = node("A", 2, "another").knows(server);
    failureOf(client.ask(1, 1));

    String why = "WRONG_SECRET: node 2 and node 1 have not the same cluster.secret";
    assertThat(client.peers.refusals().recent())
        .singleElement(as(STRING))
        .startsWith("Node 1 at 127.0.0.1:")
        .contains(why)
        .doesNotContain("another");
    assertThat(server.listener.refusals().recent())
        .singleElement(as(STRING))
        .startsWith("Node 2 at ")
        .contains(why);

    TestNode right = clientOf(server);
    tellUntilHeard(right, server, "right");
    assertThat(server.listener.refusals().recent()).isEmpty();
  }

  @Test
  void shouldRefuseForeignCluster() {
    TestNode server = server();
    TestNode client = node("B", 2, "s").knows(server);

    assertThat(failureOf(client.ask(1, 1)).refusal()).isEqualTo(PeerRefusal.FOREIGN_CLUSTER);
  }

  @Test
  void shouldNotTalkToItself() {
    TestNode client = node("A", 2, "s");

    assertThat(failureOf(client.ask(2, 1)).refusal()).isEqualTo(PeerRefusal.SELF);
  }

  @Test
  void shouldRefuseToBeTakenForAnotherNode() {
    TestNode server = server();
    TestNode client = node("A", 2, "s");
    client.addresses.put(3, new PeerAddress("127.0.0.1", server.listener.port()));

    assertThat(failureOf(client.ask(3, 1)).refusal()).isEqualTo(PeerRefusal.WRONG_NODE);
  }

  @Test
  void shouldRefuseSecondProcessUnderOneNodeId() throws Exception {
    TestNode server = server();
    TestNode first = clientOf(server);
    TestNode second = clientOf(server);
    assertThat(number(askUntilAnswered(first, 1))).isEqualTo(1);

    PeerException refused = failureOf(second.ask(1, 1));
    assertThat(refused.refusal()).isEqualTo(PeerRefusal.NODE_ID_CLASH);
    assertThat(refused)
        .hasMessageContaining("another process is alive as node 2 on a copy of the same");
    assertThat(number(await(first.ask(1, 2)))).isEqualTo(2);
  }

  @Test
  void shouldTakeAProcessForTheFirstOneStartedAgainWhenTheFirstOneIsGone() throws Exception {
    TestNode server = server();
    TestNode first = clientOf(server);
    assertThat(number(askUntilAnswered(first, 1))).isEqualTo(1);
    await(first.peers.close());
    awaitTrue(() -> !server.listener.isConnected(2));

    assertThat(number(askUntilAnswered(clientOf(server), 2))).isEqualTo(2);
  }

  @Test
  void shouldTakeMessagesBeforeItServesRequests() throws InterruptedException {
    TestNode server = node("A", 1, "s").listen(0);
    TestNode client = clientOf(server);

    client.tell(server, "early");
    assertThat(server.nextMessage()).isEqualTo("2 early");
    assertThat(failureOf(client.ask(1, 1)).refusal()).isEqualTo(PeerRefusal.NOT_READY);

    server.serve();
    assertThat(number(askUntilAnswered(client, 2))).isEqualTo(2);
  }

  @Test
  void shouldIntroduceItselfAnewWhenItHasJoinedACluster() throws InterruptedException {
    TestNode server = node(null, 1, "s").listen(0).serve();
    TestNode client = node(null, 2, "s").knows(server);
    tellUntilHeard(client, server, "fresh");

    server.own.joined("A");
    awaitTrue(() -> !client.peers.isConnected(1, null));
    client.own.joined("A");
    tellUntilHeard(client, server, "joined");

    TestNode stranger = node(null, 3, "s").knows(server);
    tellUntilHeard(stranger, server, "stranger");
    stranger.own.joined("B");
    awaitTrue(() -> !stranger.peers.isConnected(1, null));
    assertThat(failureOf(stranger.ask(1, 1)).refusal()).isEqualTo(PeerRefusal.FOREIGN_CLUSTER);
    assertThatThrownBy(() -> stranger.own.joined("C")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldSayWhichAddressCannotBeBound() {
    TestNode server = server();
    TestNode second = node("A", 2, "s");

    assertThatThrownBy(() -> second.listen(server.listener.port()))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "Cannot listen on 127.0.0.1:"
                + server.listener.port()
                + " (cluster.host, internal.port): ");
  }
}
