package io.millrace.api;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.QuotaEntity;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/** A controller that accepts everything, unless told otherwise, and notes what it was asked. */
public final class FakeController implements Controller {
  public final List<NewTopic> created = new ArrayList<>();
  public final List<TopicRef> deleted = new ArrayList<>();
  public final List<NewPartitions> grown = new ArrayList<>();
  public final Map<ConfigResource, List<ConfigOp>> changed = new LinkedHashMap<>();
  public final Map<ConfigResource, Map<String, String>> replaced = new LinkedHashMap<>();

  public final Map<QuotaEntity, Map<String, Double>> quotas = new LinkedHashMap<>();

  public final List<BrokerRegistration> registered = new ArrayList<>();
  public final List<Heartbeat> heartbeats = new ArrayList<>();
  public final List<ReplicaReport> reported = new CopyOnWriteArrayList<>();
  public final List<String> elections = new ArrayList<>();
  public final Map<TopicPartition, List<Integer>> reassignments = new LinkedHashMap<>();
  public boolean factorChangeAllowed;
  public final List<Integer> unregistered = new CopyOnWriteArrayList<>();
  public final Map<String, FeatureUpdate> features = new LinkedHashMap<>();
  public Outcome registering = Outcome.OK;

  /**
   * By name of a topic, resource or feature, node id, {@code isr-} with the partition, or {@code
   * report}.
   */
  public final Map<String, Outcome> refusals = new HashMap<>();

  /** When the answers come. */
  public Future<?> commit = Future.succeededFuture();

  public Supplier<Future<ProducerIdBlock>> blocks =
      () -> Future.failedFuture(Errors.NOT_CONTROLLER.exception());

  /** Happens at the commit of a creation. */
  public Runnable onCreated = () -> {};

  public boolean validatedOnly;

  private Outcome outcome(String name) {
    return refusals.getOrDefault(name, Outcome.OK);
  }

  @Override
  public Future<List<CreatedTopic>> createTopics(List<NewTopic> topics, boolean validateOnly) {
    created.addAll(topics);
    validatedOnly = validateOnly;
    return commit.map(
        done -> {
          onCreated.run();
          return topics.stream().map(this::created).toList();
        });
  }

  private CreatedTopic created(NewTopic topic) {
    Outcome outcome = outcome(topic.name());
    boolean ok = outcome.error() == Errors.NONE;
    return new CreatedTopic(
        topic.name(),
        outcome,
        ok ? TestImage.idOf(topic.name()) : TopicId.ZERO,
        ok ? Math.max(1, topic.partitions()) : -1,
        (short) (ok ? 1 : -1));
  }

  @Override
  public Future<List<DeletedTopic>> deleteTopics(List<TopicRef> topics) {
    deleted.addAll(topics);
    return commit.map(
        done ->
            topics.stream()
                .map(
                    topic ->
                        new DeletedTopic(
                            topic.name(),
                            topic.name() == null ? topic.id() : TestImage.idOf(topic.name()),
                            outcome(topic.name())))
                .toList());
  }

  @Override
  public Future<Map<String, Outcome>> createPartitions(
      List<NewPartitions> topics, boolean validateOnly) {
    grown.addAll(topics);
    validatedOnly = validateOnly;
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    topics.forEach(topic -> outcomes.put(topic.topic(), outcome(topic.topic())));
    return commit.map(done -> outcomes);
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> incrementalAlterConfigs(
      Map<ConfigResource, List<ConfigOp>> changes, boolean validateOnly) {
    changed.putAll(changes);
    validatedOnly = validateOnly;
    Map<ConfigResource, Outcome> outcomes = new LinkedHashMap<>();
    changes.keySet().forEach(resource -> outcomes.put(resource, outcome(resource.name())));
    return commit.map(done -> outcomes);
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> alterConfigs(
      Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
    replaced.putAll(configs);
    validatedOnly = validateOnly;
    Map<ConfigResource, Outcome> outcomes = new LinkedHashMap<>();
    configs.keySet().forEach(resource -> outcomes.put(resource, outcome(resource.name())));
    return commit.map(done -> outcomes);
  }

  @Override
  public Future<ProducerIdBlock> allocateProducerIds() {
    return blocks.get();
  }

  @Override
  public Future<Registered> registerBroker(BrokerRegistration registration) {
    registered.add(registration);
    return commit.map(
        done -> new Registered(registering, registering.error() == Errors.NONE ? 7 : -1));
  }

  @Override
  public Future<HeartbeatReply> heartbeat(Heartbeat heartbeat) {
    heartbeats.add(heartbeat);
    return commit.map(done -> new HeartbeatReply(Outcome.OK, true, false, false));
  }

  /** What brokers have reported, as "node epoch [ends]". */
  public final List<String> logEnds = new ArrayList<>();

  @Override
  public Future<Outcome> reportLogEnds(int nodeId, long brokerEpoch, List<LogEnd> ends) {
    logEnds.add(nodeId + " " + brokerEpoch + " " + ends);
    return commit.map(Outcome.OK);
  }

  @Override
  public Future<IsrReply> alterPartitions(int nodeId, long brokerEpoch, List<IsrChange> changes) {
    return commit.map(
        done ->
            new IsrReply(
                Outcome.OK,
                changes.stream()
                    .map(
                        change ->
                            new IsrChanged(
                                change.topicId(),
                                change.partition(),
                                outcome("isr-" + change.partition()),
                                nodeId,
                                change.leaderEpoch(),
                                change.isr().stream().map(IsrMember::nodeId).toList(),
                                change.partitionEpoch() + 1))
                    .toList()));
  }

  @Override
  public Future<Outcome> reportReplicas(int nodeId, long brokerEpoch, List<ReplicaReport> reports) {
    reported.addAll(reports);
    return commit.map(done -> outcome("report"));
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> electLeaders(
      ElectionType type, Set<TopicPartition> partitions) {
    elections.add(type + " " + partitions);
    Map<TopicPartition, Outcome> outcomes = new LinkedHashMap<>();
    if (partitions != null) {
      partitions.forEach(partition -> outcomes.put(partition, outcome(partition.topic())));
    }
    return commit.map(done -> outcomes);
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> alterPartitionReassignments(
      Map<TopicPartition, List<Integer>> wanted, boolean allowFactorChange) {
    reassignments.putAll(wanted);
    factorChangeAllowed = allowFactorChange;
    Map<TopicPartition, Outcome> outcomes = new LinkedHashMap<>();
    wanted.keySet().forEach(name -> outcomes.put(name, outcome(name.topic())));
    return commit.map(done -> outcomes);
  }

  @Override
  public Future<Outcome> unregisterBroker(int nodeId) {
    unregistered.add(nodeId);
    return commit.map(done -> outcome(Integer.toString(nodeId)));
  }

  @Override
  public Future<Map<QuotaEntity, Outcome>> alterClientQuotas(
      Map<QuotaEntity, Map<String, Double>> changes, boolean validateOnly) {
    quotas.putAll(changes);
    validatedOnly = validateOnly;
    Map<QuotaEntity, Outcome> outcomes = new LinkedHashMap<>();
    changes.keySet().forEach(entity -> outcomes.put(entity, outcome(entity.toString())));
    return commit.map(done -> outcomes);
  }

  @Override
  public Future<Map<String, Outcome>> updateFeatures(
      Map<String, FeatureUpdate> updates, boolean validateOnly) {
    features.putAll(updates);
    validatedOnly = validateOnly;
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    updates.keySet().forEach(name -> outcomes.put(name, outcome(name)));
    return commit.map(done -> outcomes);
  }
}
