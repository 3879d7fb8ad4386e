package io.millrace.server;

import io.millrace.client.NetPeers;
import io.millrace.client.OwnIdentity;
import io.millrace.client.PeerBinding;
import io.millrace.client.PeerLimits;
import io.millrace.client.Peers;
import io.millrace.cluster.Address;
import io.millrace.cluster.ClusterFormation;
import io.millrace.cluster.ClusterHost;
import io.millrace.cluster.Discovery;
import io.millrace.cluster.DnsLookup;
import io.millrace.cluster.FormationConfig;
import io.millrace.cluster.FormationFiles;
import io.millrace.cluster.Membership;
import io.millrace.cluster.MembershipConfig;
import io.millrace.cluster.hazelcast.HazelcastMembership;
import io.millrace.cluster.state.FirstVoters;
import io.millrace.cluster.state.NodeIdClash;
import io.millrace.config.NodeKeys;
import io.millrace.config.Password;
import io.millrace.config.Settings;
import io.millrace.log.SystemFileIo;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import io.millrace.network.ListenerSettings;
import io.millrace.network.Loops;
import io.millrace.network.PeerListener;
import io.millrace.protocol.peer.ClusterSecret;
import io.millrace.protocol.peer.PeerIdentity;
import io.millrace.protocol.peer.PeerSubject;
import io.millrace.quorum.DirectoryIdFile;
import io.millrace.quorum.Formation;
import io.millrace.quorum.MetadataFiles;
import io.millrace.quorum.QuorumConfig;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The way from this node to the others, when it is one of several: the internal listener, the
 * membership, and what made them a cluster. A node that is alone has none of it.
 *
 * <p>Owner: any thread.
 */
final class ClusterLayer {
  /** Handshakes of other nodes that take longer are ended. */
  private static final int HANDSHAKE_MS = 5_000;

  private static final long CLASH_CHECK_MS = 250;

  /**
   * Who this node is, and where it keeps the metadata.
   *
   * @param clusterId of the directories; null = the node is in no cluster yet
   * @param grown the cluster that a node with a metadata log is in which was alone so far; else
   *     null
   */
  record Self(VoterId id, String clusterId, Path metadataDirectory, Formation grown) {}

  /** What it needs of the node. */
  record Parts(Vertx vertx, Loops loops, Settings settings, Metrics metrics, Self self) {}

  private final Parts parts;
  private final Discovery discovery;
  private final OwnIdentity own;
  private final PeerListener listener;
  private final NetPeers peers;
  private final PeerPlaces places;

  // Set on the way through open and form; read afterwards.
  private volatile Membership membership;
  private volatile ClusterFormation forming;
  private volatile Formation formation;

  private ClusterLayer(
      Parts parts,
      Discovery discovery,
      OwnIdentity own,
      PeerListener listener,
      NetPeers peers,
      PeerPlaces places) {
    this.parts = parts;
    this.discovery = discovery;
    this.own = own;
    this.listener = listener;
    this.peers = peers;
    this.places = places;
  }

  /**
   * Meets the other nodes, and forms a cluster with them or joins theirs. That may take until
   * somebody starts them.
   *
   * @param met is told as soon as the way to the others is open
   * @return null = the settings name no others: the node is alone
   */
  static Future<ClusterLayer> find(
      NodeParts node, LogDirectories directories, Consumer<ClusterLayer> met) {
    Settings settings = node.settings();
    Optional<Discovery> discovery = Discovery.from(settings);
    if (discovery.isEmpty()) {
      return Future.succeededFuture();
    }
    Path metadata = QuorumConfig.directoryIn(directories.metadataDirectory(settings));
    String clusterId = directories.clusterId();
    return node.vertx()
        .executeBlocking(() -> self(metadata, node.nodeId(), clusterId))
        .compose(
            self ->
                open(
                    new Parts(node.vertx(), node.loops(), settings, node.metrics(), self),
                    discovery.get()))
        .onSuccess(met::accept)
        .compose(layer -> layer.form().map(layer));
  }

