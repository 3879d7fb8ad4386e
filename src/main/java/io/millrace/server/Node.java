package io.millrace.server;

import io.millrace.cluster.LiveMaps;
import io.millrace.config.ControllerKeys;
import io.millrace.config.LogKeys;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.controller.Controller;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.ImageDelta;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.Clock;
import io.millrace.network.KafkaListener;
import io.millrace.network.Loops;
import io.millrace.quorum.QuorumView;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: wires the parts and walks them through start and stop.
 *
 * <p>Owner: any thread.
 */
public final class Node {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);

  /** How long a node that is to stop waits for the step of its start that it is at. */
  private static final long START_PATIENCE_MS = 10_000;

  /** How long a node that is to stop waits for the controller to move its leaders away. */
  private static final long RELEASE_PATIENCE_MS = 10_000;

  private final Settings settings;
  private final Vertx vertx;
  private final PrometheusMetrics metrics = new PrometheusMetrics();
  private final ExecutorService compute;
  private final StartSteps steps = new StartSteps();

  // Set while starting, on the way from one step to the next; read afterwards.
  private volatile LogDirectories logDirectories;
  private volatile int nodeId;
  private volatile NodeParts parts;
  // null = the node is alone.
  private volatile ClusterLayer cluster;
  private volatile MetadataLayer metadata;
  private volatile NodeRegistration registration;
  private volatile BrokerLifecycle lifecycle;
  private volatile ControllerContact contact;
  private volatile PartitionLayer partitions;
  // null = the metadata is not read yet.
  private volatile LogCare logCare;
  private volatile NodeHttp http;
  private volatile ClientService clients;
  private volatile LivePicture picture;
  // null = not ready yet.
  private volatile ReplicaSurvey survey;
  private final ReplicationFigures replicationFigures;
  private volatile Future<Void> starting = Future.succeededFuture();
  private volatile boolean ready;
  // null = the end has not begun. Guarded by this.
  private Future<Void> ended;

  private Node(Settings settings) {
    this.settings = settings;
    this.vertx = VertxFactory.create(settings);
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "compute");
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    this.compute = pool;
    this.replicationFigures =
        new ReplicationFigures(
            new ReplicationFigures.Parts(
                settings, this::nodeId, this::image, () -> survey, this::live));
  }

  /** A node that does nothing yet. */
  public static Node of(Settings settings) {
    return new Node(settings);
  }

  /** Starts a node; when it fails, everything that was opened is closed again. */
  public static Future<Node> start(Settings settings) {
    Node node = new Node(settings);
    return node.start().map(node);
  }

  /**
   * Starts this node, once. Fails, with everything closed again that was opened, when it cannot or
   * when {@link #stop} is called before it is ready.
   */
  public Future<Void> start() {
    // A promise without context, here and in stop: the end of a node ends its loops, and what
    // should complete on one of them afterwards never would.
    Promise<Void> started = Promise.promise();
    Future<Void> walk = walkThroughStart();
    walk.onSuccess(started::complete)
        .onFailure(cause -> end().onComplete(any -> started.fail(cause)));
    starting = walk;
    return started.future();
  }

  private Future<Void> walkThroughStart() {
    Loops loops = new Loops(vertx);
    return NodeHttp.open(this)
        .onSuccess(opened -> http = opened)
        .compose(
            any ->
                steps.step(
                    "opening the log directories", () -> LogDirectories.open(vertx, settings)))
        .compose(
            directories -> {
              logDirectories = directories;
              nodeId = directories.nodeId(settings);
              parts =
                  new NodeParts(
                      vertx,
                      loops,
                      settings,
                      nodeId,
                      compute,
                      metrics,
                      new NodeSettings(settings, nodeId));
              // Before others are told of it, and the metadata log names its voter: no start after
              // a crash must take another id.
              return directories.identify(/* clusterId= */ null, nodeId);
            })
        .compose(any -> steps.step("looking for its cluster", this::findCluster))
        .compose(any -> steps.step("reading the cluster's metadata", this::startMetadata))
        .compose(any -> steps.await("waiting for a controller", metadata::known))
        .compose(any -> logDirectories.identify(image().clusterId(), nodeId))
        .compose(any -> serves() ? startServing() : noteController())
        .compose(any -> steps.step("running", this::becomeReady));
  }

  private Future<Void> startServing() {
    return startNewEpochs()
        .compose(any -> steps.step("opening the listeners", this::openListeners))
        .compose(any -> steps.await("registering", this::register))
        .compose(
            epoch -> steps.step("catching up with the cluster's metadata", () -> catchUp(epoch)))
        .compose(any -> steps.step("recovering the logs", partitions.partitions()::opened))
        .compose(any -> partitions.reportConditions())
        .compose(
            any -> steps.await("waiting until the controller lets it serve", lifecycle::serve));
  }

  private Future<Void> findCluster() {
    return ClusterLayer.find(parts, logDirectories, met -> cluster = met).mapEmpty();
  }

  private Future<Void> startMetadata() {
    metadata = MetadataLayer.of(vertx, settings, nodeId, logDirectories, cluster);
    // First, so that the new values are in force where others look at the new image.
    metadata.images().subscribe(parts.live()::onDelta);
    partitions = new PartitionLayer(parts, logDirectories, metadata, cluster, this::brokerEpoch);
    logCare = new LogCare(parts, cluster == null ? null : cluster.peers(), this::image);
    metadata.images().subscribe(this::onDelta);
    replicationFigures.register(metrics);
    ClusterFigures.register(metrics, metadata.local()::figures, metadata::quorumView);
    // Alone, what is committed is known now; in a cluster only when this node knows of its own
    // registration.
    return metadata
        .open(partitions.ofNodes())
        .onSuccess(any -> registration = registrationAt(metadata.controller()))
        .compose(any -> cluster == null ? partitions.follow() : Future.succeededFuture());
  }

  private NodeRegistration registrationAt(Controller controller) {
    return new NodeRegistration(vertx, settings, nodeId, logDirectories, controller);
  }

  /** Whatever was committed while this node was away is in its image then. */
  private Future<Void> catchUp(long epoch) {
    return cluster == null
        ? Future.succeededFuture()
        : steps
            .unlessStopped(metadata.until(image -> isRegistered(image, epoch)))
            .compose(any -> partitions.follow());
  }

  private boolean isRegistered(ClusterImage image, long epoch) {
    BrokerImage broker = image.brokers().get(nodeId);
    return broker != null && broker.epoch() >= epoch;
  }

  private void onDelta(ImageDelta delta) {
    if (delta
        .changedKeys(ConfigResource.brokerDefault())
        .contains(LogKeys.MIN_INSYNC_REPLICAS.name())) {
      MinInsyncReplicas.warning(delta.after(), settings).ifPresent(LOG::warn);
    }
    Set<String> changed = delta.changedKeys(ConfigResource.broker(nodeId));
    if (!changed.isEmpty()) {
      LOG.info("The configuration of this node was changed: {}", String.join(", ", changed));
    }
  }

  private Future<Void> openListeners() {
    contact =
        new ControllerContact(Clock.SYSTEM, settings.get(ControllerKeys.BROKER_SESSION_TIMEOUT_MS));
    clients =
        new ClientService(
            new ClientService.Parts(parts, contact, metadata, partitions, logDirectories));
    return clients.open();
  }

  private Future<Long> register() {
    // Alone, an address that one client has used need not lead others here, but there is no other
    // node that could name it to them.
    List<Endpoint> endpoints = clients.endpoints(cluster == null ? "" : cluster.listener().host());
    lifecycle =
        new BrokerLifecycle(
            vertx,
            new BrokerLifecycle.Parts(
                nodeId,
                settings.get(ControllerKeys.BROKER_HEARTBEAT_INTERVAL_MS),
                metadata.controller(),
                contact,
                incarnation -> registration.asBroker(incarnation, endpoints),
                this::image));
    return lifecycle.register();
  }

  /** Before anybody can write into the old ones. */
  private Future<Void> startNewEpochs() {
    Future<Void> told =
        logDirectories.clean() || !logDirectories.heldLogs()
            ? Future.succeededFuture()
            : registration
                .afterCrash(logDirectories.logsMayBeCut(), steps::isStopping)
                .compose(any -> partitions.partitions().settled());
    // Not before: after a crash in between, the next start must say it again.
    return told.compose(any -> logDirectories.noteBoot());
  }

  private Future<Void> noteController() {
    return registration.asController(steps::isStopping).mapEmpty();
  }

  private Future<Void> becomeReady() {
    partitions.startMeasuring();
    logCare.start(logDirectories.all());
    survey = new ReplicaSurvey(vertx, partitions.partitions());
    survey.start();
    if (cluster != null) {
      picture = new LivePicture(vertx, cluster.membership(), metadata, survey, version());
      picture.start();
    }
    metadata.noteOldVote();
    ready = true;
    LOG.info(
        "Cluster {}, node {}, {} topics, log directories {}",
        image().clusterId(),
        nodeId,
        image().topics().size(),
        logDirectories.configured());
    return Future.succeededFuture();
  }

  /**
   * Ends the node: no new requests, open ones are answered, everything is on the disk at the end.
   * One that still starts goes no further; logs that are not recovered by then are left to the next
   * start.
   */
  public Future<Void> stop() {
    ready = false;
    if (logDirectories != null) {
      logDirectories.beginClose();
    }
    if (cluster != null) {
      cluster.giveUp();
    }
    steps.stop();
    Promise<Void> stopped = Promise.promise();
    Future.any(starting.otherwiseEmpty(), vertx.timer(START_PATIENCE_MS))
        .onComplete(any -> end().onComplete(stopped));
    return stopped.future();
  }

  private synchronized Future<Void> end() {
    if (ended == null) {
      ended = endAll();
    }
    return ended;
  }

  private Future<Void> endAll() {
    if (partitions != null) {
      partitions.stopMeasuring();
    }
    if (survey != null) {
      survey.close();
    }
    if (picture != null) {
      picture.close();
    }
    // The controller moves leaders away while this node still serves.
    Future<Void> released =
        lifecycle == null || cluster == null
            ? Future.succeededFuture()
            : lifecycle.leave(RELEASE_PATIENCE_MS);
    return released
        // Then no reply of a coordinator keeps a connection waiting.
        .transform(
            any -> partitions == null ? Future.succeededFuture() : partitions.closeCoordinators())
        .transform(any -> clients == null ? Future.succeededFuture() : clients.close())
        .transform(any -> partitions == null ? Future.succeededFuture() : partitions.close())
        .transform(any -> endCluster())
        .transform(
            any ->
                logDirectories == null
                    ? Future.succeededFuture()
                    : logDirectories.close(brokerEpoch()))
        .transform(
            closed -> {
              compute.shutdown();
              return vertx
                  .close()
                  .compose(
                      any ->
                          closed.succeeded()
                              ? Future.succeededFuture()
                              : Future.failedFuture(closed.cause()));
            });
  }

  private Future<Void> endCluster() {
    if (lifecycle != null) {
      lifecycle.close();
    }
    Future<Void> closed = metadata == null ? Future.succeededFuture() : metadata.close();
    return closed.transform(any -> cluster == null ? Future.succeededFuture() : cluster.close());
  }

  private long brokerEpoch() {
    return lifecycle == null ? -1 : lifecycle.status().epoch();
  }

  // ---- what others of this package ask

  Vertx vertx() {
    return vertx;
  }

  Settings settings() {
    return settings;
  }

  PrometheusMetrics metrics() {
    return metrics;
  }

  boolean ready() {
    return ready;
  }

  /** What the node is doing, for {@code /health/ready}. */
  String phase() {
    return steps.phase();
  }

  /** null before the log directories are open. */
  LogDirectories logDirectories() {
    return logDirectories;
  }

  /** null before the metadata is read. */
  PartitionLayer partitions() {
    return partitions;
  }

  /** null before the metadata is read. */
  LogCare logCare() {
    return logCare;
  }

  /** null before the listeners are opened, and where no clients are served. */
  ClientService clients() {
    return clients;
  }

  /** null before the metadata is read. */
  QuorumView quorumView() {
    return metadata == null ? null : metadata.quorumView();
  }

  ReplicationFigures replicationFigures() {
    return replicationFigures;
  }

  /** The keys that parts of this node have followed since its start, by name; for tests. */
  Set<String> followedKeys() {
    return parts.live().followed();
  }

  /** null = the node is alone, or not a member yet. */
  LiveMaps live() {
    ClusterLayer met = cluster;
    return met == null || met.membership() == null ? null : met.membership().live();
  }

  /** null = the node is alone, or has not met the others yet. */
  ClusterLayer cluster() {
    return cluster;
  }

  /** Whether clients are served here: not by a node that is a controller alone. */
  boolean serves() {
    return settings.get(NodeKeys.PROCESS_ROLES).contains("broker");
  }

  /** The version of Millrace. */
  static String version() {
    String version = Node.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  ClusterImage image() {
    return metadata == null ? null : metadata.images().image();
  }

  // ---- what callers ask

  public int nodeId() {
    return nodeId;
  }

  /** The bound listeners. */
  public List<KafkaListener> listeners() {
    ClientService opened = clients;
    return opened == null ? List.of() : opened.listeners();
  }

  /**
   * What is bound where, for a person or a script that waits for the node: {@code node 1, PLAINTEXT
   * 0.0.0.0:9092, http 127.0.0.1:8080}.
   */
  public String summary() {
    StringBuilder text = new StringBuilder("node ").append(nodeId);
    for (KafkaListener listener : listeners()) {
      String host = listener.host().isEmpty() ? "0.0.0.0" : listener.host();
      text.append(", ").append(listener.name()).append(' ');
      text.append(host.contains(":") ? "[" + host + "]" : host).append(':').append(listener.port());
    }
    if (httpPort() >= 0) {
      text.append(", http ").append(httpHost()).append(':').append(httpPort());
    }
    return text.toString();
  }

  /** The address that the HTTP server is bound to. */
  public String httpHost() {
    return settings.get(NodeKeys.HTTP_HOST);
  }

  /** The port of the HTTP server; -1 = there is none. */
  public int httpPort() {
    NodeHttp opened = http;
    return opened == null ? -1 : opened.port();
  }
}
