package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.LogEnd;
import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.controller.state.Registrations.Standing;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicPartition;
import io.millrace.simulation.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/**
 * Random lives of five brokers against a model of who has which acknowledged records. A partition's
 * leader acknowledges whenever its ISR is large enough; only members of the ISR have what was
 * acknowledged then. After every step:
 *
 * <ul>
 *   <li>a leader serves, its log too, is in the ISR, and has every acknowledged record, unless the
 *       partition is marked;
 *   <li>everybody in ISR and last ISR has every acknowledged record, unless it is marked;
 *   <li>a partition has no leader only when nobody in ISR and last ISR serves with a log that does,
 *       or when every log may be cut and not all of them are compared;
 *   <li>epochs do not go back, and another leader has another epoch.
 * </ul>
 */
class BrokersModelTest {
  private static final int RUNS = 300;
  private static final int STEPS = 120;
  private static final int BROKERS = 5;
  private static final int HERE = 1;

  private final TopicPolicies policies = new TopicPolicies(Images.RULES);
  private final Failover failover = new Failover(policies);
  private final Registrations registrations = new Registrations(failover);

  private MetadataImage image;
  private BrokerSessions sessions;
  private Heartbeats heartbeats;
  private UncleanRecovery recovery;
  private Random random;
  private int incarnations;
  private int reassigned;
  private int recovered;

  /** By node, if it has another than at first. */
  private final Map<Integer, Integer> disks = new HashMap<>();

  /** By partition: who has everything that was acknowledged. */
  private List<Set<Integer>> holders;

  @Test
  void shouldElectOnlyWhoHasWhatWasAcknowledged() {
    long first = Long.getLong("millrace.seed", System.nanoTime());
    System.out.println("BrokersModelTest: -Dmillrace.seed=" + first + ", runs " + RUNS);
    int marked = 0;
    int offline = 0;
    for (int run = 0; run < RUNS; run++) {
      start(first + run);
      for (int step = 0; step < STEPS; step++) {
        String what = "seed " + (first + run) + ", step " + step + ": " + step();
        acknowledge();
        check(what);
      }
      for (PartitionImage partition : partitions()) {
        marked += partition.possibleLoss() ? 1 : 0;
        offline += partition.leader() == PartitionImage.NO_LEADER ? 1 : 0;
      }
    }
    // Both happen, or the test would show little.
    assertThat(marked).isPositive();
    assertThat(offline).isPositive();
    assertThat(reassigned).isPositive();
    assertThat(recovered).isPositive();
  }

  private void start(long seed) {
    random = Seeds.random(seed);
    sessions = new BrokerSessions(1_000);
    recovery = new UncleanRecovery(policies);
    heartbeats = new Heartbeats(failover, sessions, HERE);
    // A cluster that is not upgraded yet must get no record that older releases cannot read.
    int level =
        random.nextInt(4) == 0 ? MetadataVersion.MARKS_POSSIBLE_LOSS : MetadataVersion.NEWEST;
    image = Images.with(MetadataImage.EMPTY, List.of(new Feature(MetadataVersion.FEATURE, level)));
    for (int nodeId = 1; nodeId <= BROKERS; nodeId++) {
      register(nodeId, false);
      heartbeat(nodeId, false, false);
    }
    for (int replicas = 1; replicas <= 4; replicas++) {
      List<Integer> on = new ArrayList<>();
      for (int i = 0; i < replicas; i++) {
        on.add((replicas + i) % BROKERS + 1);
      }
      image = Images.withTopic(image, "t" + replicas, 2, on);
      image = Images.withConfig(image, "t" + replicas, "min.insync.replicas", minimum());
    }
    image = Images.withConfig(image, "t4", "unclean.leader.election.enable", "true");
    holders = new ArrayList<>();
    partitions().forEach(partition -> holders.add(new HashSet<>(partition.isr())));
  }

  private String minimum() {
    return Integer.toString(1 + random.nextInt(3));
  }

  private List<PartitionImage> partitions() {
    List<PartitionImage> all = new ArrayList<>();
    for (int replicas = 1; replicas <= 4; replicas++) {
      all.addAll(image.topic("t" + replicas).partitions());
    }
    return all;
  }

  private String topicOf(int index) {
    return "t" + (index / 2 + 1);
  }

  private void apply(List<MetadataRecord> records) {
    image = Images.with(image, records);
  }