  private static Self self(Path metadata, int nodeId, String clusterId) throws IOException {
    VoterId id = new VoterId(nodeId, DirectoryIdFile.readOrCreate(SystemFileIo.INSTANCE, metadata));
    boolean wasAlone = clusterId != null && MetadataFiles.haveRun(metadata);
    Formation grown = wasAlone ? new Formation(clusterId, Set.of(id), true) : null;
    return new Self(id, clusterId, metadata, grown);
  }

  /**
   * Binds the internal listener and becomes a member. Fails, with nothing left open, with a message
   * that says what to set.
   */
  private static Future<ClusterLayer> open(Parts parts, Discovery discovery) {
    Settings settings = parts.settings();
    Password configured = settings.get(NodeKeys.CLUSTER_SECRET);
    UUID incarnation = UUID.randomUUID();
    Self self = parts.self();
    OwnIdentity own =
        new OwnIdentity(
            new PeerIdentity(
                self.clusterId(), self.id().nodeId(), self.id().directoryId(), incarnation));
    // Both may wait: the secret's key for classes, the address for DNS.
    return parts
        .vertx()
        .executeBlocking(
            () ->
                new Prepared(
                    ClusterSecret.of(configured == null ? null : configured.value()),
                    addressToBind(settings, discovery, configured != null)))
        .compose(
            prepared ->
                PeerListener.open(
                        parts.vertx(),
                        listenerSettings(settings, prepared.host()),
                        listenerParts(parts, own, prepared.secret()))
                    .compose(
                        listener -> {
                          PeerPlaces places = new PeerPlaces();
                          NetPeers peers =
                              new NetPeers(
                                  parts.vertx(),
                                  own,
                                  prepared.secret(),
                                  places::addressOf,
                                  PeerLimits.DEFAULT,
                                  parts.metrics());
                          ClusterLayer layer =
                              new ClusterLayer(parts, discovery, own, listener, peers, places);
                          return layer
                              .join(prepared, incarnation)
                              .map(layer)
                              .recover(
                                  why -> layer.close().transform(any -> Future.failedFuture(why)));
                        }));
  }

  private static String addressToBind(Settings settings, Discovery discovery, boolean secret)
      throws IOException {
    String host = ClusterHost.choose(settings.get(NodeKeys.CLUSTER_HOST), discovery);
    PeerBinding.check(InetAddress.getByName(host), secret);
    return host;
  }

  private static ListenerSettings listenerSettings(Settings settings, String host) {
    // What other nodes ask has no other bound, and is not to fail by one that is for clients.
    int requestBytes =
        Math.max(
            settings.get(NodeKeys.SOCKET_REQUEST_MAX_BYTES),
            NodeKeys.SOCKET_REQUEST_MAX_BYTES.defaultValue());
    return new ListenerSettings(
        PeerListener.NAME,
        host,
        settings.get(NodeKeys.INTERNAL_PORT),
        () -> requestBytes,
        /* idleMs= */ -1,
        /* sendBufferBytes= */ -1,
        /* receiveBufferBytes= */ -1,
        settings.get(NodeKeys.SOCKET_LISTEN_BACKLOG_SIZE));
  }

  private static PeerListener.Parts listenerParts(
      Parts parts, OwnIdentity own, ClusterSecret secret) {
    return new PeerListener.Parts(parts.loops(), own, secret, HANDSHAKE_MS, parts.metrics());
  }

  private record Prepared(ClusterSecret secret, String host) {}

  private Future<Void> join(Prepared prepared, UUID incarnation) {
    Settings settings = parts.settings();
    MembershipConfig config =
        new MembershipConfig(
            MembershipConfig.CLUSTER_NAME,
            parts.self().id().nodeId(),
            parts.self().id().directoryId(),
            settings.get(NodeKeys.PROCESS_ROLES),
            new Address(prepared.host(), listener.port()),
            prepared.host(),
            settings.get(NodeKeys.CLUSTER_PORT),
            discovery,
            incarnation,
            System.currentTimeMillis(),
            prepared.secret());
    return HazelcastMembership.start(parts.vertx().getOrCreateContext(), config, this::heardOf)
        .compose(
            joined -> {
              membership = joined;
              joined.subscribe(
                  change ->
                      places
                          .onMembers(change.members(), listener::isConnected)
                          .forEach(peers::disconnect));
              return refuseClash();
            });
  }

