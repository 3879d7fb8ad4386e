package io.millrace.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.api.ApiVersionsHandler;
import io.millrace.api.MovingImage;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.RequestRouter;
import io.millrace.client.NetPeers;
import io.millrace.client.OwnIdentity;
import io.millrace.client.PeerAddress;
import io.millrace.client.PeerLimits;
import io.millrace.metadata.MetadataImage;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.protocol.peer.ClusterSecret;
import io.millrace.protocol.peer.PeerIdentity;
import io.millrace.protocol.peer.PeerSubject;
import io.millrace.quota.ClientQuotas;
import io.millrace.quota.QuotaWindows;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * A node that has nothing but its internal listener and its connections to others. It answers a
 * BrokerHeartbeat by its broker epoch as throttle time, at once or when told.
 *
 * <p>Owner: the test's thread.
 */
final class TestNode implements AutoCloseable {
  static final PeerLimits LIMITS =
      new PeerLimits(20_000, 20_000, 20, 200, 2_000, 4 << 20, 100, 1 << 20);

  static final PeerLimits LIMITS_FOR_LARGE =
      new PeerLimits(20_000, 20_000, 20, 200, 2_000, 32 << 20, 100, 1 << 20);

  static final PeerLimits LIMITS_FOR_SILENCE =
      new PeerLimits(2_000, 500, 20, 200, 2_000, 4 << 20, 100, 1 << 20);

  /** Connections that the system holds until the node accepts them. */
  static final int BACKLOG = 1024;

  final Vertx vertx;
  final OwnIdentity own;
  final NetPeers peers;
  final PrometheusMetrics metrics = new PrometheusMetrics();
  final RequestMemory memory = new RequestMemory(64 << 20);
  final Map<Integer, PeerAddress> addresses = new ConcurrentHashMap<>();
  final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
  final BlockingQueue<RequestContext> parked = new LinkedBlockingQueue<>();
  volatile boolean park;
  int handshakeMs = 20_000;
  PeerListener listener;

  private final ClusterSecret secret;
  private final Loops loops;

  TestNode(String clusterId, int nodeId, String secret) {
    this(clusterId, nodeId, secret, LIMITS);
  }

  TestNode(String clusterId, int nodeId, String secret, PeerLimits limits) {
    this.vertx = Vertx.vertx();
    this.loops = new Loops(vertx);
    this.own =
        new OwnIdentity(
            new PeerIdentity(clusterId, nodeId, new UUID(1, nodeId), UUID.randomUUID()));
    this.secret = ClusterSecret.of(secret);
    this.peers = new NetPeers(vertx, own, this.secret, addresses::get, limits, metrics);
  }

  static <T> T await(Future<T> future) {
    return future.await();
  }

  int id() {
    return own.get().nodeId();
  }

  TestNode listen(int port) {
    listener =
        await(
            PeerListener.open(
                vertx,
                new ListenerSettings("", "127.0.0.1", port, () -> 1 << 20, -1, -1, -1, BACKLOG),
                new PeerListener.Parts(loops, own, secret, handshakeMs, metrics)));
    listener.receiver(
        PeerSubject.QUORUM,
        (from, directoryId, message) -> messages.add(from + " " + text(message)));
    return this;
  }

  TestNode serve() {
    RequestRouter router = new RequestRouter(List.of(new Heartbeats(), new Markers()));
    listener.serve(
        new RequestService(
            router,
            new ApiVersionsHandler(() -> router),
            new MovingImage(MetadataImage.EMPTY),
            memory,
            NetworkMetrics.ofNodes(metrics, router.keys()),
            new ClientQuotas(QuotaWindows.DEFAULT, QuotaWindows.DEFAULT)));
    return this;
  }

  TestNode knows(TestNode other) {
    addresses.put(other.id(), new PeerAddress("127.0.0.1", other.listener.port()));
    return this;
  }

  void stopListening() {
    await(listener.close(vertx));
  }

  void tell(TestNode other, String message) {
    peers.tell(other.id(), PeerSubject.QUORUM, ByteBuffer.wrap(message.getBytes(UTF_8)));
  }

  String nextMessage() throws InterruptedException {
    return messages.poll(20, TimeUnit.SECONDS);
  }

  Future<ApiMessage> ask(int nodeId, int number) {
    return ask(nodeId, number, 20_000);
  }

  Future<ApiMessage> ask(int nodeId, int number, long timeoutMs) {
    return peers.request(
        nodeId,
        "test",
        new BrokerHeartbeatRequestData().setBrokerId(id()).setBrokerEpoch(number),
        (short) 1,
        timeoutMs);
  }

  static int number(ApiMessage response) {
    return ((BrokerHeartbeatResponseData) response).throttleTimeMs();
  }

  static String text(ByteBuffer message) {
    byte[] bytes = new byte[message.remaining()];
    message.get(bytes);
    return new String(bytes, UTF_8);
  }

  static void reply(RequestContext context, long number) {
    context.reply(new BrokerHeartbeatResponseData().setThrottleTimeMs((int) number));
  }

  private final class Heartbeats implements RequestHandler {
    @Override
    public ApiKeys key() {
      return ApiKeys.BROKER_HEARTBEAT;
    }

    @Override
    public void handle(RequestContext context, ApiMessage request) {
      if (park) {
        parked.add(context);
      } else {
        reply(context, ((BrokerHeartbeatRequestData) request).brokerEpoch());
      }
    }
  }

  /** Answers when told. */
  private final class Markers implements RequestHandler {
    @Override
    public ApiKeys key() {
      return ApiKeys.WRITE_TXN_MARKERS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage request) {
      parked.add(context);
    }
  }

  @Override
  public void close() {
    await(peers.close());
    if (listener != null) {
      await(listener.close(vertx).otherwiseEmpty());
    }
    await(vertx.close());
  }
}
