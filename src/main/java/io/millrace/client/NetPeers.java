package io.millrace.client;

import io.millrace.client.PeerException.Reason;
import io.millrace.metrics.Metrics;
import io.millrace.protocol.RequestEncoder;
import io.millrace.protocol.peer.ClusterSecret;
import io.millrace.protocol.peer.PeerPurpose;
import io.millrace.protocol.peer.PeerRefusal;
import io.millrace.protocol.peer.PeerSubject;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetClientOptions;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.slf4j.LoggerFactory;

/**
 * The other nodes by their internal listeners: a connection for messages to each, and one for each
 * lane of requests, spread over the loops.
 *
 * <p>Owner: any thread.
 */
public final class NetPeers implements Peers {
  private static final String STOPS = "this node stops";

  /** Whose connection is told and asked; lane null = messages. */
  private record Key(int nodeId, String lane) {}

  private final VertxInternal vertx;
  private final PeerConnection.Parts parts;
  private final String clientId;
  private final Map<Key, PeerConnection> connections = new ConcurrentHashMap<>();
  private volatile boolean closed;

  public NetPeers(
      Vertx vertx,
      OwnIdentity own,
      ClusterSecret secret,
      PeerAddresses addresses,
      PeerLimits limits,
      Metrics metrics) {
    this.vertx = (VertxInternal) vertx;
    this.clientId = "node-" + own.get().nodeId();
    NetClientOptions options =
        new NetClientOptions()
            .setConnectTimeout(limits.connectMs())
            .setTcpNoDelay(true)
            .setTcpUserTimeout(limits.stallMs())
            .setTcpKeepAlive(true);
    // A node that is gone without a word is noticed within 12 seconds.
    options.setTcpKeepAliveIdleSeconds(6);
    options.setTcpKeepAliveIntervalSeconds(2);
    options.setTcpKeepAliveCount(3);
    this.parts =
        new PeerConnection.Parts(
            vertx.createNetClient(options),
            own,
            secret,
            addresses,
            limits,
            new RepeatedWarnings(LoggerFactory.getLogger(Peers.class)),
            new PeerRefusals(),
            new FramePool(),
            new SecureRandom(),
            metrics.counter(
                "millrace_peer_messages_dropped",
                "Messages to other nodes that were not sent: no connection, too many, or too large"));
    own.onChange(() -> connections.values().forEach(PeerConnection::onIdentityChange));
  }

  @Override
  public void tell(int nodeId, PeerSubject subject, ByteBuffer message) {
    if (message.remaining() > PeerSubject.MAX_MESSAGE_BYTES) {
      parts.dropped().increment();
      parts
          .warnings()
          .warn(
              "larger " + subject + " " + nodeId,
              "A message about "
                  + subject
                  + " to node "
                  + nodeId
                  + " was not sent: it has "
                  + message.remaining()
                  + " bytes, and at most "
                  + PeerSubject.MAX_MESSAGE_BYTES
                  + " may be sent. That is a bug; please report it");
      return;
    }
    PeerConnection connection = connectionTo(nodeId, null);
    if (connection == null) {
      parts.dropped().increment();
      return;
    }
    ByteBuffer body = message.slice();
    ByteBuffer head = ByteBuffer.allocate(Integer.BYTES + 1);
    head.putInt(1 + body.remaining()).put((byte) subject.id()).flip();
    connection.tell(head, body);
  }

  @Override
  public Future<ApiMessage> request(
      int nodeId, String lane, ApiMessage body, short version, long timeoutMs) {
    return ask(nodeId, lane, body, version, timeoutMs, false).map(Lent::message);
  }

  @Override
  public Future<Lent> borrow(
      int nodeId, String lane, ApiMessage body, short version, long timeoutMs) {
    return ask(nodeId, lane, body, version, timeoutMs, true);
  }

  private Future<Lent> ask(
      int nodeId, String lane, ApiMessage body, short version, long timeoutMs, boolean borrows) {
    ContextInternal caller = ContextInternal.current();
    Promise<Lent> promise = caller == null ? Promise.promise() : caller.promise();
    PeerCall call =
        new PeerCall(
            ApiKeys.forId(body.apiKey()),
            version,
            timeoutMs,
            RequestEncoder.encode(body, version, clientId),
            borrows,
            promise);
    PeerConnection connection = connectionTo(nodeId, lane);
    if (connection == null) {
      call.fail(whyNone(nodeId));
    } else {
      connection.request(call);
    }
    return promise.future();
  }

  /** What kept this node lately from connecting to others. */
  public PeerRefusals refusals() {
    return parts.refusals();
  }

  /** null = there can be none now. */
  private PeerConnection connectionTo(int nodeId, String lane) {
    Key key = new Key(nodeId, lane);
    PeerConnection known = connections.get(key);
    if (known != null || closed || isSelf(nodeId) || parts.addresses().addressOf(nodeId) == null) {
      return known;
    }
    PeerPurpose purpose = lane == null ? PeerPurpose.MESSAGES : PeerPurpose.REQUESTS;
    PeerConnection connection =
        connections.computeIfAbsent(
            key, any -> new PeerConnection(parts, nodeId, purpose, callersLoop()));
    if (closed) {
      connection.end(Reason.CLOSED, STOPS, () -> {});
    }
    return connection;
  }

  /** Who asks first over a connection from a loop shares it, so that its answers need no hop. */
  private ContextInternal callersLoop() {
    for (EventExecutor executor : vertx.nettyEventLoopGroup()) {
      if (executor.inEventLoop() && executor instanceof EventLoop loop) {
        return vertx.contextBuilder().withEventLoop(loop).build();
      }
    }
    return vertx.createEventLoopContext();
  }

  private boolean isSelf(int nodeId) {
    return nodeId == parts.own().get().nodeId();
  }

  private PeerException whyNone(int nodeId) {
    if (closed) {
      return new PeerException(nodeId, Reason.CLOSED, null, false, STOPS);
    }
    if (isSelf(nodeId)) {
      return new PeerException(
          nodeId, Reason.REFUSED, PeerRefusal.SELF, false, "this is the node itself");
    }
    return new PeerException(
        nodeId, Reason.NO_ADDRESS, null, false, "its address is not known now");
  }

  @Override
  public boolean isConnected(int nodeId, String lane) {
    PeerConnection connection = connections.get(new Key(nodeId, lane));
    return connection != null && connection.isOpen();
  }

  @Override
  public void disconnect(int nodeId) {
    for (Key key : List.copyOf(connections.keySet())) {
      PeerConnection connection = key.nodeId() == nodeId ? connections.remove(key) : null;
      if (connection != null) {
        connection.end(Reason.NO_CONNECTION, "it is to be left alone", () -> {});
      }
    }
  }

  @Override
  public Future<Void> close() {
    closed = true;
    List<Future<Void>> ends = new ArrayList<>();
    for (PeerConnection connection : connections.values()) {
      Promise<Void> ended = Promise.promise();
      connection.end(Reason.CLOSED, STOPS, ended::tryComplete);
      ends.add(ended.future());
    }
    connections.clear();
    return Future.join(ends).transform(any -> parts.client().close());
  }
}
