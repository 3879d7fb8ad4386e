package io.millrace.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What must hold between the settings of a node, beyond the range of each.
 *
 * @param problems what stops the start
 * @param warnings what works but hardly as meant
 *     <p>Owner: immutable.
 */
public record SettingsCheck(List<String> problems, List<String> warnings) {
  /** A shorter {@code cluster.secret} is worth a warning. */
  private static final int SHORTEST_SECRET = 16;

  public SettingsCheck {
    problems = List.copyOf(problems);
    warnings = List.copyOf(warnings);
  }

  /** Checks a node's settings, listeners included. */
  public static SettingsCheck of(Settings settings) {
    List<String> problems = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    Listeners listeners = Listeners.read(settings, problems);
    PortClashes.find(settings, listeners.bound(), problems);
    requests(settings, problems);
    connections(settings, problems);
    logs(settings, problems, warnings);
    cleaner(settings, problems);
    roles(settings, problems);
    replication(settings, warnings);
    cluster(settings, problems, warnings);
    groups(settings, problems);
    return new SettingsCheck(problems, warnings);
  }

  /**
   * What does not fit together of the settings that can change while the node runs.
   *
   * @param settings with the committed ones
   * @return why they are refused (INVALID_CONFIG); empty = accepted
   */
  public static Optional<String> whileRunning(Settings settings) {
    List<String> problems = new ArrayList<>();
    compactionLag(settings, problems);
    cleaner(settings, problems);
    connections(settings, problems);
    return problems.stream().findFirst();
  }

  private static void requests(Settings settings, List<String> problems) {
    long queued = settings.get(NodeKeys.QUEUED_MAX_REQUEST_BYTES);
    int largest = settings.get(NodeKeys.SOCKET_REQUEST_MAX_BYTES);
    if (queued != -1 && queued < largest) {
      problems.add(
          "Invalid value "
              + queued
              + " for configuration queued.max.request.bytes: one request may have"
              + " socket.request.max.bytes="
              + largest
              + "; allowed: -1 or at least that");
    }
  }

  /** Nobody could take it back either, once nobody can connect. */
  private static void connections(Settings settings, List<String> problems) {
    if (settings.get(NodeKeys.MAX_CONNECTIONS_PER_IP) == 0
        && settings.get(NodeKeys.MAX_CONNECTIONS_PER_IP_OVERRIDES).isEmpty()) {
      problems.add(
          "Invalid value 0 for configuration max.connections.per.ip: nobody could connect; allowed:"
              + " at least 1, or 0 together with max.connections.per.ip.overrides");
    }
  }

  private static void groups(Settings settings, List<String> problems) {
    for (ConsumerGroupKeys.OfGroup of : ConsumerGroupKeys.OF_GROUP.values()) {
      int value = settings.get(of.key());
      if (value < settings.get(of.least()) || value > settings.get(of.most())) {
        problems.add(
            "Invalid value "
                + value
                + " for configuration "
                + of.key()
                + "; allowed: from "
                + of.least()
                + "="
                + settings.get(of.least())
                + " to "
                + of.most()
                + "="
                + settings.get(of.most()));
      }
    }
    int session = settings.get(ConsumerGroupKeys.SESSION_TIMEOUT_MS);
    int heartbeat = settings.get(ConsumerGroupKeys.HEARTBEAT_INTERVAL_MS);
    if (heartbeat >= session) {
      problems.add(
          "Invalid value "
              + heartbeat
              + " for configuration group.consumer.heartbeat.interval.ms; allowed: less than"
              + " group.consumer.session.timeout.ms="
              + session);
    }
    if (!settings.get(ConsumerGroupKeys.REBALANCE_PROTOCOLS).contains("classic")) {
      problems.add(
          "Invalid value for configuration group.coordinator.rebalance.protocols: classic cannot be"
              + " left out");
    }
  }

  private static void logs(Settings settings, List<String> problems, List<String> warnings) {
    int segment = settings.get(LogKeys.LOG_SEGMENT_BYTES);
    long retention = settings.get(LogKeys.LOG_RETENTION_BYTES);
    if (retention >= 0 && retention < segment) {
      warnings.add(
          "log.retention.bytes="
              + retention
              + " is less than log.segment.bytes="
              + segment
              + ": a partition keeps at least its active segment");
    }
    if (settings.get(LogKeys.MESSAGE_MAX_BYTES) > segment) {
      warnings.add(
          "message.max.bytes="
              + settings.get(LogKeys.MESSAGE_MAX_BYTES)
              + " is more than log.segment.bytes="
              + segment
              + ": batches larger than a segment are refused");
    }
    compactionLag(settings, problems);
  }

