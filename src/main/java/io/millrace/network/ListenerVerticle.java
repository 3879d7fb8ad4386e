package io.millrace.network;

import io.millrace.model.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One loop's share of a listener: accepts connections that live on this loop.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // Netty: a failed write or close ends in channelInactive.
final class ListenerVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(ListenerVerticle.class);
  private static final RateLimitedWarnings WARNINGS = new RateLimitedWarnings(log);
  private static final int SWEEP_MS = 2_000;
  private static final long DRAIN_NANOS = 3_000_000_000L;
  private static final int DRAIN_CHECK_MS = 10;

  private final ListenerSettings settings;
  private final KafkaListener.Parts parts;
  private final Set<Connection> connections = new HashSet<>();
  private NetServer server;
  private Loop loop;
  private Shared shared;

  ListenerVerticle(ListenerSettings settings, KafkaListener.Parts parts) {
    this.settings = settings;
    this.parts = parts;
  }

  @Override
  public Future<?> start() {
    loop = parts.loops().current();
    shared =
        new Shared(
            settings.name(),
            settings.maxRequestBytes(),
            parts.router(),
            parts.apiVersions(),
            parts.images(),
            parts.memory(),
            parts.metrics(),
            WARNINGS,
            connections::remove);
    NetServerOptions options =
        new NetServerOptions()
            .setHost(settings.host().isEmpty() ? "0.0.0.0" : settings.host())
            .setPort(settings.port())
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setAcceptBacklog(settings.backlog());
    if (settings.sendBufferBytes() > 0) {
      options.setSendBufferSize(settings.sendBufferBytes());
    }
    if (settings.receiveBufferBytes() > 0) {
      options.setReceiveBufferSize(settings.receiveBufferBytes());
    }
    server = vertx.createNetServer(options);
    server.connectHandler(this::onConnect);
    long idleMs = settings.idleMs() > 0 ? settings.idleMs() : Long.MAX_VALUE;
    vertx.setPeriodic(Math.min(SWEEP_MS, Math.max(1, idleMs / 4)), id -> sweep());
    return server.listen();
  }

  int port() {
    return server.actualPort();
  }

  private void onConnect(NetSocket socket) {
    ChannelHandlerContext vertxHandler = ((NetSocketInternal) socket).channelHandlerContext();
    Channel channel = vertxHandler.channel();
    InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
    if (remote == null) {
      channel.close();
      return;
    }
    String refusal = parts.limits().tryAdd(remote.getAddress());
    if (refusal != null) {
      parts.metrics().refused();
      WARNINGS.warn("Refusing a connection of {}: {}", remote, refusal);
      channel.close();
      return;
    }
    // Before the Vert.x handler: requests never reach it, so nothing is copied or queued there.
    Connection connection = new Connection(shared, loop);
    connections.add(connection);
    channel.closeFuture().addListener(any -> parts.limits().remove(remote.getAddress()));
    channel.config().setAllocator(parts.allocator());
    channel.config().setRecvByteBufAllocator(connection.receiveBuffers());
    channel.pipeline().addBefore(vertxHandler.name(), "kafka", connection);
  }

  private void sweep() {
    long now = System.nanoTime();
    for (Connection connection : List.copyOf(connections)) {
      connection.closeIfSlow(now);
      if (settings.idleMs() > 0) {
        connection.closeIfIdle(now, settings.idleMs());
      }
    }
  }

  /**
   * Accepts no more, lets requests that were begun finish for a moment, then closes what is left.
   */
  @Override
  public Future<?> stop() {
    List.copyOf(connections).forEach(Connection::drain);
    Promise<Void> drained = Promise.promise();
    long deadline = System.nanoTime() + DRAIN_NANOS;
    awaitDrained(drained, deadline);
    return drained.future().compose(any -> server.close());
  }

  private void awaitDrained(Promise<Void> drained, long deadline) {
    if (connections.isEmpty()) {
      drained.complete();
    } else if (System.nanoTime() - deadline > 0) {
      List.copyOf(connections).forEach(Connection::shutdown);
      drained.complete();
    } else {
      loop.schedule(DRAIN_CHECK_MS, () -> awaitDrained(drained, deadline));
    }
  }
}
