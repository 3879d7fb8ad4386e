package io.millrace.network;

import static io.millrace.network.TestNode.await;
import static io.millrace.network.TestNode.number;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RequestContext;
import io.millrace.client.PeerException;
import io.millrace.client.PeerException.Reason;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.junit.jupiter.api.Test;

/** Requests from node to node, and how each of them ends. */
class PeerRequestsTest extends PeerNodes {
  @Test
  void shouldPipelineRequests() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);
    server.park = true;

    List<Future<ApiMessage>> asked = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      asked.add(client.ask(1, i));
    }
    for (int i = 0; i < 50; i++) {
      RequestContext context = server.parked.poll(20, TimeUnit.SECONDS);
      assertThat(context.peer()).isEqualTo(2);
      assertThat(context.listener()).isEqualTo(PeerListener.NAME);
      assertThat(context.clientId()).isEqualTo("node-2");
      TestNode.reply(context, i);
    }

    for (int i = 0; i < 50; i++) {
      assertThat(number(await(asked.get(i)))).isEqualTo(i);
    }
  }

  @Test
  void shouldBeginMarkersWhileOthersWait() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);

    final Future<ApiMessage> first = writeMarkers(client);
    final Future<ApiMessage> second = writeMarkers(client);
    RequestContext one = server.parked.poll(20, TimeUnit.SECONDS);
    RequestContext two = server.parked.poll(20, TimeUnit.SECONDS);
    two.reply(new WriteTxnMarkersResponseData());
    one.reply(new WriteTxnMarkersResponseData());

    await(first);
    await(second);
  }

  private static Future<ApiMessage> writeMarkers(TestNode client) {
    return client.peers.request(
        1, "test", new WriteTxnMarkersRequestData(), (short) 1, /* timeoutMs= */ 20_000);
  }

  @Test
  void shouldAnswerOnTheCallersContext() throws Exception {
    TestNode server = server();
    TestNode client = clientOf(server);
    Context context = client.vertx.getOrCreateContext();
    Promise<Context> seen = Promise.promise();

    context.runOnContext(
        go -> client.ask(1, 1).onComplete(any -> seen.complete(Vertx.currentContext())));

    assertThat(await(seen.future())).isSameAs(context);
  }

  @Test
  void shouldKeepLanesApart() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);
    server.park = true;
    final Future<ApiMessage> slow = client.ask(1, 1);
    RequestContext context = server.parked.poll(20, TimeUnit.SECONDS);
    server.park = false;

    ApiMessage quick =
        await(
            client.peers.request(
                1, "other", new BrokerHeartbeatRequestData().setBrokerEpoch(7), (short) 1, 20_000));

    assertThat(number(quick)).isEqualTo(7);
    assertThat(slow.isComplete()).isFalse();
    TestNode.reply(context, 1);
    assertThat(number(await(slow))).isEqualTo(1);
  }

  @Test
  void shouldComeBackAfterTheServerRestarts() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);
    assertThat(number(await(client.ask(1, 1)))).isEqualTo(1);
    tellUntilHeard(client, server, "before");

    int port = server.listener.port();
    server.stopListening();
    awaitTrue(() -> !client.peers.isConnected(1, "test"));
    PeerException failure = failureOf(client.ask(1, 2));
    assertThat(failure.reason()).isEqualTo(Reason.NO_CONNECTION);
    assertThat(failure.maybeReceived()).isFalse();
    assertThat(failure).hasMessageStartingWith("node 1: no connection to 127.0.0.1:" + port);

    server.listen(port).serve();
    tellUntilHeard(client, server, "after");
    assertThat(number(askUntilAnswered(client, 3))).isEqualTo(3);
  }

  @Test
  void shouldFailAtOnceWithoutAddress() {
    TestNode client = node("A", 2, "s");

    PeerException failure = failureOf(client.ask(1, 1));

    assertThat(failure.reason()).isEqualTo(Reason.NO_ADDRESS);
    assertThat(failure).hasMessage("node 1: its address is not known now");
  }

  @Test
  void shouldFailWhatIsOnItsWayWhenTheConnectionEnds() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);
    server.park = true;
    Future<ApiMessage> first = client.ask(1, 1);
    Future<ApiMessage> second = client.ask(1, 2);
    assertThat(server.parked.poll(20, TimeUnit.SECONDS)).isNotNull();

    client.peers.disconnect(1);

    assertThat(failureOf(first).maybeReceived()).isTrue();
    assertThat(failureOf(second).reason()).isEqualTo(Reason.NO_CONNECTION);
    awaitTrue(() -> !server.listener.isConnected(2));
    server.park = false;
    assertThat(number(await(client.ask(1, 3)))).isEqualTo(3);
  }

  @Test
  void shouldFailWhenThereIsNoAnswerInTimeAndConnectAgain() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);
    await(client.ask(1, 0));
    server.park = true;

    PeerException failure = failureOf(client.ask(1, 1, 50));

    assertThat(failure.reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(failure).hasMessage("node 1: no answer to BrokerHeartbeat v1 within 50 ms");
    server.park = false;
    assertThat(number(askUntilAnswered(client, 2))).isEqualTo(2);
  }

  @Test
  void shouldBoundWhatIsOnItsWay() throws InterruptedException {
    TestNode server = server();
    TestNode client = clientOf(server);
    server.park = true;

    List<Future<ApiMessage>> asked = new ArrayList<>();
    for (int i = 0; i < TestNode.LIMITS.maxCalls(); i++) {
      asked.add(client.ask(1, i));
    }
    PeerException failure = failureOf(client.ask(1, 1));

    assertThat(failure.reason()).isEqualTo(Reason.OVERLOADED);
    assertThat(failure.maybeReceived()).isFalse();
    client.peers.disconnect(1);
    asked.forEach(request -> failureOf(request));
    server.park = false;
    assertThat(number(askUntilAnswered(client, 5))).isEqualTo(5);
  }

  @Test
  void shouldCountRequestsOfNodesApartFromThoseOfClients() throws Exception {
    TestNode server = server();
    NetworkMetrics.ofClients(server.metrics, List.of(ApiKeys.BROKER_HEARTBEAT));
    askUntilAnswered(clientOf(server), 1);

    String figures = server.metrics.scrape();
    assertThat(figures).containsPattern("millrace_peer_network_received_bytes_total [1-9]");
    assertThat(figures).containsPattern("millrace_network_received_bytes_total 0");
    assertThat(figures).containsPattern("millrace_request_seconds_count\\{.*} 0");
  }

  @Test
  void shouldCloseConnectionForKeysThatAreNotServed() {
    TestNode server = server();
    TestNode client = clientOf(server);

    Future<ApiMessage> answer =
        client.peers.request(
            1, "test", new MetadataRequestData(), ApiKeys.METADATA.latestVersion(), 20_000);

    assertThat(failureOf(answer).reason()).isEqualTo(Reason.NO_CONNECTION);
  }

  @Test
  void shouldFailWhatIsAskedAfterTheEnd() {
    TestNode server = server();
    TestNode client = clientOf(server);
    await(client.peers.close());

    assertThat(failureOf(client.ask(1, 1)).reason()).isEqualTo(Reason.CLOSED);
  }
}
