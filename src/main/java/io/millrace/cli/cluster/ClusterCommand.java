package io.millrace.cli.cluster;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import io.millrace.cli.quorum.Voters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.QuorumInfo.ReplicaState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cluster}. */
@Command(
    name = "cluster",
    subcommands = ClusterUnregisterCommand.class,
    description = {
      "Show the nodes, the controller, who keeps the metadata, and who leads what.",
      "LAG is what a node has yet to get of the metadata log, in its offsets; OUT OF SYNC counts its"
          + " replicas that are not among the in-sync ones; BEHIND is what the replica lacks that is"
          + " furthest behind its leader, in records and in seconds, as a node tells over HTTP."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace cluster",
      "  millrace cluster --output json",
      "  millrace cluster -b host1:9092 --http host1:8080",
      "  millrace cluster unregister 4"
    })
public final class ClusterCommand extends AdminCommand {
  /** How long a node may take that was not asked for by the user. */
  private static final Duration GUESS_PATIENCE = Duration.ofSeconds(1);

  private static final int DEFAULT_HTTP_PORT = 8080;

  @Mixin OutputOptions output;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description =
          "Where a node answers HTTP (http.host, http.port), to be asked how far replicas are"
              + " behind. Default: port 8080 of the first bootstrap server, if a node of this"
              + " cluster answers there.")
  String http;

  /** Named one by one; all are counted. */
  private static final int MAX_OFFLINE = 10;

  private final Map<Integer, ClusterNode> nodes = new TreeMap<>();
  private int partitions;
  private int offline;
  private final List<OfflinePartition> offlineOnes = new ArrayList<>();
  private int underReplicated;
  private int underMinIsr;

  public ClusterCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    DescribeClusterResult cluster = brokers(admin);
    QuorumInfo quorum = quorum(admin);
    Map<String, Short> features = new TreeMap<>();
    admin
        .describeFeatures()
        .featureMetadata()
        .get()
        .finalizedFeatures()
        .forEach((name, levels) -> features.put(name, levels.maxVersionLevel()));
    countLeaders(admin);
    String clusterId = cluster.clusterId().get();
    askForLags(clusterId);
    if (output.json()) {
      println(Json.pretty(json(clusterId, quorum, features)));
    } else {
      print(clusterId, quorum, features);
    }
  }

  private ClusterNode node(int nodeId) {
    return nodes.computeIfAbsent(nodeId, ClusterNode::new);
  }

  /** Fenced ones too, as far as the broker can tell them. */
  private DescribeClusterResult brokers(Admin admin)
      throws InterruptedException, ExecutionException {
    DescribeClusterResult result =
        admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true));
    try {
      result.nodes().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof UnsupportedVersionException)) {
        throw e;
      }
      result = admin.describeCluster();
    }
    for (Node broker : result.nodes().get()) {
      node(broker.id()).broker = broker;
    }
    return result;
  }

  /** null = the broker does not tell. */
  private QuorumInfo quorum(Admin admin) throws InterruptedException, ExecutionException {
    QuorumInfo quorum;
    try {
      quorum = admin.describeMetadataQuorum().quorumInfo().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnsupportedVersionException) {
        return null;
      }
      throw e;
    }
    quorum.observers().forEach(observer -> note(observer, quorum, "observer"));
    quorum.voters().forEach(voter -> note(voter, quorum, "voter"));
    return quorum;
  }

  private void note(ReplicaState replica, QuorumInfo quorum, String role) {
    ClusterNode node = node(replica.replicaId());
    node.role = replica.replicaId() == quorum.leaderId() ? "leader" : role;
    OptionalLong lag = Voters.lag(replica, quorum);
    node.metadataLag = lag.isPresent() ? lag.getAsLong() : null;
  }

  private void countLeaders(Admin admin) throws InterruptedException, ExecutionException {
    var names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
    Collection<TopicDescription> topics =
        admin.describeTopics(names).allTopicNames().get().values();
    for (TopicDescription topic : topics) {
      for (TopicPartitionInfo partition : topic.partitions()) {
        partitions++;
        if (partition.leader() == null || partition.leader().isEmpty()) {
          offline++;
          if (offlineOnes.size() < MAX_OFFLINE) {
            offlineOnes.add(OfflinePartition.of(topic.name(), partition));
          }
        } else {
          node(partition.leader().id()).leaders++;
        }
        partition.replicas().forEach(replica -> node(replica.id()).replicas++);
        List<Node> missing = missing(partition);
        missing.forEach(replica -> node(replica.id()).outOfSync++);
      }
    }
    countLacking(admin, topics);
  }

  private static List<Node> missing(TopicPartitionInfo partition) {
    List<Node> missing = new ArrayList<>(partition.replicas());
    missing.removeIf(
        replica -> partition.isr().stream().anyMatch(member -> member.id() == replica.id()));
    return missing;
  }

  /** Only a partition with a replica that is not in sync can have too few: others are not asked. */
  private void countLacking(Admin admin, Collection<TopicDescription> topics)
      throws InterruptedException, ExecutionException {
    Map<ConfigResource, TopicDescription> perhaps = new HashMap<>();
    for (TopicDescription topic : topics) {
      if (topic.partitions().stream().anyMatch(partition -> !missing(partition).isEmpty())) {
        perhaps.put(new ConfigResource(ConfigResource.Type.TOPIC, topic.name()), topic);
      }
    }
    if (perhaps.isEmpty()) {
      return;
    }
    Map<TopicPartition, PartitionReassignment> reassigned = reassignments(admin);
    Map<ConfigResource, Config> configs = admin.describeConfigs(perhaps.keySet()).all().get();
    for (Map.Entry<ConfigResource, TopicDescription> each : perhaps.entrySet()) {
      int minimum =
          Integer.parseInt(
              configs.get(each.getKey()).get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG).value());
      for (TopicPartitionInfo partition : each.getValue().partitions()) {
        int wanted = Math.min(minimum, partition.replicas().size());
        underMinIsr += partition.isr().size() < wanted ? 1 : 0;
        PartitionReassignment move =
            reassigned.get(new TopicPartition(each.getKey().name(), partition.partition()));
        int adding = move == null ? 0 : move.addingReplicas().size();
        underReplicated += partition.isr().size() < partition.replicas().size() - adding ? 1 : 0;
      }
    }
  }

  /** Those under way; none when the broker cannot tell. */
  private static Map<TopicPartition, PartitionReassignment> reassignments(Admin admin)
      throws InterruptedException, ExecutionException {
    try {
      return admin.listPartitionReassignments().reassignments().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnsupportedVersionException) {
        return Map.of();
      }
      throw e;
    }
  }

  private void askForLags(String clusterId) throws InterruptedException {
    Map<Integer, ReplicaLags.Lag> lags;
    try {
      lags =
          http == null
              ? ReplicaLags.ask(firstServer() + ":" + DEFAULT_HTTP_PORT, clusterId, GUESS_PATIENCE)
              : ReplicaLags.ask(http, clusterId, Duration.ofMillis(broker.timeoutMs()));
    } catch (CommandFailure e) {
      if (http == null) {
        return;
      }
      throw e;
    }
    lags.forEach((nodeId, lag) -> node(nodeId).replicaLag = lag);
  }

  private String firstServer() {
    String first = broker.bootstrapServer().split(",", -1)[0].strip();
    return first.substring(0, first.lastIndexOf(':'));
  }

  private void print(String clusterId, QuorumInfo quorum, Map<String, Short> features) {
    println(
        "Cluster "
            + clusterId
            + ", "
            + nodes.size()
            + (nodes.size() == 1 ? " node, " : " nodes, ")
            + partitions
            + (partitions == 1 ? " partition" : " partitions")
            + (offline == 0 ? "" : ", " + offline + " OFFLINE")
            + (underReplicated == 0 ? "" : ", " + underReplicated + " UNDER-REPLICATED")
            + (underMinIsr == 0 ? "" : ", " + underMinIsr + " UNDER MIN ISR"));
    if (quorum != null) {
      println(
          "Controller "
              + quorum.leaderId()
              + " in term "
              + quorum.leaderEpoch()
              + ", metadata committed to offset "
              + quorum.highWatermark());
    }
    println(
        "Features "
            + features.entrySet().stream()
                .map(feature -> feature.getKey() + " " + feature.getValue())
                .collect(Collectors.joining(", ")));
    var table =
        new TextTable(
            context.terminal(),
            "NODE",
            "ADDRESS",
            "RACK",
            "STATE",
            "METADATA",
            "LAG",
            "LEADERS",
            "REPLICAS",
            "OUT OF SYNC",
            "BEHIND",
            "SECONDS");
    nodes.values().forEach(node -> table.row(node.row()));
    table.print("");
    offlineOnes.forEach(one -> println(one.line()));
    if (offline > offlineOnes.size()) {
      println("… and " + (offline - offlineOnes.size()) + " more partitions are offline");
    }
  }

  private Map<String, Object> json(
      String clusterId, QuorumInfo quorum, Map<String, Short> features) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("clusterId", clusterId);
    json.put("controllerId", quorum == null ? null : quorum.leaderId());
    json.put("term", quorum == null ? null : quorum.leaderEpoch());
    json.put("highWatermark", quorum == null ? null : quorum.highWatermark());
    json.put("finalizedFeatures", features);
    json.put("partitions", partitions);
    json.put("offlinePartitions", offline);
    json.put("offline", offlineOnes.stream().map(OfflinePartition::json).toList());
    json.put("underReplicatedPartitions", underReplicated);
    json.put("underMinIsrPartitions", underMinIsr);
    json.put("nodes", nodes.values().stream().map(ClusterNode::json).toList());
    return json;
  }
}
