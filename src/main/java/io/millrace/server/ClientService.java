package io.millrace.server;

import io.millrace.api.cluster.OwnStanding;
import io.millrace.api.telemetry.ClientTelemetry;
import io.millrace.config.Listener;
import io.millrace.config.Listeners;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.config.TelemetryKeys;
import io.millrace.metadata.Endpoint;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.Clock;
import io.millrace.network.ConnectionLimits;
import io.millrace.network.KafkaListener;
import io.millrace.network.ListenerSettings;
import io.millrace.network.NetworkMetrics;
import io.millrace.network.RequestMemory;
import io.millrace.network.RequestService;
import io.millrace.partition.PartitionSupervisor;
import io.millrace.protocol.Warmup;
import io.millrace.telemetry.ClientText;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What clients meet: the APIs, and the listeners that they come in by.
 *
 * <p>Owner: any thread.
 */
final class ClientService {
  /** What it is made of. */
  record Parts(
      NodeParts node,
      ControllerContact contact,
      MetadataLayer metadata,
      PartitionLayer partitions,
      LogDirectories logDirectories) {}

  private final NodeParts node;
  private final Parts parts;
  private final PartitionSupervisor partitions;
  private final ClientTelemetry telemetry;
  private final ClientLimits clientLimits;
  private final List<KafkaListener> listeners = new CopyOnWriteArrayList<>();

  ClientService(Parts parts) {
    this.node = parts.node();
    this.parts = parts;
    this.partitions = parts.partitions().partitions();
    this.telemetry =
        new ClientTelemetry(
            new ClientTelemetry.Parts(
                node.loops().all().get(0),
                node.worker(),
                Clock.SYSTEM,
                node.settings().get(TelemetryKeys.TELEMETRY_MAX_BYTES),
                node.metrics()));
    this.clientLimits = new ClientLimits(node, parts.metadata().images());
  }

  /** Binds all listeners; what is bound when one of them cannot be is closed by {@link #close}. */
  Future<Void> open() {
    SettledController controller =
        new SettledController(parts.metadata().controller(), partitions::settled);
    OwnStanding own = new OwnStanding(node.nodeId(), parts.contact()::isLost);
    Apis.Parts ofApis =
        new Apis.Parts(
            node.settings(),
            node.nodeId(),
            own,
            node.loops(),
            controller,
            parts.metadata().quorumControl(),
            parts.metadata().images(),
            partitions,
            parts.partitions().disks(),
            telemetry);
    telemetry.start(parts.metadata().images());
    int maxSeries = node.settings().get(TelemetryKeys.METRICS_CLIENT_SERIES_MAX);
    node.metrics().text(out -> ClientText.write(telemetry.views(), maxSeries, out));
    // Loading the classes of all messages takes a while, which no loop has.
    return node.vertx()
        .executeBlocking(
            () -> {
              Apis apis = new Apis(ofApis, parts.partitions());
              Warmup.load(apis.router().keys());
              return apis;
            })
        .compose(this::listen);
  }

  private Future<Void> listen(Apis apis) {
    Settings settings = node.settings();
    PrometheusMetrics metrics = node.metrics();
    RequestMemory memory = new RequestMemory(NodeLimits.requestMemory(settings));
    ConnectionLimits limits = clientLimits.connections();
    NodeFigures.register(
        metrics,
        memory,
        limits,
        partitions,
        parts.logDirectories(),
        node.vertx(),
        node.loops().all().size());
    clientLimits.register(metrics);
    metrics.gauge("fetches_parked", "Fetches that wait for bytes", apis::parkedFetches);
    KafkaListener.Parts common =
        new KafkaListener.Parts(
            node.loops(),
            new RequestService(
                apis.router(),
                apis.apiVersions(),
                parts.metadata().images(),
                memory,
                NetworkMetrics.ofClients(metrics, apis.router().keys()),
                clientLimits.quotas()),
            limits,
            clientLimits.rates());
    Future<Void> all = Future.succeededFuture();
    for (Listener listener : Listeners.from(settings).bound()) {
      all =
          all.compose(any -> KafkaListener.open(node.vertx(), listenerSettings(listener), common))
              .onSuccess(listeners::add)
              .mapEmpty();
    }
    return all;
  }

  private ListenerSettings listenerSettings(Listener listener) {
    Settings settings = node.settings();
    LargestBatch largest = parts.partitions().largestBatch();
    int configured = settings.get(NodeKeys.SOCKET_REQUEST_MAX_BYTES);
    return new ListenerSettings(
        listener.name(),
        listener.host(),
        listener.port(),
        () -> largest.requestBytes(configured),
        settings.get(NodeKeys.CONNECTIONS_MAX_IDLE_MS),
        settings.get(NodeKeys.SOCKET_SEND_BUFFER_BYTES),
        settings.get(NodeKeys.SOCKET_RECEIVE_BUFFER_BYTES),
        settings.get(NodeKeys.SOCKET_LISTEN_BACKLOG_SIZE));
  }

  /** What clients may use. */
  ClientLimits limits() {
    return clientLimits;
  }

  /** The bound listeners. */
  List<KafkaListener> listeners() {
    return List.copyOf(listeners);
  }

  /**
   * Where clients reach this node.
   *
   * @param host stands for all interfaces; empty = the address by which the client came
   */
  List<Endpoint> endpoints(String host) {
    Map<String, Integer> ports = new HashMap<>();
    listeners.forEach(listener -> ports.put(listener.name(), listener.port()));
    List<Endpoint> endpoints = new ArrayList<>();
    for (Listener advertised : Listeners.from(node.settings()).advertised(ports)) {
      endpoints.add(
          new Endpoint(
              advertised.name(),
              advertised.onAllInterfaces() ? host : advertised.host(),
              advertised.port()));
    }
    return endpoints;
  }

  /** What clients tell of themselves. */
  ClientTelemetry telemetry() {
    return telemetry;
  }

  /** No new requests; those that were begun are answered. */
  Future<Void> close() {
    telemetry.close();
    return Future.join(listeners.stream().map(l -> l.close(node.vertx())).toList()).mapEmpty();
  }
}