  private String step() {
    int nodeId = 1 + random.nextInt(BROKERS);
    switch (random.nextInt(14)) {
      case 0 -> {
        boolean cut = random.nextInt(3) == 0;
        register(nodeId, cut);
        return nodeId + " registers" + (cut ? ", cut" : "");
      }
      case 1, 2, 3 -> {
        heartbeat(nodeId, false, false);
        return nodeId + " serves";
      }
      case 4 -> {
        apply(failover.fence(image, nodeId));
        return nodeId + " is fenced";
      }
      case 5 -> {
        heartbeat(nodeId, random.nextBoolean(), true);
        return nodeId + " stops";
      }
      case 6 -> {
        String topic = "t" + (1 + random.nextInt(4));
        Config config = new Config(ConfigResource.topic(topic), "min.insync.replicas", minimum());
        apply(
            new ConfigConsequences(policies)
                .complete(image, new Decision<>(List.of(config), ""))
                .records());
        return config.toString();
      }
      case 7 -> {
        int index = random.nextInt(partitions().size());
        TopicPartition name = new TopicPartition(topicOf(index), index % 2);
        ElectionType type = random.nextInt(20) == 0 ? ElectionType.UNCLEAN : ElectionType.PREFERRED;
        apply(new Elections(policies, recovery).decide(image, type, Set.of(name)).records());
        return type + " " + name;
      }
      case 11 -> {
        return report(random.nextInt(partitions().size()));
      }
      case 9 -> {
        return reassign(random.nextInt(partitions().size()));
      }
      case 8 -> {
        apply(new LeaderBalance(policies, random.nextInt(100)).decide(image));
        return "balance";
      }
      case 12 -> {
        return reportConditions(nodeId);
      }
      default -> {
        return alterIsr(random.nextInt(partitions().size()));
      }
    }
  }

  /** Some of those that serve say how far their logs reach. */
  private String report(int index) {
    PartitionImage partition = partitions().get(index);
    LogEnd end =
        new LogEnd(
            image.topic(topicOf(index)).id(),
            partition.partition(),
            partition.leaderEpoch(),
            random.nextInt(3),
            random.nextInt(3));
    boolean waited = partition.awaitsLogEnds();
    for (int nodeId : partition.replicas()) {
      if (active(nodeId) && random.nextInt(4) > 0) {
        long epoch = image.brokers().get(nodeId).epoch();
        apply(recovery.report(image, nodeId, epoch, List.of(end), 0).records());
      }
    }
    apply(recovery.decide(image, random.nextInt(10_000)));
    recovered += waited && !partitions().get(index).awaitsLogEnds() ? 1 : 0;
    return "reports of " + topicOf(index) + "-" + index % 2;
  }

  private String reassign(int index) {
    TopicPartition name = new TopicPartition(topicOf(index), index % 2);
    List<Integer> brokers = new ArrayList<>(image.brokers().keySet());
    Collections.shuffle(brokers, random);
    boolean cancel = random.nextInt(4) == 0;
    List<Integer> replicas = cancel ? null : brokers.subList(0, 1 + random.nextInt(4));
    Map<TopicPartition, List<Integer>> wanted = new HashMap<>();
    wanted.put(name, replicas);
    apply(new Reassignments(policies).decide(image, wanted, true).records());
    reassigned += partitions().get(index).isReassigning() ? 1 : 0;
    return "reassignment of " + name + " to " + replicas;
  }

  private String reportConditions(int nodeId) {
    List<ReplicaReport> reports = new ArrayList<>();
    for (int i = 0; i < partitions().size(); i++) {
      ReplicaCondition[] all = ReplicaCondition.values();
      int choice = random.nextInt(6);
      reports.add(
          new ReplicaReport(
              image.topic(topicOf(i)).id(), i % 2, all[choice < all.length ? choice : 0]));
    }
    long epoch = image.brokers().get(nodeId).epoch();
    apply(new ReplicaReports(policies).decide(image, nodeId, epoch, reports).records());
    apply(new ReplicaReports(policies).handOver(image));
    return nodeId + " reports " + reports;
  }

  private void register(int nodeId, boolean cut) {
    boolean anotherDisk = cut && random.nextInt(3) == 0;
    if (anotherDisk) {
      disks.put(nodeId, BROKERS + 1 + incarnations);
    }
    BrokerRegistration node =
        Images.registration(nodeId, ++incarnations, disks.getOrDefault(nodeId, nodeId));
    if (cut && holders != null) {
      List<PartitionImage> partitions = partitions();
      for (int i = 0; i < partitions.size(); i++) {
        // A single replica that was cut has lost what it has lost.
        if (partitions.get(i).replicas().size() > 1) {
          holders.get(i).remove(nodeId);
        }
      }
    }
    apply(
        registrations
            .register(
                image,
                cut ? Images.cut(node) : node,
                new Standing(nodeId == HERE, /* alive= */ !anotherDisk))
            .records());
  }

  private void heartbeat(int nodeId, boolean wantFence, boolean wantShutDown) {
    long epoch = image.brokers().get(nodeId).epoch();
    sessions.heard(nodeId, epoch, image.offset(), 0);
    apply(
        heartbeats
            .decide(image, new Heartbeat(nodeId, epoch, image.offset(), wantFence, wantShutDown))
            .records());
  }

