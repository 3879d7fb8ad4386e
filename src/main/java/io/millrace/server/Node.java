package io.millrace.server;

import io.millrace.api.configs.CommittedSettings;
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
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.network.KafkaListener;
import io.millrace.network.Loops;
import io.millrace.partition.LogPlacement;
import io.millrace.partition.PartitionSupervisor;
import io.millrace.quorum.QuorumView;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
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
  // null = the node is alone.
  private volatile ClusterLayer cluster;
  private volatile MetadataLayer metadata;
  private volatile NodeRegistration registration;
  private volatile BrokerLifecycle lifecycle;
  private volatile ControllerContact contact;
  private volatile LogPlacement placement;
  private volatile ReplicationLayer replication;
  private volatile PartitionSupervisor partitions;
  private volatile GroupCoordination groups;
  private volatile GroupLagSampler groupLagSampler;
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
              // Before others are told of it, and the metadata log names its voter: no start after
              // a crash must take another id.
              return directories.identify(/* clusterId= */ null, nodeId);
            })
        .compose(any -> steps.step("looking for its cluster", () -> findCluster(loops)))
        .compose(any -> steps.step("reading the cluster's metadata", () -> startMetadata(loops)))
        .compose(any -> steps.await("waiting for a controller", metadata::known))
        .compose(any -> logDirectories.identify(image().clusterId(), nodeId))
        .compose(any -> serves() ? startServing(loops) : noteController())
        .compose(any -> steps.step("running", this::becomeReady));
  }

  private Future<Void> startServing(Loops loops) {
    return startNewEpochs()
        .compose(any -> steps.step("opening the listeners", () -> openListeners(loops)))
        .compose(any -> steps.await("registering", this::register))
        .compose(
            epoch -> steps.step("catching up with the cluster's metadata", () -> catchUp(epoch)))
        .compose(any -> steps.step("recovering the logs", partitions::opened))
        .compose(
            any -> steps.await("waiting until the controller lets it serve", lifecycle::serve));
  }

  private Future<Void> findCluster(Loops loops) {
    return ClusterLayer.find(
            vertx, loops, settings, metrics, nodeId, logDirectories, met -> cluster = met)
        .mapEmpty();
  }

  private Future<Void> startMetadata(Loops loops) {
    placement = new LogPlacement(logDirectories.all(), logDirectories.someMissing(), Clock.SYSTEM);
    groups = new GroupCoordination(settings, Clock.SYSTEM, compute, metrics);
    replication =
        new ReplicationLayer(
            new ReplicationLayer.Parts(
                settings,
                nodeId,
                loops,
                compute,
                this::brokerEpoch,
                () -> metadata.controller(),
                this::image,
                metrics),
            cluster == null ? null : cluster.peers());
    partitions =
        new PartitionSupervisor(
            vertx,
            new PartitionSupervisor.Options(
                replication.replicaParts(),
                placement,
                loops::current,
                new CommittedSettings(settings, nodeId)::ofTopic,
                settings.get(LogKeys.LOG_RETENTION_CHECK_INTERVAL_MS)),
            groups.runtime());
    metadata = MetadataLayer.of(vertx, settings, nodeId, logDirectories, cluster);
    groups.runtime().connect(metadata.images(), () -> partitions);
    groupLagSampler =
        GroupLagSampler.of(
            new GroupLags.Parts(
                loops.all().get(0),
                groups.runtime(),
                this::image,
                partitions,
                new RecordTimes(compute),
                Clock.SYSTEM),
            groups.runtime(),
            settings,
            metrics);
    metadata.images().subscribe(this::onDelta);
    replicationFigures.register(metrics);
    metadata.images().subscribe(replication::onDelta);
    ClusterFigures.register(metrics, metadata.local()::figures, metadata::quorumView);
    // Alone, what is committed is known now; in a cluster only when this node knows of its own
    // registration.
    return metadata
        .open(replication.handlers(partitions))
        .onSuccess(any -> registration = registrationAt(metadata.controller()))
        .compose(any -> cluster == null ? startPartitions() : Future.succeededFuture());
  }

  private NodeRegistration registrationAt(Controller controller) {
    return new NodeRegistration(vertx, settings, nodeId, logDirectories, controller);
  }

  /**
   * Not before the image has everything that an earlier run of this node can have seen: by an older
   * one the log of a topic that was created again would count as one of the topic before. Logs of
   * topics that were deleted meanwhile, and of partitions that were given to other nodes, are
   * removed, and what nobody claims is set aside.
   */
  private Future<Void> startPartitions() {
    Context home = vertx.getOrCreateContext();
    return metadata
        .local()
        .follow(partitions::onDelta)
        .compose(any -> partitions.settled())
        .compose(
            any ->
                placement.onAllPlaced(task -> home.runOnContext(run -> task.run()), this::isGone));
  }

  /** Whether others have the partition, or its topic is deleted; what is merely missing is not. */
  private boolean isGone(TopicIdPartition id) {
    ClusterImage image = image();
    TopicImage topic = image.topic(id.topicId());
    PartitionImage partition = topic == null ? null : topic.partition(id.partition());
    return partition == null
        ? image.removedTopics().containsKey(id.topicId())
        : !partition.replicas().contains(nodeId);
  }

  /** Whatever was committed while this node was away is in its image then. */
  private Future<Void> catchUp(long epoch) {
    return cluster == null
        ? Future.succeededFuture()
        : steps
            .unlessStopped(metadata.until(image -> isRegistered(image, epoch)))
            .compose(any -> startPartitions());
  }

  private boolean isRegistered(ClusterImage image, long epoch) {
    BrokerImage broker = image.brokers().get(nodeId);
    return broker != null && broker.epoch() >= epoch;
  }

  private void onDelta(ImageDelta delta) {
    // Listeners and limits are read at start; what changes while running is read from the image
    // where it is used.
    ConfigResource own = ConfigResource.broker(nodeId);
    if (delta.changedConfigs().contains(own)) {
      LOG.info(
          "The configuration of this node was changed: {}",
          String.join(", ", delta.changedKeys(own)));
    }
  }

  private Future<Void> openListeners(Loops loops) {
    contact =
        new ControllerContact(Clock.SYSTEM, settings.get(ControllerKeys.BROKER_SESSION_TIMEOUT_MS));
    clients =
        new ClientService(
            new ClientService.Parts(
                vertx,
                loops,
                settings,
                nodeId,
                contact,
                metadata,
                partitions,
                logDirectories,
                groups,
                metrics));
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
                .compose(any -> partitions.settled());
    // Not before: after a crash in between, the next start must say it again.
    return told.compose(any -> logDirectories.noteBoot());
  }

  private Future<Void> noteController() {
    return registration.asController(steps::isStopping).mapEmpty();
  }

  private Future<Void> becomeReady() {
    groupLagSampler.start();
    logDirectories.startCleaner(settings, metrics);
    survey = new ReplicaSurvey(vertx, partitions);
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
    if (groupLagSampler != null) {
      groupLagSampler.close();
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
        .transform(any -> groups == null ? Future.succeededFuture() : groups.runtime().close())
        .transform(any -> clients == null ? Future.succeededFuture() : clients.close())
        .transform(any -> closePartitions())
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

  private Future<Void> closePartitions() {
    if (replication != null) {
      replication.close();
    }
    return partitions == null ? Future.succeededFuture() : partitions.close();
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
  PartitionSupervisor partitions() {
    return partitions;
  }

  /** null before the metadata is read. */
  GroupLags groupLags() {
    GroupLagSampler measuring = groupLagSampler;
    return measuring == null ? null : measuring.lags();
  }

  /** null before the metadata is read. */
  QuorumView quorumView() {
    return metadata == null ? null : metadata.quorumView();
  }

  ReplicationFigures replicationFigures() {
    return replicationFigures;
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
