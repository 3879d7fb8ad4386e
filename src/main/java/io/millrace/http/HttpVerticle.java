package io.millrace.http;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server: health, metrics and the read-only API. Deploying it binds the port; undeploying
 * closes it.
 *
 * <p>Owner: its event loop; {@link #port} may be asked by any thread.
 */
public final class HttpVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(HttpVerticle.class);

  /** People, probes and scrapers; more at one time is a mistake or an attack. */
  static final int MAX_CONNECTIONS = 64;

  private static final long WARNING_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int MAX_HEADER_BYTES = 8 << 10;
  private static final int MAX_LINE_BYTES = 4 << 10;

  private final HttpConfig config;
  private final NodeView node;
  private final Readiness readiness;
  private final Supplier<String> metrics;
  private final long maxIdleMs;

  /** Open connections with the time of their last request or answer, {@link System#nanoTime}. */
  private final Map<HttpConnection, Long> connections = new HashMap<>();

  /** Connections that were closed to make room. */
  private long closedForOthers;

  /** {@link System#nanoTime} of the last warning about them; null = there was none. */
  private Long lastWarned;

  private WorkerExecutor worker;
  private HttpServer server;
  private volatile int port = -1;

  /**
   * Prepares; nothing is bound before the deployment.
   *
   * @param metrics the text of {@code /metrics}; called on a worker, one at a time
   */
  public HttpVerticle(
      HttpConfig config, NodeView node, Readiness readiness, Supplier<String> metrics) {
    this(config, node, readiness, metrics, TimeUnit.SECONDS.toMillis(60));
  }

  HttpVerticle(
      HttpConfig config,
      NodeView node,
      Readiness readiness,
      Supplier<String> metrics,
      long maxIdleMs) {
    this.config = config;
    this.node = node;
    this.readiness = readiness;
    this.metrics = metrics;
    this.maxIdleMs = maxIdleMs;
  }

  /** The port that is bound; -1 = none yet. */
  public int port() {
    return port;
  }

  @Override
  public Future<?> start() {
    worker = vertx.createSharedWorkerExecutor("millrace-http-" + deploymentID(), 1);
    // Loading the classes of a web server takes a while, which no loop has.
    return worker
        .executeBlocking(
            () -> new HttpApi(vertx, new Views(node), readiness, metrics, worker, this::port),
            false)
        .compose(this::listen);
  }

  private Future<HttpServer> listen(HttpApi api) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(config.host())
            .setPort(config.port())
            .setMaxInitialLineLength(MAX_LINE_BYTES)
            .setMaxHeaderSize(MAX_HEADER_BYTES)
            .setHttp2ClearTextEnabled(false)
            .setHandle100ContinueAutomatically(false);
    server =
        vertx
            .createHttpServer(options)
            .connectionHandler(this::onConnection)
            .requestHandler(
                request -> {
                  HttpConnection connection = request.connection();
                  touch(connection);
                  request.response().endHandler(end -> touch(connection));
                  api.handle(request);
                })
            .exceptionHandler(e -> LOG.debug("An HTTP connection failed", e));
    vertx.setPeriodic(Math.max(10, maxIdleMs / 6), id -> closeIdle());
    return server
        .listen()
        .onSuccess(
            bound -> {
              port = bound.actualPort();
              LOG.info("HTTP on {}:{}", config.host(), port);
            })
        .recover(
            e ->
                Future.failedFuture(
                    new IOException(
                        "Cannot listen for HTTP on "
                            + config.host()
                            + ":"
                            + config.port()
                            + " (http.host, http.port): "
                            + e.getMessage(),
                        e)));
  }

  private void onConnection(HttpConnection connection) {
    if (connections.size() >= MAX_CONNECTIONS) {
      closeLongestIdle();
    }
    connections.put(connection, System.nanoTime());
    connection.closeHandler(closed -> connections.remove(connection));
  }

  /** Makes room, so that those who only hold connections cannot shut out a probe. */
  private void closeLongestIdle() {
    long now = System.nanoTime();
    Map.Entry<HttpConnection, Long> longest =
        Collections.max(
            connections.entrySet(), Comparator.comparingLong(entry -> now - entry.getValue()));
    warnOfLimit(now, longest.getKey(), now - longest.getValue());
    // Not only when it has closed: until then the next ones would not be counted.
    connections.remove(longest.getKey());
    longest.getKey().close();
  }

  private void warnOfLimit(long now, HttpConnection closed, long idleNanos) {
    closedForOthers++;
    if (lastWarned != null && now - lastWarned < WARNING_INTERVAL_NANOS) {
      return;
    }
    LOG.warn(
        "More than {} HTTP connections at one time: the one from {} is closed, idle for {} ms; {}"
            + " closed so since the start",
        MAX_CONNECTIONS,
        closed.remoteAddress(),
        TimeUnit.NANOSECONDS.toMillis(idleNanos),
        closedForOthers);
    lastWarned = now;
  }

  private void touch(HttpConnection connection) {
    connections.replace(connection, System.nanoTime());
  }

  /**
   * Closes connections without a complete request or answer for too long: idle ones, and those that
   * send or read so slowly that an ordinary idle timeout never sees them.
   */
  private void closeIdle() {
    long now = System.nanoTime();
    for (Map.Entry<HttpConnection, Long> entry : Map.copyOf(connections).entrySet()) {
      if (TimeUnit.NANOSECONDS.toMillis(now - entry.getValue()) > maxIdleMs) {
        entry.getKey().close();
      }
    }
  }

  @Override
  public Future<?> stop() {
    Future<Void> closed = server == null ? Future.succeededFuture() : server.close();
    return closed.eventually(() -> worker == null ? Future.succeededFuture() : worker.close());
  }
}
