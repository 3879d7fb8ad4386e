package io.millrace.network;

import static io.millrace.network.TestNode.await;
import static io.millrace.network.TestNode.number;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.PeerAddress;
import io.millrace.simulation.Seeds;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What no node would send, or not so, comes to the internal listener. */
class PeerInputTest extends PeerNodes {
  private static final Logger LOG = LoggerFactory.getLogger(PeerInputTest.class);
  private static final int ATTACKERS = 20;

  /** Of one attacker; those of all of them fit the backlog. */
  private static final int INPUTS_AT_ONCE = TestNode.BACKLOG / ATTACKERS / 2;

  private static Socket raw(TestNode server) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.listener.port());
    socket.setSoTimeout(20_000);
    return socket;
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
      Random random = Seeds.random(seed);
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
}
