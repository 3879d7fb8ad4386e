package io.millrace.network;

import io.millrace.api.ApiVersionsHandler;
import io.millrace.api.RequestRouter;
import io.millrace.client.OwnIdentity;
import io.millrace.client.PeerMessages;
import io.millrace.client.PeerRefusals;
import io.millrace.client.RepeatedWarnings;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.protocol.peer.ClusterSecret;
import io.millrace.protocol.peer.PeerSubject;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The internal listener ({@code internal.port}): what the nodes of a cluster say to each other. One
 * verticle on each event loop, all on one port.
 *
 * <p>It is bound before the node has anything to say, since other nodes are told its port first:
 * messages are dropped until there is a {@link #receiver}, connections for requests are refused
 * until {@link #serve}.
 *
 * <p>Owner: any thread.
 */
public final class PeerListener {
  /** By which requests from other nodes can be told from those of clients; no listener's name. */
  public static final String NAME = "internal.port";

  private static final Logger LOG = LoggerFactory.getLogger(PeerListener.class);

  private static final int MAX_CONNECTIONS = 4096;

  /** Connections whose handshake is not complete. */
  private static final int MAX_OPENING = 256;

  /**
   * Of one address: more than the nodes of one machine open at one time, and too few for one host
   * to keep the others out.
   */
  private static final int MAX_OPENING_PER_ADDRESS = 16;

  /**
   * What it needs from the start.
   *
   * @param handshakeMs a handshake that takes longer ends
   */
  public record Parts(
      Loops loops, OwnIdentity own, ClusterSecret secret, int handshakeMs, Metrics metrics) {}

  /**
   * Who answers requests.
   *
   * @param router the requests of nodes, apart from those of clients
   * @param memory another than that of clients, who could fill it
   */
  public record Service(
      RequestRouter router,
      ApiVersionsHandler apiVersions,
      ImagePublisher images,
      RequestMemory memory,
      NetworkMetrics metrics) {}

  private final ListenerSettings settings;
  private final Parts parts;
  private final ConnectionLimits limits =
      ConnectionLimits.fixed(MAX_CONNECTIONS, MAX_CONNECTIONS, "connections");
  private final ConnectionLimits openings =
      ConnectionLimits.fixed(MAX_OPENING, MAX_OPENING_PER_ADDRESS, "handshakes");
  private final ConnectedPeers connected;
  private final Map<PeerSubject, PeerMessages> receivers = new ConcurrentHashMap<>();
  private final RepeatedWarnings warnings = new RepeatedWarnings(LOG);
  private final PeerRefusals refusals = new PeerRefusals();
  private final Metrics.Counter refused;
  private final Metrics.Counter dropped;
  private final List<String> deployments = new ArrayList<>();
  private volatile Service service;
  private volatile int port;

  private PeerListener(ListenerSettings settings, Parts parts, boolean watched) {
    this.connected = new ConnectedPeers(Clock.SYSTEM, watched);
    this.settings = settings;
    this.parts = parts;
    this.refused =
        parts
            .metrics()
            .counter("millrace_peer_connections_refused", "Connections of nodes that were refused");
    this.dropped =
        parts
            .metrics()
            .counter(
                "millrace_peer_messages_unheard",
                "Messages of other nodes for which there was no receiver");
  }

  /**
   * Binds and accepts; fails when the address cannot be bound.
   *
   * @param settings its name does not matter; the host is an address in text form that {@link
   *     io.millrace.client.PeerBinding} allows
   */
  public static Future<PeerListener> open(Vertx vertx, ListenerSettings settings, Parts parts) {
    ListenerSettings shared = settings.withName(NAME).withSharedPort();
    PeerListener listener = new PeerListener(shared, parts, vertx.isNativeTransportEnabled());
    PeerListenerVerticle first = new PeerListenerVerticle(listener);
    return vertx
        .deployVerticle(first, new DeploymentOptions())
        .compose(
            id -> {
              listener.deployments.add(id);
              listener.port = first.port();
              List<Future<String>> others = new ArrayList<>();
              for (int i = 1; i < parts.loops().all().size(); i++) {
                others.add(vertx.deployVerticle(new PeerListenerVerticle(listener)));
              }
              return Future.all(others).onSuccess(all -> listener.deployments.addAll(all.list()));
            })
        .map(all -> listener)
        .onSuccess(any -> listener.warnWithoutSecret())
        .recover(
            cause ->
                Future.failedFuture(
                    new IOException(
                        "Cannot listen on "
                            + settings.host()
                            + ":"
                            + settings.port()
                            + " (cluster.host, internal.port): "
                            + cause.getMessage(),
                        cause)));
  }

  private void warnWithoutSecret() {
    if (!parts.secret().isPresent() && !isLoopback(host())) {
      LOG.warn(
          "Everybody who reaches {}:{} is believed to be a node of this cluster: there is no"
              + " cluster.secret",
          host(),
          port);
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  public String host() {
    return settings.host();
  }

  /** The port that is bound. */
  public int port() {
    return port;
  }

  /** Who takes the messages of this subject from now on. */
  public void receiver(PeerSubject subject, PeerMessages receiver) {
    receivers.put(subject, receiver);
  }

  /** Who answers the requests of connections that are opened from now on. */
  public void serve(Service from) {
    service = from;
  }

  /** Whether a node has a connection to this one: it has proved the secret and not ended it. */
  public boolean isConnected(int nodeId) {
    return connected.isConnected(nodeId);
  }

  /** Whether this very process of a node has. */
  public boolean isConnected(int nodeId, UUID incarnation) {
    return connected.isConnected(nodeId, incarnation);
  }

  /** What kept other nodes lately from connecting to this one. */
  public PeerRefusals refusals() {
    return refusals;
  }

  /** Stops accepting, lets requests that were begun finish for a moment, closes all connections. */
  public Future<Void> close(Vertx vertx) {
    return Future.join(deployments.stream().map(vertx::undeploy).toList()).mapEmpty();
  }

  // ---- what the loops' shares of it ask

  ListenerSettings settings() {
    return settings;
  }

  Parts parts() {
    return parts;
  }

  ConnectionLimits limits() {
    return limits;
  }

  /** null = requests are not answered yet. */
  Service service() {
    return service;
  }

  RepeatedWarnings warnings() {
    return warnings;
  }

  /** null or the receiver of a subject, which may be null too. */
  PeerMessages receiver(PeerSubject subject) {
    return subject == null ? null : receivers.get(subject);
  }

  /** Of connections whose handshake is not complete; each is in {@link #limits} as well. */
  ConnectionLimits openings() {
    return openings;
  }

  int openingCount() {
    return openings.count();
  }

  ConnectedPeers connected() {
    return connected;
  }

  void countRefused() {
    refused.increment();
  }

  void countDropped() {
    dropped.increment();
  }
}
