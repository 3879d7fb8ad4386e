package io.millrace.network;

import io.millrace.quota.ConnectionRates;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A listener of the node: one verticle on each event loop, all on one port.
 *
 * <p>Owner: any thread.
 */
public final class KafkaListener {
  /** What the listeners of a node have in common. */
  public record Parts(
      Loops loops, RequestService service, ConnectionLimits limits, ConnectionRates rates) {
    ByteBufAllocator allocator() {
      return PooledByteBufAllocator.DEFAULT;
    }
  }

  private final ListenerSettings settings;
  private final int port;
  private final List<String> deployments;

  private KafkaListener(ListenerSettings settings, int port, List<String> deployments) {
    this.settings = settings;
    this.port = port;
    this.deployments = deployments;
  }

  /** Binds and accepts; fails when the address cannot be bound. */
  public static Future<KafkaListener> open(Vertx vertx, ListenerSettings settings, Parts parts) {
    ListenerSettings shared = settings.withSharedPort();
    ListenerVerticle first = new ListenerVerticle(shared, parts);
    List<String> ids = new ArrayList<>();
    return vertx
        .deployVerticle(first, new DeploymentOptions())
        .compose(
            id -> {
              ids.add(id);
              List<Future<String>> others = new ArrayList<>();
              for (int i = 1; i < parts.loops().all().size(); i++) {
                others.add(vertx.deployVerticle(new ListenerVerticle(shared, parts)));
              }
              return Future.all(others).onSuccess(all -> ids.addAll(all.list()));
            })
        .map(all -> new KafkaListener(settings, first.port(), ids))
        .recover(
            cause ->
                Future.failedFuture(
                    new IOException(
                        "Cannot listen on "
                            + settings.name()
                            + "://"
                            + settings.host()
                            + ":"
                            + settings.port()
                            + " (listeners): "
                            + cause.getMessage(),
                        cause)));
  }

  public String name() {
    return settings.name();
  }

  public String host() {
    return settings.host();
  }

  /** The port that is bound. */
  public int port() {
    return port;
  }

  /** Stops accepting and closes all connections. */
  public Future<Void> close(Vertx vertx) {
    return Future.join(deployments.stream().map(vertx::undeploy).toList()).mapEmpty();
  }
}
