package io.millrace.server;

import io.millrace.api.RequestHandler;
import io.millrace.api.peer.ControllerRoute;
import io.millrace.api.quorum.LocalQuorum;
import io.millrace.api.quorum.QuorumControl;
import io.millrace.cluster.Member;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.controller.ClusterConfig;
import io.millrace.controller.Controller;
import io.millrace.controller.ControllerConfig;
import io.millrace.controller.ControllerVerticle;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.NodeTraits;
import io.millrace.model.Clock;
import io.millrace.model.VoterId;
import io.millrace.protocol.peer.PeerSubject;
import io.millrace.quorum.CommitListener;
import io.millrace.quorum.MetadataFiles;
import io.millrace.quorum.Quorum;
import io.millrace.quorum.QuorumConfig;
import io.millrace.quorum.QuorumTransport;
import io.millrace.quorum.QuorumVerticle;
import io.millrace.quorum.QuorumView;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's metadata on this node: its copy of the metadata log, the controller upon it, which
 * decides while this node leads, and the way to the controller while another does.
 *
 * <p>Owner: any thread.
 */
final class MetadataLayer {
  private static final Logger LOG = LoggerFactory.getLogger(MetadataLayer.class);

  private static final long FAREWELL_MS = 5_000;

  /** Longer than it takes a node that has just been started to be registered. */
  private static final long GONE_AFTER_MS = 60_000;

  private final Vertx vertx;
  private final int nodeId;
  private final ControllerVerticle local;
  // null = the node is alone.
  private final ClusterLayer cluster;
  // Owned by the context of its timer.
  private final Departures departures = new Departures(GONE_AFTER_MS);

  // Set while opening; read afterwards.
  private volatile Quorum quorum;
  private volatile QuorumControl localQuorum;
  // null = the node is alone.
  private volatile ControllerRoute route;
  private volatile QuorumUpkeep upkeep;
  private volatile long farewell;
  private volatile String deployment;

  private MetadataLayer(
      Vertx vertx, Settings settings, ControllerConfig config, ClusterLayer cluster, Opening how) {
    this.vertx = vertx;
    this.nodeId = config.nodeId();
    this.cluster = cluster;
    this.local =
        new ControllerVerticle(
            config,
            new DeclaredConfigRules(settings, config.nodeId()),
            (any, listener) -> how.open(listener).onSuccess(opened -> quorum = opened),
            new Random());
  }

  /** Opens the quorum for a listener. */
  private interface Opening {
    Future<Quorum> open(CommitListener listener);
  }

  /**
   * The metadata of a node; {@link #open} comes next.
   *
   * @param cluster null = the node is alone
   * @throws NodeStartException if {@code cluster.id} is not that of the directories
   */
  static MetadataLayer of(
      Vertx vertx,
      Settings settings,
      int nodeId,
      LogDirectories directories,
      ClusterLayer cluster) {
    String known = cluster == null ? directories.clusterId() : cluster.formation().clusterId();
    String wanted = settings.get(NodeKeys.CLUSTER_ID);
    if (wanted != null && known != null && !wanted.equals(known)) {
      throw new NodeStartException(
          "cluster.id is " + wanted + ", but this node belongs to cluster " + known, null);
    }
    ControllerConfig config =
        new ControllerConfig(
            nodeId,
            wanted != null ? wanted : known,
            settings.get(NodeKeys.NUM_PARTITIONS),
            settings.get(NodeKeys.DEFAULT_REPLICATION_FACTOR).shortValue(),
            settings.get(NodeKeys.DELETE_TOPIC_ENABLE),
            ClusterConfig.from(settings));
    QuorumConfig alone =
        QuorumConfig.inLogDirectory(nodeId, directories.metadataDirectory(settings));
    if (cluster == null) {
      return new MetadataLayer(
          vertx,
          settings,
          config,
          null,
          listener ->
              vertx
                  .executeBlocking(() -> notLost(alone.directory(), known))
                  .compose(directory -> QuorumVerticle.open(vertx, alone, listener)));
    }
    QuorumConfig quorum = alone.inCluster(cluster.formation().voters());
    QuorumTransport transport =
        (to, message) -> cluster.peers().tell(to, PeerSubject.QUORUM, message);
    return new MetadataLayer(
        vertx,
        settings,
        config,
        cluster,
        listener -> QuorumVerticle.open(vertx, quorum, transport, listener));
  }

  /**
   * A node that was in a cluster has a metadata log. Without it, and without others who have it,
   * the node would know of no topic, and put aside their logs.
   */
  private static Path notLost(Path directory, String clusterId) {
    if (clusterId != null && !MetadataFiles.exist(directory)) {
      throw new NodeStartException(
          "this node belongs to cluster "
              + clusterId
              + ", but there is no metadata log in "
              + directory
              + ": bring back the log directory that has it, or name it by metadata.log.dir",
          null);
    }
    return directory;
  }

