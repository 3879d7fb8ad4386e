package io.millrace.network;

import static io.millrace.network.TestNode.await;
import static io.millrace.network.TestNode.number;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.api.RequestContext;
import io.millrace.client.PeerAddress;
import io.millrace.client.PeerException;
import io.millrace.client.PeerException.Reason;
import io.millrace.protocol.peer.PeerRefusal;
import io.millrace.protocol.peer.PeerSubject;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Two nodes and the internal listener between them, over real sockets. */
@Timeout(120)
class PeerListenerTest {
  private static final Logger LOG = LoggerFactory.getLogger(PeerListenerTest.class);
  private static final int ATTACKERS = 20;

  /** Of one attacker; those of all of them fit the backlog. */
  private static final int INPUTS_AT_ONCE = TestNode.BACKLOG / ATTACKERS / 2;

  private final NettyLeaks leaks = new NettyLeaks();
  private final Deque<TestNode> nodes = new ArrayDeque<>();

  @AfterEach
  void shouldHaveReleasedEveryBuffer() {
    while (!nodes.isEmpty()) {
      TestNode node = nodes.pop();
      node.close();
      assertThat(node.memory.usedBytes()).isZero();
    }
    assertThat(leaks.find()).isEmpty();
    leaks.close();
  }

  private TestNode node(String clusterId, int nodeId, String secret) {
    return keep(new TestNode(clusterId, nodeId, secret));
  }

  private TestNode keep(TestNode node) {
    nodes.push(node);
    return node;
  }

  private TestNode server() {
    return node("A", 1, "s").listen(0).serve();
  }

  private TestNode clientOf(TestNode server) {
    return node("A", 2, "s").knows(server);
  }

  private static PeerException failureOf(Future<ApiMessage> request) {
    return catchThrowableOfType(PeerException.class, () -> await(request));
  }

  private static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /** Messages may be lost while there is no connection. */
  private static void tellUntilHeard(TestNode from, TestNode to, String message)
      throws InterruptedException {
    String expected = from.id() + " " + message;
    String heard = null;
    while (!expected.equals(heard)) { // or it is one that was told again before
      from.tell(to, message);
      heard = to.messages.poll(20, TimeUnit.MILLISECONDS);
    }
  }

