package io.millrace.network;

import io.millrace.model.Loop;
import io.millrace.protocol.peer.Handshake;
import io.millrace.protocol.peer.PeerIdentity;
import io.millrace.protocol.peer.PeerPurpose;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One loop's share of the internal listener.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty: a failed close ends in channelInactive.
final class PeerListenerVerticle extends VerticleBase {
  private static final RateLimitedWarnings WARNINGS =
      new RateLimitedWarnings(LoggerFactory.getLogger(PeerListener.class));
  private static final Logger LOG = LoggerFactory.getLogger(PeerListenerVerticle.class);
  private static final int SWEEP_MS = 5_000;

  private final PeerListener listener;
  private final Admission admission;
  private final SecureRandom random = new SecureRandom();
  // Who is at the other end, of connections whose handshake is complete.
  private final Map<Channel, PeerIdentity> peers = new HashMap<>();
  private Loop loop;
  private OpenConnections connections;
  private NetServer server;

  PeerListenerVerticle(PeerListener listener) {
    this.listener = listener;
    this.admission =
        new Admission(PeerListener.NAME, listener.limits(), listener::countRefused, WARNINGS);
  }

  @Override
  public Future<?> start() {
    loop = listener.parts().loops().current();
    connections = new OpenConnections(loop);
    NetServerOptions options = listener.settings().serverOptions();
    // A node that is gone without a word is noticed within 12 seconds, also while an answer is on
    // its way to it.
    options.setTcpUserTimeout(12_000);
    options.setTcpKeepAliveIdleSeconds(6);
    options.setTcpKeepAliveIntervalSeconds(2);
    options.setTcpKeepAliveCount(3);
    server = vertx.createNetServer(options);
    server.connectHandler(this::onConnect);
    vertx.setPeriodic(SWEEP_MS, id -> connections.sweep(listener.settings().idleMs()));
    listener.parts().own().onChange(() -> loop.run(this::onIdentityChange));
    return server.listen();
  }

  int port() {
    return server.actualPort();
  }

  private void onConnect(NetSocket socket) {
    ChannelHandlerContext vertxHandler = ((NetSocketInternal) socket).channelHandlerContext();
    Channel channel = vertxHandler.channel();
    if (!admission.admit(channel)) {
      return;
    }
    InetAddress address = ((InetSocketAddress) channel.remoteAddress()).getAddress();
    String refusal = listener.openings().tryAdd(address);
    if (refusal != null) {
      admission.refuse(channel, refusal);
      return;
    }
    byte[] nonce = new byte[Handshake.NONCE_BYTES];
    random.nextBytes(nonce);
    PeerOpening opening = new PeerOpening(listener, address, WARNINGS, nonce, this::takeOver);
    channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
    channel.config().setRecvByteBufAllocator(opening.receiveBuffers());
    channel.pipeline().addBefore(vertxHandler.name(), "handshake", opening);
  }

  /** What takes the place of a handshake that is complete. */
  private FrameHandler takeOver(Channel channel, PeerIdentity peer, PeerPurpose purpose) {
    peers.put(channel, peer);
    listener.connected().add(peer);
    channel
        .closeFuture()
        .addListener(
            any -> {
              peers.remove(channel);
              listener.connected().remove(peer);
            });
    LOG.debug("Node {} has connected for {}", peer.nodeId(), purpose);
    if (purpose == PeerPurpose.MESSAGES) {
      return new PeerMessageReceiver(listener, peer);
    }
    PeerListener.Service service = listener.service();
    Shared shared =
        new Shared(
            PeerListener.NAME,
            listener.settings().maxRequestBytes(),
            service.router(),
            service.apiVersions(),
            service.images(),
            service.memory(),
            service.metrics(),
            WARNINGS,
            connections::remove);
    Connection connection = new Connection(shared, loop, peer.nodeId());
    connections.add(connection);
    return connection;
  }

  /** Whoever did not say that it is of the cluster that this node has joined may be of another. */
  private void onIdentityChange() {
    String own = listener.parts().own().get().clusterId();
    for (Map.Entry<Channel, PeerIdentity> peer : List.copyOf(peers.entrySet())) {
      if (!Objects.equals(own, peer.getValue().clusterId())) {
        peer.getKey().close();
      }
    }
  }

  @Override
  public Future<?> stop() {
    return connections.drain().compose(any -> server.close());
  }
}