  /** The leader takes in who has caught up, or drops who has not. */
  private String alterIsr(int index) {
    PartitionImage partition = partitions().get(index);
    int leader = partition.leader();
    if (leader == PartitionImage.NO_LEADER) {
      return "nothing";
    }
    Set<Integer> isr = new HashSet<>(Set.of(leader));
    for (int nodeId : partition.replicas()) {
      if (random.nextBoolean()) {
        isr.add(nodeId);
      }
    }
    List<IsrMember> members =
        isr.stream()
            .map(nodeId -> new IsrMember(nodeId, image.brokers().get(nodeId).epoch()))
            .toList();
    var decision =
        new IsrChanges(policies)
            .decide(
                image,
                leader,
                image.brokers().get(leader).epoch(),
                List.of(
                    new IsrChange(
                        image.topic(topicOf(index)).id(),
                        partition.partition(),
                        partition.leaderEpoch(),
                        partition.partitionEpoch(),
                        members)));
    Errors error = decision.reply().partitions().get(0).outcome().error();
    if (error != Errors.INELIGIBLE_REPLICA && !decision.records().isEmpty()) {
      // Whoever is taken in has fetched all that the leader has.
      if (holders.get(index).contains(leader)) {
        holders.get(index).addAll(isr);
      }
    }
    apply(decision.records());
    return "ISR of " + topicOf(index) + "-" + index % 2 + " to " + isr;
  }

  /** Acknowledged records are with the ISR; what an unclean leader lacks is given up. */
  private void acknowledge() {
    List<PartitionImage> partitions = partitions();
    for (int i = 0; i < partitions.size(); i++) {
      PartitionImage partition = partitions.get(i);
      // Whoever has no replica any more has deleted it.
      holders.get(i).retainAll(partition.replicas());
      int minimum =
          Math.min(policies.minInsyncReplicas(image, topicOf(i)), partition.replicas().size());
      if (partition.leader() != PartitionImage.NO_LEADER) {
        if (!holders.get(i).contains(partition.leader())) {
          assertThat(partition.possibleLoss()).as(() -> partition + " lost silently").isTrue();
        }
        if (partition.isr().size() >= minimum || partition.possibleLoss()) {
          holders.set(i, new HashSet<>(partition.isr()));
        }
      }
    }
  }

  private boolean capable(int nodeId, String topic, PartitionImage partition) {
    return active(nodeId)
        && image.condition(nodeId, image.topic(topic).id(), partition.partition())
            != ReplicaCondition.OFFLINE;
  }

  private List<PartitionImage> before = List.of();

  private void check(String what) {
    List<PartitionImage> partitions = partitions();
    for (int i = 0; i < partitions.size(); i++) {
      PartitionImage partition = partitions.get(i);
      String name = topicOf(i);
      Supplier<String> where = () -> what + ", " + name + " " + partition;
      List<Integer> complete = new ArrayList<>(partition.isr());
      complete.addAll(partition.lastIsr());
      require(
          partition.replicas().containsAll(partition.maybeCut())
              && partition.lastIsr().stream().noneMatch(partition.maybeCut()::contains),
          where,
          "whose logs may be cut");
      if (partition.isr().stream().anyMatch(partition.maybeCut()::contains)) {
        require(partition.awaitsLogEnds(), where, "waits for nothing");
        require(partition.maybeCut().size() > 1, where, "waits for one that is alone");
        complete.removeAll(partition.isr());
      }
      require(!partition.isr().isEmpty(), where, "nobody in the ISR");
      require(partition.replicas().containsAll(complete), where, "no replicas");
      require(new HashSet<>(complete).size() == complete.size(), where, "named twice");
      if (partition.leader() == PartitionImage.NO_LEADER) {
        require(
            complete.stream().noneMatch(node -> capable(node, name, partition)),
            where,
            "could have a leader");
        require(
            OfflineReason.of(image, image.topic(name).id(), partition) != null, where, "no reason");
      } else {
        require(partition.isr().contains(partition.leader()), where, "leader not in the ISR");
        require(capable(partition.leader(), name, partition), where, "leader does not serve");
      }
      require(
          partition.possibleLoss() || holders.get(i).containsAll(complete),
          where,
          "only these have all: " + holders.get(i));
      if (before.size() == partitions.size() && !what.contains("step 0:")) {
        PartitionImage old = before.get(i);
        int epochs = partition.leaderEpoch() - old.leaderEpoch();
        require(epochs >= 0, where, "epoch went back");
        require(partition.leader() == old.leader() || epochs > 0, where, "two in one epoch");
      }
    }
    before = partitions;
  }

  private boolean active(int nodeId) {
    return image.brokers().get(nodeId).active();
  }

  private static void require(boolean holds, Supplier<String> where, String what) {
    if (!holds) {
      throw new AssertionError(where.get() + ": " + what);
    }
  }
}