  private static void compactionLag(Settings settings, List<String> problems) {
    if (settings.get(LogKeys.LOG_CLEANER_MIN_COMPACTION_LAG_MS)
        > settings.get(LogKeys.LOG_CLEANER_MAX_COMPACTION_LAG_MS)) {
      problems.add(
          "Invalid value "
              + settings.get(LogKeys.LOG_CLEANER_MIN_COMPACTION_LAG_MS)
              + " for configuration log.cleaner.min.compaction.lag.ms; allowed: at most"
              + " log.cleaner.max.compaction.lag.ms="
              + settings.get(LogKeys.LOG_CLEANER_MAX_COMPACTION_LAG_MS));
    }
  }

  private static void cleaner(Settings settings, List<String> problems) {
    long buffer = settings.get(CleanerKeys.LOG_CLEANER_DEDUPE_BUFFER_SIZE);
    int threads = settings.get(CleanerKeys.LOG_CLEANER_THREADS);
    if (threads > 0 && buffer / threads < CleanerKeys.LEAST_DEDUPE_BUFFER) {
      problems.add(
          "Invalid value "
              + buffer
              + " for configuration log.cleaner.dedupe.buffer.size; allowed: at least "
              + CleanerKeys.LEAST_DEDUPE_BUFFER
              + " for each of the "
              + threads
              + " log.cleaner.threads");
    }
  }

  private static void roles(Settings settings, List<String> problems) {
    List<String> roles = settings.get(NodeKeys.PROCESS_ROLES);
    if (roles.size() < 2 && !ClusterKeys.clustered(settings)) {
      problems.add(
          "Invalid value "
              + String.join(",", roles)
              + " for configuration process.roles: a cluster of one needs both roles;"
              + " allowed: broker,controller");
    }
  }

  private static void replication(Settings settings, List<String> warnings) {
    int replicas = settings.get(NodeKeys.DEFAULT_REPLICATION_FACTOR);
    int minIsr = settings.get(LogKeys.MIN_INSYNC_REPLICAS);
    if (minIsr > replicas) {
      warnings.add(
          "min.insync.replicas="
              + minIsr
              + " is more than default.replication.factor="
              + replicas
              + ": topics created with the defaults need all of their replicas in sync");
    }
    if (replicas > 1 && !ClusterKeys.clustered(settings)) {
      warnings.add(
          "default.replication.factor="
              + replicas
              + " in a cluster of one: topics can only be created with an explicit factor of 1");
    }
  }

  private static void cluster(Settings settings, List<String> problems, List<String> warnings) {
    String discovery = settings.get(ClusterKeys.CLUSTER_DISCOVERY);
    boolean kubernetes = discovery.equals(ClusterKeys.KUBERNETES);
    if (kubernetes && settings.get(ClusterKeys.CLUSTER_KUBERNETES_SERVICE) == null) {
      problems.add("cluster.discovery=kubernetes needs cluster.kubernetes.service");
    }
    if (kubernetes && settings.get(NodeKeys.CLUSTER_PORT) == 0) {
      problems.add(
          "Invalid value 0 for configuration cluster.port; allowed with"
              + " cluster.discovery=kubernetes: the one port of all nodes");
    }
    if (!discovery.equals(ClusterKeys.SEEDS) && !settings.get(NodeKeys.CLUSTER_SEEDS).isEmpty()) {
      problems.add(
          "cluster.seeds is given, and cluster.discovery="
              + discovery
              + " does not use it; remove one of the two");
    }
    seeds(settings, problems);
    secret(settings, problems, warnings);
  }

  private static void seeds(Settings settings, List<String> problems) {
    int port = Seed.portWithout(settings);
    Map<Seed, String> seen = new HashMap<>();
    for (String text : settings.get(NodeKeys.CLUSTER_SEEDS)) {
      String twin = seen.putIfAbsent(Seed.parse(text, port), text);
      if (twin != null) {
        problems.add(
            "Invalid value "
                + String.join(",", settings.get(NodeKeys.CLUSTER_SEEDS))
                + " for configuration cluster.seeds: "
                + twin
                + " and "
                + text
                + " are one node, as a seed without a port has the port "
                + port
                + "; allowed: each seed once");
      }
    }
  }

  private static void secret(Settings settings, List<String> problems, List<String> warnings) {
    Password secret = settings.get(NodeKeys.CLUSTER_SECRET);
    if (secret == null || !ClusterKeys.clustered(settings)) {
      return;
    }
    if (secret.value().isEmpty()) {
      problems.add(
          "Invalid empty value for configuration cluster.secret: it would protect nothing; leave"
              + " the key out or give it a text, the same on all nodes");
    } else if (secret.value().length() < SHORTEST_SECRET) {
      warnings.add(
          "cluster.secret has fewer than "
              + SHORTEST_SECRET
              + " characters: who listens to the nodes can find it out by trying");
    }
  }
}