  private static Socket raw(TestNode server) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.listener.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  @Test
  void shouldNoticeALostBuffer() {
    try (NettyLeaks own = new NettyLeaks()) {
      for (int i = 0; i < 10; i++) {
        PooledByteBufAllocator.DEFAULT.directBuffer(16).writeInt(i);
      }

      assertThat(own.find()).isNotEmpty();
    }
    // The outer one has heard of it as well.
    leaks.forget();
  }

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
  void shouldNotTalkToItself() {
    TestNode client = node("A", 2, "s");

    assertThat(failureOf(client.ask(2, 1)).refusal()).isEqualTo(PeerRefusal.SELF);
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

  private static ApiMessage askUntilAnswered(TestNode client, int number) {
    while (true) {
      try {
        return await(client.ask(1, number));
      } catch (PeerException e) {
        assertThat(e.reason()).isIn(Reason.NO_CONNECTION, Reason.REFUSED);
      }
    }
  }

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
  void shouldDropMessagesThatAreTooManyAndCountThem() {
    TestNode client = node("A", 2, "s");
    // Nothing listens there.
    client.addresses.put(1, new PeerAddress("127.0.0.1", 1));

    for (int i = 0; i < 100; i++) {
      client.peers.tell(1, PeerSubject.QUORUM, ByteBuffer.allocate(1 << 20));
    }

    assertThat(client.metrics.scrape()).contains("millrace_peer_messages_dropped_total");
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
  void shouldRefuseForeignCluster() {
    TestNode server = server();
    TestNode client = node("B", 2, "s").knows(server);

    assertThat(failureOf(client.ask(1, 1)).refusal()).isEqualTo(PeerRefusal.FOREIGN_CLUSTER);
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
  void shouldRefuseToBeTakenForAnotherNode() {
    TestNode server = server();
    TestNode client = node("A", 2, "s");
    client.addresses.put(3, new PeerAddress("127.0.0.1", server.listener.port()));

    assertThat(failureOf(client.ask(3, 1)).refusal()).isEqualTo(PeerRefusal.WRONG_NODE);
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
  void shouldCloseConnectionForKeysThatAreNotServed() {
    TestNode server = server();
    TestNode client = clientOf(server);

    Future<ApiMessage> answer =
        client.peers.request(
            1, "test", new MetadataRequestData(), ApiKeys.METADATA.latestVersion(), 20_000);

    assertThat(failureOf(answer).reason()).isEqualTo(Reason.NO_CONNECTION);
  }

  @Test
  void shouldEndASilentConnection() throws IOException {
    TestNode server = node("A", 1, "s");
    server.handshakeMs = 100;
    server.listen(0).serve();
    try (Socket silent = raw(server)) {
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void shouldTellAClientThatItIsWrongHere() throws IOException {
    TestNode server = server();
    try (Socket client = raw(server)) {
      // ApiVersions v0 without a client id, as a Kafka client begins.
      client
          .getOutputStream()
          .write(new byte[] {0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, (byte) 0xFF, (byte) 0xFF});
      String answer = new String(client.getInputStream().readAllBytes(), UTF_8);
      assertThat(answer).contains("clients use the port of listeners");
    }
  }

  @Test
  void shouldReadLittleBeforeTheHandshakeIsComplete() throws IOException {
    TestNode server = server();
    try (Socket client = raw(server)) {
      client.getOutputStream().write(new byte[] {0, 0, 4, 1});
      assertThat(new String(client.getInputStream().readAllBytes(), UTF_8)).contains("1025 bytes");
    }
  }

  @Test
  @Timeout(300)
  void shouldNotBeDisturbedByRandomInput() throws Exception {
    TestNode server = server();
    TestNode client = clientOf(server);
    assertThat(number(await(client.ask(1, 1)))).isEqualTo(1);
    List<Thread> attackers = new ArrayList<>();
    for (int seed = 0; seed < ATTACKERS; seed++) {
      Random random = new Random(seed);
      Thread attacker = new Thread(() -> sendRandom(server, random, 500));
      attacker.start();
      attackers.add(attacker);
    }
    for (Thread attacker : attackers) {
      while (attacker.isAlive()) {
        assertThat(number(await(client.ask(1, 2)))).isEqualTo(2);
        attacker.join(10);
      }
    }
    awaitTrue(() -> server.listener.limits().count() == 1);
    awaitTrue(() -> server.listener.openingCount() == 0);
  }

  private static void sendRandom(TestNode server, Random random, int inputs) {
    for (int i = 1; i <= inputs; i++) {
      try (Socket socket = raw(server)) {
        socket.setSoLinger(true, 0);
        socket.setTcpNoDelay(true);
        writeRandom(socket.getOutputStream(), random);
      } catch (IOException e) {
        LOG.trace("It has closed the connection already", e);
      }
      if (i % INPUTS_AT_ONCE == 0) {
        awaitAccepted(server);
      }
    }
  }

  /**
   * All earlier connections of this thread were accepted, too. If the backlog ran over, the system
   * would have the next ones wait for a second each.
   */
  private static void awaitAccepted(TestNode server) {
    try (Socket last = raw(server)) {
      last.getOutputStream().write(new byte[] {-1, -1, -1, -1}); // no frame is so long
      last.getInputStream().readAllBytes();
    } catch (IOException e) {
      LOG.trace("It has closed the connection already", e);
    }
  }

  private static void writeRandom(OutputStream out, Random random) throws IOException {
    byte[] bytes = new byte[1 + random.nextInt(200)];
    random.nextBytes(bytes);
    if (random.nextInt(4) != 0 && bytes.length > 10) {
      // A length field that is possible, and a message that may be one.
      int length = random.nextBoolean() ? bytes.length - 4 : random.nextInt(1200);
      ByteBuffer.wrap(bytes).putInt(length).putInt(0x4D525048).put((byte) random.nextInt(2));
      bytes[9] = (byte) random.nextInt(7);
    }
    int cut = random.nextInt(bytes.length + 1);
    out.write(bytes, 0, cut);
    out.flush();
    out.write(bytes, cut, bytes.length - cut);
  }

  @Test
  void shouldReleaseEverythingWhenOneEndDiesInAFrame() throws Exception {
    TestNode server = server();
    TestNode victim = clientOf(server);
    assertThat(number(await(victim.ask(1, 1)))).isEqualTo(1);
    // Between them, so that a frame can be cut.
    try (Cutter cutter = new Cutter(server.listener.port())) {
      for (int bytes = 0; bytes < 1_200; bytes += 37) {
        TestNode client = new TestNode("A", 3, "s");
        client.addresses.put(1, new PeerAddress("127.0.0.1", cutter.port()));
        cutter.cutAfter(bytes);
        client.tell(server, "x".repeat(1_000));
        Future<ApiMessage> request =
            client.peers.request(
                1, "test", new BrokerHeartbeatRequestData().setBrokerEpoch(1), (short) 1, 3_000);
        await(request.otherwiseEmpty());
        client.close();
      }
    }
    awaitTrue(() -> server.listener.limits().count() == 1);
    assertThat(number(await(victim.ask(1, 2)))).isEqualTo(2);
  }

  /** Passes on so many bytes of each direction of a connection, then resets both ends. */
  private static final class Cutter implements AutoCloseable {
    private final ServerSocket listening;
    private final List<Thread> threads = new ArrayList<>();
    private volatile int limit;

    Cutter(int target) throws IOException {
      this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      start(
          () -> {
            while (true) {
              Socket near = listening.accept();
              Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
              near.setSoLinger(true, 0);
              far.setSoLinger(true, 0);
              int bytes = limit;
              start(() -> pass(near, far, bytes));
              start(() -> pass(far, near, bytes));
            }
          });
    }

    private interface Work {
      void run() throws IOException;
    }

    private void start(Work work) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  work.run();
                } catch (IOException e) {
                  LOG.trace("The test has ended, or one of the two has", e);
                }
              });
      thread.setDaemon(true);
      thread.start();
      synchronized (threads) {
        threads.add(thread);
      }
    }

    private static void pass(Socket from, Socket to, int limit) throws IOException {
      try (from;
          to) {
        InputStream in = from.getInputStream();
        byte[] buffer = new byte[4096];
        int left = limit;
        while (left > 0) {
          int read = in.read(buffer, 0, Math.min(left, buffer.length));
          if (read < 0) {
            return;
          }
          to.getOutputStream().write(buffer, 0, read);
          left -= read;
        }
      }
    }

    int port() {
      return listening.getLocalPort();
    }

    void cutAfter(int bytes) {
      limit = bytes;
    }

    @Override
    public void close() throws IOException {
      listening.close();
      List<Thread> all;
      synchronized (threads) {
        all = List.copyOf(threads);
      }
      for (Thread thread : all) {
        try {
          thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
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

  @Test
  void shouldFailWhatIsAskedAfterTheEnd() {
    TestNode server = server();
    TestNode client = clientOf(server);
    await(client.peers.close());

    assertThat(failureOf(client.ask(1, 1)).reason()).isEqualTo(Reason.CLOSED);
  }
}