  /** Of two live nodes with one id the later one does not start. */
  private Future<Void> refuseClash() {
    NodeIdClash clash = new NodeIdClash(NodeIdClash.DEFAULT_PATIENCE_MS);
    Promise<Void> decided = Promise.promise();
    lookForClash(clash, decided);
    return decided.future();
  }

  private void lookForClash(NodeIdClash clash, Promise<Void> decided) {
    long nowMs = TimeUnit.NANOSECONDS.toMillis(Clock.SYSTEM.nanos());
    Optional<String> why = clash.observe(nowMs, membership.self(), membership.members());
    if (why.isPresent()) {
      decided.fail(new NodeStartException(why.get(), null));
    } else if (clash.waiting()) {
      parts.vertx().setTimer(CLASH_CHECK_MS, any -> lookForClash(clash, decided));
    } else {
      decided.complete();
    }
  }

  /** Also of nodes that the membership has lost, or it would never notice that it has. */
  Set<Integer> heardOf() {
    Set<Integer> heard = new HashSet<>(places.nodeIds());
    heard.removeIf(nodeId -> !listener.isConnected(nodeId));
    return heard;
  }

  private Future<Void> form() {
    Self self = parts.self();
    Settings settings = parts.settings();
    FirstVoters first = FormationConfig.firstVoters(discovery);
    FormationConfig config =
        new FormationConfig(
            self.id(),
            settings.get(NodeKeys.PROCESS_ROLES).contains("controller"),
            first,
            settings.get(NodeKeys.CLUSTER_ID),
            first instanceof FirstVoters.Oldest
                ? FormationConfig.DEV_PATIENCE_MS
                : FormationConfig.PATIENCE_MS,
            self.metadataDirectory(),
            self.grown());
    forming =
        new ClusterFormation(
            parts.vertx(),
            config,
            new ClusterFormation.Ports(
                membership,
                (nodeId, message) -> peers.tell(nodeId, PeerSubject.FORMATION, message),
                new FormationFiles(parts.vertx(), SystemFileIo.INSTANCE, self.metadataDirectory()),
                new DnsLookup(parts.vertx()),
                Clock.SYSTEM),
            TopicId.random().toString());
    listener.receiver(PeerSubject.FORMATION, forming::receive);
    return forming
        .start()
        .onSuccess(
            formed -> {
              formation = formed;
              own.joined(formed.clusterId());
            })
        .mapEmpty();
  }

  /** Node ids of all that this node could talk to. */
  Set<Integer> remembered() {
    return places.nodeIds();
  }

  /** A node has left for good. */
  void forget(int nodeId) {
    places.forget(nodeId);
    peers.disconnect(nodeId);
  }

  /** With what the cluster began; null before this node is in one. */
  Formation formation() {
    return formation;
  }

  Parts parts() {
    return parts;
  }

  Membership membership() {
    return membership;
  }

  PeerListener listener() {
    return listener;
  }

  Peers peers() {
    return peers;
  }

  /** What the node waits for before it is in a cluster; empty = nothing. */
  List<String> reasons() {
    ClusterFormation begun = forming;
    return begun == null ? List.of() : begun.reasons();
  }

  /**
   * With which nodes this one could not connect lately: another secret, another cluster. Whoever
   * serves well need not care, as it may be the other's mistake.
   */
  List<String> refusals() {
    Membership met = membership;
    return Stream.concat(
            Stream.of(peers.refusals(), listener.refusals())
                .flatMap(refusals -> refusals.recent().stream()),
            met == null ? Stream.of() : met.refusals().stream())
        .toList();
  }

  /** A node that is to stop waits for no cluster any more: {@link #find} fails. */
  void giveUp() {
    ClusterFormation begun = forming;
    if (begun != null && formation == null) {
      begun.close();
    }
  }

  /** Leaves: the others see it gone. */
  Future<Void> close() {
    Future<Void> ended = forming == null ? Future.succeededFuture() : forming.close();
    return ended
        .transform(any -> peers.close())
        .transform(any -> listener.close(parts.vertx()))
        .transform(any -> membership == null ? Future.succeededFuture() : membership.close());
  }
}
