package io.millrace.cli.disks;

import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Failures;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;

/**
 * The log directories of one broker, as it tells of them and by what it can be told.
 *
 * <p>Owner: the command's thread.
 */
final class BrokerDisks {
  private static final String CORDONED = "cordoned.log.dirs";

  private final Admin admin;
  private final int broker;

  BrokerDisks(Admin admin, int broker) {
    this.admin = admin;
    this.broker = broker;
  }

  /** The directories by path. */
  Map<String, LogDirDescription> describe() throws InterruptedException, ExecutionException {
    List<Integer> serving = admin.describeCluster().nodes().get().stream().map(Node::id).toList();
    if (!serving.contains(broker)) {
      throw new CommandFailure(
          ExitCode.NOT_FOUND,
          "there is no broker " + broker + " that serves; these do: " + serving);
    }
    return new TreeMap<>(
        admin.describeLogDirs(List.of(broker)).allDescriptions().get().get(broker));
  }

  /** Refuses a path that is none of the broker's log directories. */
  void check(Collection<String> paths, Map<String, LogDirDescription> known) {
    for (String path : paths) {
      if (!known.containsKey(path)) {
        throw new CommandFailure(
            ExitCode.NOT_FOUND,
            path + " is no log directory of broker " + broker + "; these are: " + known.keySet());
      }
    }
  }

  /**
   * The cordoned ones from now on. Also when there are none this is set and not deleted, or those
   * that the broker's file names would count again.
   */
  void cordon(Collection<String> paths) throws InterruptedException, ExecutionException {
    ConfigResource resource =
        new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker));
    AlterConfigOp op =
        new AlterConfigOp(
            new ConfigEntry(CORDONED, String.join(",", new TreeSet<>(paths))),
            AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(resource, List.of(op))).all().get();
  }

  /** Those that are cordoned. */
  static SortedSet<String> cordoned(Map<String, LogDirDescription> dirs) {
    SortedSet<String> cordoned = new TreeSet<>();
    dirs.forEach(
        (path, dir) -> {
          if (dir.isCordoned()) {
            cordoned.add(path);
          }
        });
    return cordoned;
  }

  /** Begins moves; what fails for one keeps no other from it. */
  List<CommandFailure> move(Map<TopicPartition, String> plan) throws InterruptedException {
    Map<TopicPartitionReplica, String> replicas = new HashMap<>();
    plan.forEach(
        (id, to) ->
            replicas.put(new TopicPartitionReplica(id.topic(), id.partition(), broker), to));
    List<CommandFailure> failures = new ArrayList<>();
    for (Map.Entry<TopicPartitionReplica, KafkaFuture<Void>> answer :
        admin.alterReplicaLogDirs(replicas).values().entrySet()) {
      TopicPartitionReplica id = answer.getKey();
      try {
        answer.getValue().get();
      } catch (ExecutionException e) {
        failures.add(Failures.about(id.topic() + "-" + id.partition(), e));
      }
    }
    return failures;
  }

  /** Replicas on their way to this directory, with their bytes that are there. */
  static Map<TopicPartition, ReplicaInfo> arriving(LogDirDescription dir) {
    return replicas(dir, true);
  }

  /** Replicas that are in this directory. */
  static Map<TopicPartition, ReplicaInfo> present(LogDirDescription dir) {
    return replicas(dir, false);
  }

  private static Map<TopicPartition, ReplicaInfo> replicas(LogDirDescription dir, boolean future) {
    Map<TopicPartition, ReplicaInfo> some =
        new TreeMap<>(
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
    dir.replicaInfos()
        .forEach(
            (id, info) -> {
              if (info.isFuture() == future) {
                some.put(id, info);
              }
            });
    return some;
  }
}
