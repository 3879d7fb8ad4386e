package io.millrace.cli.partitions;

import io.millrace.cli.Terminal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Lets replicas that are being moved be copied no faster than so many bytes a second, by the
 * settings that Kafka's tool uses, and in its way (KIP-73): what was set before is replaced, and
 * nothing is left when the throttle is lifted. Replicas in sync are never slowed down.
 *
 * <p>Owner: the command's thread.
 */
final class MoveThrottle {
  static final String LEADERS = "leader.replication.throttled.replicas";
  static final String FOLLOWERS = "follower.replication.throttled.replicas";
  static final String LEADERS_RATE = "leader.replication.throttled.rate";
  static final String FOLLOWERS_RATE = "follower.replication.throttled.rate";

  private static final Set<String> NAMES = Set.of(LEADERS, FOLLOWERS, LEADERS_RATE, FOLLOWERS_RATE);

  private final Admin admin;
  private final Terminal terminal;
  // null = as fast as can be; what others have left can be lifted all the same.
  private final Long bytesPerSecond;

  MoveThrottle(Admin admin, Terminal terminal, Long bytesPerSecond) {
    this.admin = admin;
    this.terminal = terminal;
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Whether there is a limit. */
  boolean limits() {
    return bytesPerSecond != null;
  }

  /**
   * Slows these down. To be called before they begin.
   *
   * @param now the replicas that the partitions have
   */
  void set(Map<TopicPartition, List<Integer>> now, Map<TopicPartition, List<Integer>> plan)
      throws InterruptedException, ExecutionException {
    alter(settings(now, plan, serving(), bytesPerSecond), OpType.SET);
  }

  /** Takes everything away that {@link #set} has set for these. */
  void lift(Map<TopicPartition, List<Integer>> now, Map<TopicPartition, List<Integer>> plan)
      throws InterruptedException, ExecutionException {
    alter(settings(now, plan, serving(), bytesPerSecond), OpType.DELETE);
  }

  /** Takes away whatever throttle there is, also one that a command has left which was ended. */
  void liftAll() throws InterruptedException, ExecutionException {
    List<ConfigResource> resources = new ArrayList<>();
    for (int broker : serving()) {
      resources.add(new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker)));
    }
    ListTopicsOptions all = new ListTopicsOptions().listInternal(true);
    for (String topic : admin.listTopics(all).names().get()) {
      resources.add(new ConfigResource(ConfigResource.Type.TOPIC, topic));
    }
    Map<ConfigResource, Map<String, String>> left = new LinkedHashMap<>();
    for (Map.Entry<ConfigResource, KafkaFuture<Config>> each :
        admin.describeConfigs(resources).values().entrySet()) {
      Map<String, String> own = own(each.getKey(), each.getValue());
      if (!own.isEmpty()) {
        left.put(each.getKey(), own);
      }
    }
    left.forEach(
        (resource, own) ->
            terminal.note(
                "Lifting "
                    + String.join(", ", own.keySet())
                    + " of "
                    + (resource.type() == ConfigResource.Type.TOPIC ? "topic " : "broker ")
                    + resource.name()));
    alter(left, OpType.DELETE);
  }

  /** What a throttle has set there; of what is gone meanwhile nothing. */
  private static Map<String, String> own(ConfigResource resource, KafkaFuture<Config> described)
      throws InterruptedException, ExecutionException {
    ConfigEntry.ConfigSource source =
        resource.type() == ConfigResource.Type.TOPIC
            ? ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG
            : ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG;
    Map<String, String> own = new TreeMap<>();
    try {
      for (ConfigEntry entry : described.get().entries()) {
        if (NAMES.contains(entry.name()) && entry.source() == source) {
          own.put(entry.name(), entry.value());
        }
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
          && !(e.getCause() instanceof TimeoutException)) {
        throw e;
      }
    }
    return own;
  }

  /** A broker that does not serve cannot be asked, and copies nothing. */
  private Set<Integer> serving() throws InterruptedException, ExecutionException {
    Set<Integer> serving = new HashSet<>();
    for (Node node : admin.describeCluster().nodes().get()) {
      serving.add(node.id());
    }
    return serving;
  }

  private void alter(Map<ConfigResource, Map<String, String>> settings, OpType how)
      throws InterruptedException, ExecutionException {
    Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
    settings.forEach(
        (resource, values) -> {
          List<AlterConfigOp> ops = new ArrayList<>();
          values.forEach(
              (name, value) -> ops.add(new AlterConfigOp(new ConfigEntry(name, value), how)));
          changes.put(resource, ops);
        });
    for (Map.Entry<ConfigResource, KafkaFuture<Void>> answer :
        admin.incrementalAlterConfigs(changes).values().entrySet()) {
      await(answer.getKey(), answer.getValue());
    }
  }

  /**
   * A broker that has just gone may still seem to serve; it copies nothing either, and nothing is
   * copied of a topic that was deleted meanwhile.
   */
  private void await(ConfigResource resource, KafkaFuture<Void> changed)
      throws InterruptedException, ExecutionException {
    try {
      changed.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return;
      }
      if (resource.type() != ConfigResource.Type.BROKER
          || !(e.getCause() instanceof TimeoutException)) {
        throw e;
      }
      terminal.note(
          "Broker "
              + resource.name()
              + " does not answer; its settings "
              + LEADERS_RATE
              + " and "
              + FOLLOWERS_RATE
              + " stay as they are");
    }
  }

  /**
   * What is to be set: on each topic who sends and who copies, and on each broker that has to do
   * with it how fast. A partition that does not exist has no part in it.
   *
   * @param now the replicas that the partitions have
   * @param serving brokers whose settings can be changed
   */
  static Map<ConfigResource, Map<String, String>> settings(
      Map<TopicPartition, List<Integer>> now,
      Map<TopicPartition, List<Integer>> plan,
      Set<Integer> serving,
      long bytesPerSecond) {
    Map<String, Set<String>> leaders = new TreeMap<>();
    Map<String, Set<String>> followers = new TreeMap<>();
    Set<Integer> brokers = new TreeSet<>();
    plan.forEach(
        (partition, replicas) -> {
          List<Integer> before = now.get(partition);
          if (before != null) {
            add(leaders, partition, before);
            add(followers, partition, replicas);
            brokers.addAll(before);
            brokers.addAll(replicas);
          }
        });
    brokers.retainAll(serving);
    Map<ConfigResource, Map<String, String>> settings = new LinkedHashMap<>();
    leaders.forEach(
        (topic, ofTopic) ->
            settings.put(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                Map.of(
                    LEADERS,
                    String.join(",", ofTopic),
                    FOLLOWERS,
                    String.join(",", followers.get(topic)))));
    String rate = Long.toString(bytesPerSecond);
    for (int broker : brokers) {
      settings.put(
          new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker)),
          Map.of(LEADERS_RATE, rate, FOLLOWERS_RATE, rate));
    }
    return settings;
  }

  private static void add(
      Map<String, Set<String>> byTopic, TopicPartition partition, List<Integer> brokers) {
    Set<String> ofTopic = byTopic.computeIfAbsent(partition.topic(), any -> new TreeSet<>());
    brokers.forEach(broker -> ofTopic.add(partition.partition() + ":" + broker));
  }
}