  /**
   * Completes when what this node knows to be committed is in the image; alone, when it leads too.
   *
   * @param ofNodes answers what partitions and coordinators of other nodes ask
   */
  Future<Void> open(List<RequestHandler> ofNodes) {
    return vertx
        .deployVerticle(local)
        .onSuccess(
            id -> {
              deployment = id;
              localQuorum =
                  new LocalQuorum(
                      vertx,
                      quorum,
                      this::internalEndpoints,
                      this::neverVotes,
                      this::onRemoved,
                      Clock.SYSTEM);
              if (cluster != null) {
                meetTheOthers();
              }
            })
        .compose(any -> cluster == null ? Future.succeededFuture() : answerTheOthers(ofNodes));
  }

  private Future<Void> answerTheOthers(List<RequestHandler> ofNodes) {
    ClusterLayer.Parts parts = cluster.parts();
    return vertx
        .executeBlocking(() -> new PeerService(parts.settings(), nodeId, this, ofNodes))
        .onSuccess(made -> cluster.listener().serve(made.service(this, parts.metrics())))
        .mapEmpty();
  }

  private void meetTheOthers() {
    Quorum opened = quorum;
    route =
        new ControllerRoute(
            new ControllerRoute.Parts(
                vertx, nodeId, local, localQuorum, this::leader, local.images(), cluster.peers()));
    cluster
        .listener()
        .receiver(PeerSubject.QUORUM, (from, directory, message) -> opened.receive(from, message));
    upkeep =
        new QuorumUpkeep(
            vertx,
            cluster.membership(),
            opened,
            cluster.parts().settings().get(NodeKeys.CLUSTER_VOTERS_TARGET),
            () -> images().image(),
            gone -> local.onMemberGone(gone, !cluster.listener().isConnected(gone)));
    upkeep.start();
    farewell =
        vertx.setPeriodic(
            FAREWELL_MS,
            any ->
                departures
                    .observe(
                        TimeUnit.NANOSECONDS.toMillis(Clock.SYSTEM.nanos()),
                        cluster.remembered(),
                        expected())
                    .forEach(cluster::forget));
  }

  /** Who may come back, or come to be registered. */
  private Set<Integer> expected() {
    ClusterImage image = images().image();
    Set<Integer> expected = new HashSet<>(image.brokers().keySet());
    expected.addAll(image.controllers().keySet());
    image.voters().forEach(voter -> expected.add(voter.nodeId()));
    quorum.status().replicas().forEach(replica -> expected.add(replica.id().nodeId()));
    cluster.membership().members().forEach(member -> expected.add(member.nodeId()));
    return expected;
  }

  /** Says so if another directory has this node's vote. To be called when the image is new. */
  void noteOldVote() {
    if (cluster != null) {
      OldVote.warning(cluster.parts().self().id(), images().image().voters()).ifPresent(LOG::warn);
    }
  }

  /** The quorum as this node sees it; null before it is open. */
  QuorumView quorumView() {
    Quorum opened = quorum;
    return opened == null ? null : opened.status();
  }

  private List<Endpoint> internalEndpoints(int id) {
    return cluster == null
        ? List.of()
        : cluster.membership().members().stream()
            .filter(member -> member.nodeId() == id)
            .map(Member::internalAddress)
            .map(at -> new Endpoint("INTERNAL", at.host(), at.port()))
            .toList();
  }

  private boolean neverVotes(int id) {
    BrokerImage broker = images().image().brokers().get(id);
    return broker != null
        && !broker.traits().equals(NodeTraits.UNKNOWN)
        && !broker.traits().voter();
  }

  private void onRemoved(VoterId voter) {
    QuorumUpkeep running = upkeep;
    if (running != null) {
      running.onRemoved(voter);
    }
  }

  private int leader() {
    QuorumView view = quorumView();
    return view == null ? -1 : view.leaderNode();
  }

  /** This node's own controller: refuses with NOT_CONTROLLER while another node leads. */
  ControllerVerticle local() {
    return local;
  }

  /** The quorum as this node itself can ask and change it; null before it is open. */
  QuorumControl localQuorum() {
    return localQuorum;
  }

  /** The controller, wherever it is; from {@link #open} on. */
  Controller controller() {
    return route == null ? local : route.controller();
  }

  /** The quorum, wherever it is led; from {@link #open} on. */
  QuorumControl quorumControl() {
    return route == null ? localQuorum : route.quorum();
  }

  ImagePublisher images() {
    return local.images();
  }

  /** Completes when the cluster has its id and a controller, here or elsewhere. */
  Future<Void> known() {
    return local.known();
  }

  /** Completes when the image of this node is such. */
  Future<Void> until(Predicate<ClusterImage> such) {
    Promise<Void> promise = Promise.promise();
    Consumer<ImageDelta> listener =
        delta -> {
          if (such.test(delta.after())) {
            promise.tryComplete();
          }
        };
    images().subscribe(listener);
    promise.future().onComplete(any -> images().unsubscribe(listener));
    if (such.test(images().image())) {
      promise.tryComplete();
    }
    return promise.future();
  }

  /** Hands the lead over if this node has it, and closes the log. */
  Future<Void> close() {
    if (upkeep != null) {
      upkeep.close();
      vertx.cancelTimer(farewell);
    }
    return deployment == null ? Future.succeededFuture() : vertx.undeploy(deployment);
  }
}
