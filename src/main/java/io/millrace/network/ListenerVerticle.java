package io.millrace.network;

import io.millrace.model.Loop;
import io.millrace.quota.ConnectionRates;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One loop's share of a listener: accepts connections that live on this loop.
 *
 * <p>Owner: connection loop.
 */
final class ListenerVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(ListenerVerticle.class);
  private static final RateLimitedWarnings WARNINGS = new RateLimitedWarnings(log);
  private static final int SWEEP_MS = 5_000;

  private final ListenerSettings settings;
  private final KafkaListener.Parts parts;
  private final Admission admission;
  private OpenConnections connections;
  private NetServer server;
  private Loop loop;
  private Shared shared;

  ListenerVerticle(ListenerSettings settings, KafkaListener.Parts parts) {
    this.settings = settings;
    this.parts = parts;
    this.admission =
        new Admission(
            settings.name(), parts.limits(), parts.service().metrics()::refused, WARNINGS);
  }

  @Override
  public Future<?> start() {
    loop = parts.loops().current();
    connections = new OpenConnections(loop);
    shared =
        new Shared(
            settings.name(),
            settings.maxRequestBytes(),
            parts.service(),
            WARNINGS,
            connections::remove);
    server = vertx.createNetServer(settings.serverOptions());
    server.connectHandler(this::onConnect);
    long idleMs = settings.idleMs() > 0 ? settings.idleMs() : Long.MAX_VALUE;
    vertx.setPeriodic(
        Math.min(SWEEP_MS, Math.max(1, idleMs / 4)), id -> connections.sweep(settings.idleMs()));
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
    InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
    ConnectionRates.Verdict verdict =
        parts.rates().onConnected(remote.getAddress().getHostAddress(), System.nanoTime());
    if (verdict.admitted() && verdict.afterMs() == 0) {
      begin(channel, vertxHandler);
      return;
    }
    channel.config().setAutoRead(false);
    loop.schedule(
        verdict.afterMs(),
        () -> {
          if (!verdict.admitted()) {
            admission.refuse(channel, "connections come too fast");
          } else if (channel.isActive()) {
            begin(channel, vertxHandler);
            channel.config().setAutoRead(true);
          }
        });
  }

  private void begin(Channel channel, ChannelHandlerContext vertxHandler) {
    // Before the Vert.x handler: requests never reach it, so nothing is copied or queued there.
    Connection connection = new Connection(shared, loop, Connection.NO_PEER);
    connections.add(connection);
    channel.config().setAllocator(parts.allocator());
    channel.config().setRecvByteBufAllocator(connection.receiveBuffers());
    channel.pipeline().addBefore(vertxHandler.name(), "kafka", connection);
  }

  /**
   * Accepts no more, lets requests that were begun finish for a moment, then closes what is left.
   */
  @Override
  public Future<?> stop() {
    return connections.drain().compose(any -> server.close());
  }
}
