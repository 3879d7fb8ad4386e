package io.millrace.server;

import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.NodeLive;
import io.millrace.cluster.ReplicationPicture;
import io.millrace.http.ClusterReadiness;
import io.millrace.http.CompactionView;
import io.millrace.http.GroupsView;
import io.millrace.http.HttpConfig;
import io.millrace.http.HttpVerticle;
import io.millrace.http.NodeView;
import io.millrace.http.Readiness;
import io.millrace.http.ScrubView;
import io.millrace.http.TransactionsView;
import io.millrace.log.RecoveryProgress;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.model.Clock;
import io.millrace.model.TopicId;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.quorum.QuorumView;
import io.millrace.quota.ClientQuotas;
import io.millrace.telemetry.ClientView;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The HTTP server's view of the node, from the first moment of the start on, when most of the node
 * does not exist yet.
 *
 * <p>Owner: any thread.
 */
final class NodeHttp implements NodeView, Readiness {
  private static final PartitionTable NO_PARTITIONS =
      new PartitionTable() {
        @Override
        public Partition get(TopicId topic, int partition) {
          return null;
        }

        @Override
        public Collection<Partition> all() {
          return List.of();
        }
      };

  private final Node node;
  private final long startedAtMs = System.currentTimeMillis();
  private int port = -1;

  private NodeHttp(Node node) {
    this.node = node;
  }

  static Future<NodeHttp> open(Node node) {
    NodeHttp http = new NodeHttp(node);
    HttpConfig config = HttpConfig.from(node.settings());
    if (!config.enabled()) {
      return Future.succeededFuture(http);
    }
    HttpVerticle verticle = new HttpVerticle(config, http, http, node.metrics()::scrape);
    return node.vertx()
        .deployVerticle(verticle)
        .map(
            any -> {
              http.port = verticle.port();
              return http;
            });
  }

  /** -1 = HTTP is off. */
  int port() {
    return port;
  }

  @Override
  public Identity identity() {
    return new Identity(node.nodeId(), Node.version(), ProcessHandle.current().pid(), startedAtMs);
  }

  @Override
  public ClusterImage image() {
    ClusterImage image = node.image();
    return image == null ? MetadataImage.EMPTY : image;
  }

  @Override
  public PartitionTable partitions() {
    return ofPartitions(PartitionLayer::partitions, NO_PARTITIONS);
  }

  @Override
  public List<Disk> disks() {
    return ofPartitions(layer -> layer.disks().view(), List.of());
  }

  @Override
  public GroupsView groups() {
    return ofPartitions(PartitionLayer::groupLags, null);
  }

  @Override
  public TransactionsView transactions() {
    return ofPartitions(layer -> layer.transactions().local(), null);
  }

  private <T> T ofPartitions(Function<PartitionLayer, ? extends T> question, T unread) {
    PartitionLayer layer = node.partitions();
    return layer == null ? unread : question.apply(layer);
  }

  @Override
  public CompactionView compaction() {
    LogCare care = node.logCare();
    return care == null ? null : care.compaction();
  }

  @Override
  public ScrubView scrub() {
    LogCare care = node.logCare();
    return care == null ? null : care.scrub();
  }

  @Override
  public List<ClientView> clients() {
    ClientService service = node.clients();
    return service == null ? List.of() : service.telemetry().views();
  }

  @Override
  public List<ClientQuotas.Figures> quotas(int max) {
    ClientService service = node.clients();
    return service == null
        ? List.of()
        : service.limits().quotas().figures(max, Clock.SYSTEM.nanos());
  }

  @Override
  public QuorumView quorum() {
    return node.quorumView();
  }

  @Override
  public Map<Integer, NodeLive> nodes() {
    LiveMaps live = node.live();
    return live == null ? Map.of() : live.nodes();
  }

  @Override
  public ReplicationPicture replication() {
    return node.replicationFigures().picture();
  }

  @Override
  public Report report() {
    List<String> reasons = new ArrayList<>();
    ClusterLayer cluster = node.cluster();
    if (!node.ready()) {
      reasons.add("The node is " + node.phase());
      if (cluster != null) {
        reasons.addAll(cluster.reasons());
      }
    } else {
      reasons.addAll(
          ClusterReadiness.reasons(
              node.nodeId(),
              node.serves(),
              image(),
              node.quorumView(),
              cluster == null ? Set.of() : cluster.heardOf()));
    }
    if (cluster != null && !reasons.isEmpty()) {
      reasons.addAll(cluster.refusals());
    }
    List<BoundListener> listeners =
        node.listeners().stream()
            .map(l -> new BoundListener(l.name(), l.host(), l.port()))
            .toList();
    return new Report(reasons, listeners, logDirs(reasons));
  }

  private List<LogDirProgress> logDirs(List<String> reasons) {
    LogDirectories directories = node.logDirectories();
    if (directories == null) {
      return List.of();
    }
    List<LogDirProgress> all = new ArrayList<>();
    for (Path path : directories.configured()) {
      boolean offline = !directories.isOnline(path);
      RecoveryProgress progress = directories.progress(path);
      all.add(new LogDirProgress(path.toString(), progress.logs(), progress.logsLoaded(), offline));
    }
    // One that failed takes only its partitions along; the node serves the others.
    if (all.stream().allMatch(LogDirProgress::offline)) {
      reasons.add("Every log directory is offline");
    }
    return all;
  }
}
