package io.millrace.cli.cluster;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.Json;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import io.millrace.cli.quorum.Voters;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.QuorumInfo.ReplicaState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code cluster}. */
@Command(
    name = "cluster",
    description = {
      "Show the nodes, the controller, who keeps the metadata, and who leads what.",
      "LAG is what a node has yet to get of the metadata log, in its offsets."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  millrace cluster", "  millrace cluster --output json"})
public final class ClusterCommand extends AdminCommand {
  @Mixin OutputOptions output;

  private final Map<Integer, ClusterNode> nodes = new TreeMap<>();
  private int partitions;
  private int offline;

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
    for (TopicDescription topic : admin.describeTopics(names).allTopicNames().get().values()) {
      for (TopicPartitionInfo partition : topic.partitions()) {
        partitions++;
        if (partition.leader() == null || partition.leader().isEmpty()) {
          offline++;
        } else {
          node(partition.leader().id()).leaders++;
        }
        partition.replicas().forEach(replica -> node(replica.id()).replicas++);
      }
    }
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
            + (offline == 0 ? "" : ", " + offline + " OFFLINE"));
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
            "REPLICAS");
    nodes.values().forEach(node -> table.row(node.row()));
    table.print("");
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
    json.put("nodes", nodes.values().stream().map(ClusterNode::json).toList());
    return json;
  }
}
