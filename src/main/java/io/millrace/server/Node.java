package io.millrace.server;

import io.millrace.config.Listener;
import io.millrace.config.Listeners;
import io.millrace.config.LogKeys;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.controller.ClusterConfig;
import io.millrace.controller.ControllerConfig;
import io.millrace.controller.ControllerVerticle;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.ImageDelta;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.network.ConnectionLimits;
import io.millrace.network.KafkaListener;
import io.millrace.network.ListenerSettings;
import io.millrace.network.Loops;
import io.millrace.network.NetworkMetrics;
import io.millrace.network.RequestMemory;
import io.millrace.partition.LogPlacement;
import io.millrace.partition.PartitionSupervisor;
import io.millrace.protocol.Warmup;
import io.millrace.quorum.QuorumConfig;
import io.millrace.quorum.QuorumVerticle;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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

  private final Settings settings;
  private final Vertx vertx;
  private final PrometheusMetrics metrics = new PrometheusMetrics();
  private final ExecutorService compute;

  // Set while starting, on the way from one step to the next; read afterwards.
  private volatile LogDirectories logDirectories;
  private int nodeId;
  // -1 = not registered in this run.
  private volatile long brokerEpoch = -1;
  private ControllerVerticle controller;
  private String controllerDeployment;
  private PartitionSupervisor partitions;
  private GroupCoordination groups;
  private volatile GroupLags groupLags;
  private GroupLagSampler groupLagSampler;
  private volatile NodeHttp http;
  private final List<KafkaListener> listeners = new ArrayList<>();
  private volatile Future<Void> starting = Future.succeededFuture();
  private volatile boolean stopping;
  private volatile boolean ready;
  private volatile String phase = "starting";
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
            any -> step("opening the log directories", () -> LogDirectories.open(vertx, settings)))
        .compose(
            directories -> {
              logDirectories = directories;
              nodeId = directories.nodeId(settings);
              return step("reading the cluster's metadata", () -> startController(loops));
            })
        .compose(any -> logDirectories.identify(image().clusterId(), nodeId))
        .compose(any -> partitions.settled())
        .compose(any -> startNewEpochs())
        .compose(any -> step("opening the listeners", () -> makeApis(loops)))
        .compose(apis -> listen(loops, apis))
        .compose(any -> register())
        .compose(any -> step("recovering the logs", partitions::opened))
        .compose(any -> step("running", this::becomeReady));
  }

  /** The next thing to do on the way to a running node, unless it is to be stopped already. */
  private <T> Future<T> step(String what, Supplier<Future<T>> work) {
    if (stopping) {
      return Future.failedFuture(new NodeStartException("it was stopped while starting", null));
    }
    phase = what;
    return work.get();
  }

  private Future<Void> startController(Loops loops) {
    LogPlacement placement =
        new LogPlacement(logDirectories.all(), logDirectories.someMissing(), Clock.SYSTEM);
    groups = new GroupCoordination(settings, Clock.SYSTEM, compute, metrics);
    partitions =
        new PartitionSupervisor(
            vertx,
            new PartitionSupervisor.Options(
                nodeId,
                Clock.SYSTEM,
                placement,
                loops::current,
                compute,
                this::topicSettings,
                settings.get(LogKeys.LOG_RETENTION_CHECK_INTERVAL_MS)),
            groups.runtime());
    String configured = settings.get(NodeKeys.CLUSTER_ID);
    String known = logDirectories.clusterId();
    if (configured != null && known != null && !configured.equals(known)) {
      return Future.failedFuture(
          new NodeStartException(
              "cluster.id is " + configured + ", but log.dirs belong to cluster " + known, null));
    }
    ControllerConfig config =
        new ControllerConfig(
            nodeId,
            configured != null ? configured : known,
            settings.get(NodeKeys.NUM_PARTITIONS),
            settings.get(NodeKeys.DEFAULT_REPLICATION_FACTOR).shortValue(),
            settings.get(NodeKeys.DELETE_TOPIC_ENABLE),
            ClusterConfig.from(settings));
    String metadataDir = settings.get(LogKeys.METADATA_LOG_DIR);
    Path directory =
        metadataDir == null
            ? logDirectories.all().get(0).path()
            : Path.of(metadataDir).toAbsolutePath();
    controller =
        new ControllerVerticle(
            config,
            new DeclaredConfigRules(settings),
            (v, listener) ->
                QuorumVerticle.open(v, QuorumConfig.inLogDirectory(nodeId, directory), listener),
            new Random());
    controller.images().subscribe(partitions::onDelta);
    groups.runtime().connect(controller.images(), () -> partitions);
    measureGroups(loops.all().get(0));
    controller.images().subscribe(this::onDelta);
    Context home = vertx.getOrCreateContext();
    return vertx
        .deployVerticle(controller)
        .onSuccess(id -> controllerDeployment = id)
        .compose(any -> partitions.settled())
        .compose(any -> placement.onAllPlaced(task -> home.runOnContext(run -> task.run())));
  }

  private void measureGroups(Loop loop) {
    GroupLags lags =
        new GroupLags(
            new GroupLags.Parts(
                loop,
                groups.runtime(),
                this::image,
                partitions,
                new RecordTimes(compute),
                Clock.SYSTEM));
    GroupLagSampler sampler =
        new GroupLagSampler(
            lags,
            groups.runtime(),
            loop,
            settings.get(NodeKeys.METRICS_GROUP_INTERVAL_MS),
            settings.get(NodeKeys.METRICS_GROUP_SERIES_MAX));
    metrics.groups(sampler::figures);
    groupLags = lags;
    groupLagSampler = sampler;
  }

  private void onDelta(ImageDelta delta) {
    // Listeners and limits are read at start; what changes while running is read from the image
    // where it is used.
    if (delta.changedConfigs().contains(ConfigResource.broker(nodeId))) {
      LOG.info("The configuration of this node was changed");
    }
  }

  private Settings topicSettings(ClusterImage image, String topic) {
    return settings
        .withDynamic(
            image.configs(ConfigResource.brokerDefault()),
            image.configs(ConfigResource.broker(nodeId)))
        .forTopic(image.configs(ConfigResource.topic(topic)));
  }

  private Future<Apis> makeApis(Loops loops) {
    SettledController settledController = new SettledController(controller, partitions::settled);
    Apis.Parts parts =
        new Apis.Parts(
            settings,
            nodeId,
            loops,
            settledController,
            controller.images(),
            partitions,
            logDirectories);
    // Loading the classes of all messages takes a while, which no loop has.
    return vertx.executeBlocking(
        () -> {
          Apis apis = new Apis(parts, groups.handlers(settledController, controller.images()));
          Warmup.load(apis.router().keys());
          return apis;
        });
  }

  private Future<Void> listen(Loops loops, Apis apis) {
    RequestMemory memory = new RequestMemory(NodeLimits.requestMemory(settings));
    ConnectionLimits limits = NodeLimits.connections(settings);
    NodeFigures.register(
        metrics, memory, limits, partitions, logDirectories, vertx, loops.all().size());
    metrics.gauge("fetches_parked", "Fetches that wait for bytes", apis::parkedFetches);
    KafkaListener.Parts parts =
        new KafkaListener.Parts(
            loops,
            apis.router(),
            apis.apiVersions(),
            controller.images(),
            memory,
            limits,
            new NetworkMetrics(metrics, apis.router().keys()));
    Future<Void> all = Future.succeededFuture();
    for (Listener listener : Listeners.from(settings).bound()) {
      all =
          all.compose(any -> KafkaListener.open(vertx, listenerSettings(listener), parts))
              .onSuccess(listeners::add)
              .mapEmpty();
    }
    return all;
  }

  private ListenerSettings listenerSettings(Listener listener) {
    return new ListenerSettings(
        listener.name(),
        listener.host(),
        listener.port(),
        settings.get(NodeKeys.SOCKET_REQUEST_MAX_BYTES),
        settings.get(NodeKeys.CONNECTIONS_MAX_IDLE_MS),
        settings.get(NodeKeys.SOCKET_SEND_BUFFER_BYTES),
        settings.get(NodeKeys.SOCKET_RECEIVE_BUFFER_BYTES),
        settings.get(NodeKeys.SOCKET_LISTEN_BACKLOG_SIZE));
  }

  private Future<Long> register() {
    Map<String, Integer> ports = new HashMap<>();
    listeners.forEach(listener -> ports.put(listener.name(), listener.port()));
    List<Endpoint> endpoints = new ArrayList<>();
    for (Listener advertised : Listeners.from(settings).advertised(ports)) {
      String host = advertised.onAllInterfaces() ? "" : advertised.host();
      endpoints.add(new Endpoint(advertised.name(), host, advertised.port()));
    }
    return register(endpoints, false);
  }

  private Future<Long> register(List<Endpoint> endpoints, boolean logsMayBeCut) {
    return controller
        .registerBroker(nodeId, endpoints, settings.get(NodeKeys.BROKER_RACK), logsMayBeCut)
        .onSuccess(epoch -> brokerEpoch = epoch);
  }

  /**
   * After a crash a tail that readers have seen may be gone: a new leader epoch lets them notice.
   * Before anybody can write into the old one.
   */
  private Future<Void> startNewEpochs() {
    return logDirectories.clean() || image().topics().isEmpty()
        ? Future.succeededFuture()
        : register(List.of(), true).compose(any -> partitions.settled());
  }

  private Future<Void> becomeReady() {
    groupLagSampler.start();
    logDirectories.startCleaner(settings, metrics);
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
    stopping = true;
    ready = false;
    phase = "stopping";
    if (logDirectories != null) {
      logDirectories.beginClose();
    }
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
    if (groupLagSampler != null) {
      groupLagSampler.close();
    }
    // First, so that no reply of a coordinator keeps a connection waiting.
    Future<Void> coordinators =
        groups == null ? Future.succeededFuture() : groups.runtime().close();
    return coordinators
        .transform(any -> Future.join(listeners.stream().map(l -> l.close(vertx)).toList()))
        .transform(any -> partitions == null ? Future.succeededFuture() : partitions.close())
        .transform(
            any ->
                controllerDeployment == null
                    ? Future.succeededFuture()
                    : vertx.undeploy(controllerDeployment))
        .transform(
            any ->
                logDirectories == null
                    ? Future.succeededFuture()
                    : logDirectories.close(brokerEpoch))
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
    return phase;
  }

  /** null before the log directories are open. */
  LogDirectories logDirectories() {
    return logDirectories;
  }

  /** null before the metadata is read. */
  PartitionSupervisor partitions() {
    return partitions;
  }

  /** null before the metadata is read. */
  GroupLags groupLags() {
    return groupLags;
  }

  ClusterImage image() {
    return controller == null ? null : controller.images().image();
  }

  // ---- what callers ask

  public int nodeId() {
    return nodeId;
  }

  /** The bound listeners. */
  public List<KafkaListener> listeners() {
    return List.copyOf(listeners);
  }

  /**
   * What is bound where, for a person or a script that waits for the node: {@code node 1, PLAINTEXT
   * 0.0.0.0:9092, http 127.0.0.1:8080}.
   */
  public String summary() {
    StringBuilder text = new StringBuilder("node ").append(nodeId);
    for (KafkaListener listener : listeners) {
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
