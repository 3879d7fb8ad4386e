package io.millrace.replication.simulation;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller.ElectionType;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrReply;
import io.millrace.controller.Controller.LogEnd;
import io.millrace.controller.Controller.Registered;
import io.millrace.controller.DefaultsOnly;
import io.millrace.controller.state.BrokerSessions;
import io.millrace.controller.state.ConfigConsequences;
import io.millrace.controller.state.Decision;
import io.millrace.controller.state.Elections;
import io.millrace.controller.state.Failover;
import io.millrace.controller.state.Heartbeats;
import io.millrace.controller.state.IsrChanges;
import io.millrace.controller.state.LeaderBalance;
import io.millrace.controller.state.Reassignments;
import io.millrace.controller.state.Registrations;
import io.millrace.controller.state.TopicPolicies;
import io.millrace.controller.state.UncleanRecovery;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The cluster's controller with the real rules: what it decides is committed a little later, in
 * order, or is lost with its term.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedController {
  static final String TOPIC = "t";
  static final TopicId TOPIC_ID = new TopicId(1, 1);
  static final TopicIdPartition ID = new TopicIdPartition(TOPIC_ID, TOPIC, 0);
  static final String LISTENER = "PLAINTEXT";
  static final String MIN_INSYNC_REPLICAS = "min.insync.replicas";
  static final int SESSION_MS = 150;

  static final TopicPolicies POLICIES = new TopicPolicies(new DefaultsOnly(Map.of()));

  /** Decided and not committed yet; the reply is called with whether it was. */
  private record Pending(List<MetadataRecord> records, Consumer<Boolean> reply) {}

  private final SimulatedCluster world;
  private final BrokerSessions sessions = new BrokerSessions(SESSION_MS);
  private final Failover failover = new Failover(POLICIES);
  private final UncleanRecovery recovery = new UncleanRecovery(POLICIES);
  private final List<Pending> pending = new ArrayList<>();
  // The image as it will be.
  private MetadataImage predicted;
  // Of the term.
  private int here;
  private int term;

  /** What was committed: the image after each change, from the first one on. */
  final List<MetadataImage> images = new ArrayList<>();

  SimulatedController(SimulatedCluster world, int brokers, List<Integer> replicas, int minIsr) {
    this.world = world;
    List<MetadataRecord> records = new ArrayList<>();
    records.add(new MetadataRecord.Feature(MetadataVersion.FEATURE, MetadataVersion.NEWEST));
    for (int id = 1; id <= brokers; id++) {
      records.add(
          new MetadataRecord.RegisterBroker(
              id, List.of(new Endpoint(LISTENER, "h", id)), null, true, -1));
    }
    records.add(new MetadataRecord.Topic(TOPIC_ID, TOPIC));
    records.add(
        new MetadataRecord.Partition(
            TOPIC_ID,
            new PartitionImage(0, replicas, replicas, List.of(), PartitionImage.NO_LEADER, 0, 0)));
    records.add(minInsyncReplicas(minIsr));
    predicted = with(MetadataImage.EMPTY, records);
    images.add(predicted);
    beginTerm(1);
  }

  private static MetadataRecord minInsyncReplicas(int count) {
    return new MetadataRecord.Config(
        ConfigResource.topic(TOPIC), MIN_INSYNC_REPLICAS, Integer.toString(count));
  }

  private static MetadataImage with(MetadataImage image, List<MetadataRecord> records) {
    return new ImageBuilder(image).apply(image.offset() + 1, records).build().image();
  }

  static PartitionImage partition(MetadataImage image) {
    return image.topic(TOPIC_ID).partition(0);
  }

  int here() {
    return here;
  }

  MetadataImage committed() {
    return images.get(images.size() - 1);
  }

  /** Another node is the controller: of what was decided it has the first part. */
  void changeTo(int node) {
    int kept = world.random().nextInt(pending.size() + 1);
    List<Pending> all = List.copyOf(pending);
    for (int i = 0; i < kept; i++) {
      commitFirst(/* answered= */ world.random().nextBoolean());
    }
    pending.clear();
    all.subList(kept, all.size()).forEach(lost -> lost.reply.accept(false));
    beginTerm(node);
  }

  private void beginTerm(int node) {
    term++;
    here = node;
    predicted = committed();
    sessions.clear();
    recovery.clear();
    for (BrokerImage broker : predicted.brokers().values()) {
      sessions.begin(broker.nodeId(), broker.epoch(), world.nowMs());
    }
  }

  private <T> void execute(Function<MetadataImage, Decision<T>> rule, Consumer<T> reply) {
    Decision<T> decision = rule.apply(predicted);
    if (!decision.records().isEmpty()) {
      predicted = with(predicted, decision.records());
    }
    // A reply waits for what it rests on.
    pending.add(
        new Pending(
            decision.records(), committed -> reply.accept(committed ? decision.reply() : null)));
    int decidedIn = term;
    world.after(
        1L + world.random().nextInt(world.commitMs),
        () -> {
          if (term == decidedIn && !pending.isEmpty() && world.mayCommit(here)) {
            commitFirst(true);
          }
        });
  }

  private void commitFirst(boolean answered) {
    Pending first = pending.remove(0);
    if (!first.records.isEmpty()) {
      MetadataImage before = committed();
      images.add(with(before, first.records));
      world.onCommitted(before, first.records);
    }
    first.reply.accept(answered);
  }

  /** What waits goes on when the majority is there again. */
  void retryCommits() {
    if (!pending.isEmpty() && world.mayCommit(here)) {
      commitFirst(true);
    }
  }

  // ---- Commands; null as an answer = nobody knows what became of it

  void register(BrokerRegistration node, Consumer<Registered> reply) {
    execute(
        image -> {
          boolean isHere = node.nodeId() == here;
          boolean alive =
              isHere
                  ? world.broker(here).isRegistered()
                  : sessions.isAlive(node.nodeId(), world.nowMs());
          Decision<Registered> decision =
              new Registrations(failover)
                  .register(image, node, new Registrations.Standing(isHere, alive, this::isHeard));
          if (decision.reply().epoch() >= 0) {
            sessions.begin(node.nodeId(), decision.reply().epoch(), world.nowMs());
          }
          return decision;
        },
        reply);
  }

  void heartbeat(Heartbeat heartbeat, Consumer<HeartbeatReply> reply) {
    execute(
        image -> {
          BrokerImage broker = image.brokers().get(heartbeat.nodeId());
          if (broker != null && broker.epoch() == heartbeat.brokerEpoch()) {
            sessions.heard(
                heartbeat.nodeId(),
                heartbeat.brokerEpoch(),
                heartbeat.metadataOffset(),
                world.nowMs());
          }
          return new Heartbeats(failover, sessions, here).decide(image, heartbeat);
        },
        reply);
  }

  void alterPartition(int nodeId, long brokerEpoch, IsrChange change, Consumer<IsrReply> reply) {
    execute(
        image -> {
          Decision<IsrReply> decision =
              new IsrChanges(POLICIES).decide(image, nodeId, brokerEpoch, List.of(change));
          BrokerImage asking = image.brokers().get(nodeId);
          world.invariants.onIsrAsked(asking, brokerEpoch, decision.reply().outcome().error());
          return decision;
        },
        reply);
  }

  void reportLogEnd(int nodeId, long brokerEpoch, LogEnd end) {
    execute(
        image -> recovery.report(image, nodeId, brokerEpoch, List.of(end), world.nowMs()),
        done -> {});
  }

  /** null = a reassignment under way is taken back. */
  void reassign(List<Integer> replicas) {
    execute(
        image ->
            new Reassignments(POLICIES)
                .decide(
                    image,
                    Collections.singletonMap(new TopicPartition(TOPIC, 0), replicas),
                    /* allowFactorChange= */ true),
        done -> {});
  }

  void elect(ElectionType type) {
    execute(
        image ->
            new Elections(POLICIES, recovery)
                .decide(image, type, Set.of(new TopicPartition(TOPIC, 0))),
        done -> {});
  }

  void balance() {
    execute(
        image -> new Decision<>(new LeaderBalance(POLICIES, 0).decide(image), true), done -> {});
  }

  void setMinInsyncReplicas(int count) {
    execute(
        image ->
            new ConfigConsequences(POLICIES)
                .complete(image, new Decision<>(List.of(minInsyncReplicas(count)), true)),
        done -> {});
  }

  /** Fences brokers that were not heard of, and finds the leader when the power of all failed. */
  void upkeep() {
    if (!recovery.decide(predicted, world.nowMs()).isEmpty()) {
      execute(image -> new Decision<>(recovery.decide(image, world.nowMs()), true), done -> {});
    }
    for (int nodeId : sessions.expired(world.nowMs())) {
      BrokerImage broker = predicted.brokers().get(nodeId);
      if (broker == null || broker.fenced()) {
        sessions.end(nodeId);
      } else if (!livesWithUs(nodeId)) {
        execute(
            image -> new Decision<>(failover.fence(image, nodeId, this::isHeard), true),
            done -> {});
      }
    }
  }

  private boolean isHeard(int nodeId) {
    return sessions.isHeard(nodeId, world.nowMs());
  }

  private boolean livesWithUs(int nodeId) {
    return nodeId == here
        && (world.broker(here).isRegistered()
            || predicted.brokers().values().stream()
                .noneMatch(other -> other.nodeId() != here && other.active()));
  }

  /** The broker is known to be away. */
  void lose(int nodeId) {
    if (nodeId != here) {
      sessions.lose(nodeId);
    }
  }
}
