package io.millrace.cluster.hazelcast;

import static io.millrace.cluster.hazelcast.Waiting.await;
import static io.millrace.cluster.hazelcast.Waiting.awaitUntil;
import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.spi.impl.executionservice.impl.ExecutionServiceImpl;
import io.millrace.cluster.Address;
import io.millrace.cluster.Discovery;
import io.millrace.cluster.Member;
import io.millrace.cluster.MembershipConfig;
import io.millrace.config.Seed;
import io.millrace.protocol.peer.ClusterSecret;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sockets of strangers on the port of a real membership. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MemberGateTest {
  private static final ClusterSecret SECRET = ClusterSecret.of("for tests");
  private static final int PATIENCE_MS = 1_000;
  private static final HazelcastMembership.Times QUICK =
      new HazelcastMembership.Times(100, 60_000, 100, 2, PATIENCE_MS);

  private final Vertx vertx = Vertx.vertx();
  private final String clusterName = "test-" + UUID.randomUUID();
  private final List<HazelcastMembership> nodes = new ArrayList<>();
  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void closeAll() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    await(Future.join(nodes.stream().map(HazelcastMembership::close).toList()));
    await(vertx.close());
  }

  /** Says so when a release of Hazelcast no longer asks where this one is asked. */
  @Test
  void shouldBeAskedAboutEveryConnection() throws IOException {
    HazelcastMembership first = start(1, SECRET);

    Socket socket = connect(first);
    socket.getOutputStream().write("HZC".getBytes(StandardCharsets.US_ASCII));

    assertThat(socket.getInputStream().read())
        .as("ended without a word of Hazelcast's")
        .isEqualTo(-1);
    awaitUntil(() -> connectionsOf(first) == 0);
  }

  @Test
  void shouldEndWhoSendsGarbage() throws IOException {
    HazelcastMembership first = start(1, SECRET);

    Socket socket = connect(first);
    socket.getOutputStream().write(new byte[100]);

    assertThat(socket.getInputStream().read()).isEqualTo(-1);
    start(2, SECRET);
    awaitUntil(() -> first.members().size() == 2);
  }

  @Test
  void shouldEndWhoDoesNotKnowTheSecret() throws IOException {
    HazelcastMembership first = start(1, SECRET);
    HazelcastMembership second = start(2, ClusterSecret.of("another"));

    // The second has asked the first before it became a cluster of its own.
    Socket socket = connect(first);
    Thread opening =
        new Thread(() -> new MemberGate(ClusterSecret.of(null), 5_000).onConnect(socket));
    opening.start();
    awaitUntil(() -> !opening.isAlive());

    assertThat(socket.isInputShutdown()).isTrue();
    assertThat(first.members()).extracting(Member::nodeId).containsExactly(1);
    assertThat(second.members()).extracting(Member::nodeId).containsExactly(2);
    assertThat(second.refusals().toString())
        .contains("cluster.secret")
        .contains("set the same on all nodes");
    assertThat(first.refusals().toString()).contains("cluster.secret").doesNotContain("for tests");
  }

  @Test
  void shouldLetMembersInWhileHundredsAreSilent() throws IOException {
    HazelcastMembership first = start(1, SECRET);
    for (int i = 0; i < 300; i++) {
      connect(first);
    }

    start(2, SECRET);

    awaitUntil(() -> first.members().size() == 2);
    for (Socket socket : sockets) {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    awaitUntil(() -> connectionsOf(first) == 1 && registeredWith(first) == 1);
  }

  /** Hazelcast itself would allocate two gigabytes, which this process has not. */
  @Test
  void shouldEndAMemberThatSendsAHugePacket() throws IOException {
    HazelcastMembership first = start(1, SECRET);
    start(2, SECRET);
    awaitUntil(() -> first.members().size() == 2);

    for (int size : new int[] {Integer.MAX_VALUE, PacketLimit.MAX_BYTES + 1, -1}) {
      Socket socket = connect(first);
      new MemberGate(SECRET, 5_000).onConnect(socket);
      socket
          .getOutputStream()
          .write(
              ByteBuffer.allocate(14)
                  .put("HZC".getBytes(StandardCharsets.US_ASCII))
                  .put((byte) 4)
                  .putChar((char) 0)
                  .putInt(-1)
                  .putInt(size)
                  .array());
      awaitEnd(socket);
    }

    awaitUntil(() -> connectionsOf(first) == 1);
    assertThat(first.members()).hasSize(2);
  }

  /** Says so when a release of Hazelcast does it in another way. */
  @Test
  void shouldNotWakeUpForWhatNobodyReads() throws ClassNotFoundException {
    HazelcastMembership first = start(1, SECRET);

    ExecutionServiceImpl service =
        (ExecutionServiceImpl) nodeOf(first).getNodeEngine().getExecutionService();
    assertThat(service.getScheduledExecutorService().getQueue())
        .isNotEmpty()
        .noneMatch(task -> task.toString().contains(QuietServer.FUTURES_TASK));
    Class.forName("com.hazelcast.spi.impl.executionservice.impl." + QuietServer.FUTURES_TASK);
    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.contains("-1-" + new UUID(8, 1)))
                .filter(name -> name.contains("MetricsRegistry")))
        .isEmpty();
  }

  // ---- fixture

  private HazelcastMembership start(int id, ClusterSecret secret) {
    List<Seed> seeds =
        nodes.stream()
            .map(node -> new Seed("127.0.0.1", node.self().clusterAddress().port()))
            .toList();
    MembershipConfig config =
        new MembershipConfig(
            clusterName,
            id,
            new UUID(7, id),
            List.of("broker"),
            new Address("127.0.0.1", 9000 + id),
            "127.0.0.1",
            0,
            new Discovery.Seeds(seeds),
            new UUID(8, id),
            1,
            secret);
    HazelcastMembership started =
        await(HazelcastMembership.start(vertx.getOrCreateContext(), config, Set::of, QUICK));
    nodes.add(started);
    return started;
  }

  private Socket connect(HazelcastMembership to) throws IOException {
    Socket socket = new Socket();
    sockets.add(socket);
    socket.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), to.self().clusterAddress().port()));
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static void awaitEnd(Socket socket) throws IOException {
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (SocketException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  private static Node nodeOf(HazelcastMembership membership) {
    HazelcastInstance instance = membership.instance();
    return ((HazelcastInstanceProxy) instance).getOriginal().node;
  }

  /** Those that Hazelcast keeps. */
  private static int connectionsOf(HazelcastMembership membership) {
    return nodeOf(membership)
        .getServer()
        .getConnectionManager(com.hazelcast.instance.EndpointQualifier.MEMBER)
        .getConnections()
        .size();
  }

  private static int registeredWith(HazelcastMembership membership) {
    return nodeOf(membership)
        .getServer()
        .getConnectionManager(com.hazelcast.instance.EndpointQualifier.MEMBER)
        .connectionCount();
  }
}
