package io.millrace.api.peer;

import io.millrace.api.configs.ResourceTypes;
import io.millrace.api.quorum.QuorumDescription;
import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.DeletedTopic;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrChanged;
import io.millrace.controller.Controller.IsrReply;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.controller.Controller.Registered;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.QuotaEntity;
import io.millrace.model.TopicPartition;
import io.millrace.model.VoterId;
import io.millrace.protocol.WireIds;
import io.millrace.quorum.QuorumException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.message.AllocateProducerIdsResponseData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionResponseData;
import org.apache.kafka.common.message.AssignReplicasToDirsResponseData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;

/**
 * The controller's responses as what became of the commands. A response that says of everything
 * that the node is no controller, or that the time was over, is no outcome but a failure.
 *
 * <p>Owner: any thread.
 */
final class ControllerReplies {
  private static final Set<Errors> FAILURES =
      Set.of(Errors.NOT_CONTROLLER, Errors.REQUEST_TIMED_OUT);

  private ControllerReplies() {}

  private static Outcome outcome(short code, String message) {
    Errors error = Errors.forCode(code);
    return error == Errors.NONE ? Outcome.OK : new Outcome(error, message);
  }

  /** An outcome in a response that has no text of its own. */
  private static Outcome outcome(short code, Message of) {
    return outcome(code, PeerTags.text(of, PeerTags.REASON));
  }

  private static void failIfAll(Collection<Outcome> outcomes) {
    if (outcomes.isEmpty()) {
      return;
    }
    Outcome first = outcomes.iterator().next();
    if (FAILURES.contains(first.error())
        && outcomes.stream().allMatch(outcome -> outcome.error() == first.error())) {
      throw failure(first);
    }
  }

  private static QuorumException failure(Outcome outcome) {
    String message = outcome.message();
    return new QuorumException(
        outcome.error(), message == null ? outcome.error().message() : message);
  }

  /** Nothing, or the failure that the controller answered. */
  static Void done(short code, String message) {
    Outcome outcome = outcome(code, message);
    if (outcome.error() != Errors.NONE) {
      throw failure(outcome);
    }
    return null;
  }

  static List<CreatedTopic> createTopics(CreateTopicsResponseData response) {
    List<CreatedTopic> created = new ArrayList<>();
    response
        .topics()
        .forEach(
            topic ->
                created.add(
                    new CreatedTopic(
                        topic.name(),
                        outcome(topic.errorCode(), topic.errorMessage()),
                        WireIds.topicId(topic.topicId()),
                        topic.numPartitions(),
                        topic.replicationFactor())));
    failIfAll(created.stream().map(CreatedTopic::outcome).toList());
    return created;
  }

  static List<DeletedTopic> deleteTopics(DeleteTopicsResponseData response) {
    List<DeletedTopic> deleted = new ArrayList<>();
    response
        .responses()
        .forEach(
            topic ->
                deleted.add(
                    new DeletedTopic(
                        topic.name(),
                        WireIds.topicId(topic.topicId()),
                        outcome(topic.errorCode(), topic.errorMessage()))));
    failIfAll(deleted.stream().map(DeletedTopic::outcome).toList());
    return deleted;
  }

  static Map<String, Outcome> createPartitions(CreatePartitionsResponseData response) {
    return outcomes(
        response.results(),
        CreatePartitionsResponseData.CreatePartitionsTopicResult::name,
        of -> outcome(of.errorCode(), of.errorMessage()));
  }

  static Map<ConfigResource, Outcome> incrementalAlterConfigs(
      IncrementalAlterConfigsResponseData response) {
    return outcomes(
        response.responses(),
        of -> ResourceTypes.resource(of.resourceType(), of.resourceName()),
        of -> outcome(of.errorCode(), of.errorMessage()));
  }

  static Map<ConfigResource, Outcome> alterConfigs(AlterConfigsResponseData response) {
    return outcomes(
        response.responses(),
        of -> ResourceTypes.resource(of.resourceType(), of.resourceName()),
        of -> outcome(of.errorCode(), of.errorMessage()));
  }

  /** The entries come in the order of the request. */
  static Map<QuotaEntity, Outcome> alterClientQuotas(
      AlterClientQuotasResponseData response, Collection<QuotaEntity> asked) {
    Iterator<QuotaEntity> entities = asked.iterator();
    return outcomes(
        response.entries(),
        of -> entities.next(),
        of -> outcome(of.errorCode(), of.errorMessage()));
  }

  private static <R, K> Map<K, Outcome> outcomes(
      Collection<R> results, Function<R, K> key, Function<R, Outcome> outcome) {
    Map<K, Outcome> outcomes = new LinkedHashMap<>();
    results.forEach(result -> outcomes.put(key.apply(result), outcome.apply(result)));
    failIfAll(outcomes.values());
    return outcomes;
  }

  static ProducerIdBlock producerIds(AllocateProducerIdsResponseData response) {
    done(response.errorCode(), (String) null);
    return new ProducerIdBlock(response.producerIdStart(), response.producerIdLen());
  }

  static Registered registered(BrokerRegistrationResponseData response) {
    Outcome outcome = outcome(response.errorCode(), response);
    failIfAll(List.of(outcome));
    return new Registered(outcome, response.brokerEpoch());
  }

  static HeartbeatReply heartbeat(BrokerHeartbeatResponseData response) {
    Outcome outcome = outcome(response.errorCode(), response);
    failIfAll(List.of(outcome));
    return new HeartbeatReply(
        outcome, response.isCaughtUp(), response.isFenced(), response.shouldShutDown());
  }

  /** The partitions in the order of the changes. */
  static IsrReply alterPartitions(AlterPartitionResponseData response, List<IsrChange> changes) {
    Outcome whole = outcome(response.errorCode(), response);
    failIfAll(List.of(whole));
    if (whole.error() != Errors.NONE) {
      return new IsrReply(whole, List.of());
    }
    Map<List<Object>, IsrChanged> byPartition = new HashMap<>();
    for (AlterPartitionResponseData.TopicData topic : response.topics()) {
      for (AlterPartitionResponseData.PartitionData partition : topic.partitions()) {
        IsrChanged changed =
            new IsrChanged(
                WireIds.topicId(topic.topicId()),
                partition.partitionIndex(),
                outcome(partition.errorCode(), partition),
                partition.leaderId(),
                partition.leaderEpoch(),
                List.copyOf(partition.isr()),
                partition.partitionEpoch());
        byPartition.put(List.of(changed.topicId(), changed.partition()), changed);
      }
    }
    List<IsrChanged> inOrder = new ArrayList<>();
    for (IsrChange change : changes) {
      IsrChanged changed = byPartition.get(List.of(change.topicId(), change.partition()));
      if (changed == null) {
        throw new QuorumException(
            Errors.UNKNOWN_SERVER_ERROR,
            "The controller's answer leaves out " + change.topicId() + "-" + change.partition());
      }
      inOrder.add(changed);
    }
    return new IsrReply(whole, inOrder);
  }

  static Outcome reportReplicas(AssignReplicasToDirsResponseData response) {
    Outcome outcome = outcome(response.errorCode(), response);
    failIfAll(List.of(outcome));
    return outcome;
  }

  static Outcome reportLogEnds(AlterPartitionResponseData response) {
    Outcome outcome = outcome(response.errorCode(), response);
    failIfAll(List.of(outcome));
    return outcome;
  }

  static Map<TopicPartition, Outcome> electLeaders(ElectLeadersResponseData response) {
    Map<TopicPartition, Outcome> outcomes = new LinkedHashMap<>();
    for (ElectLeadersResponseData.ReplicaElectionResult topic : response.replicaElectionResults()) {
      for (ElectLeadersResponseData.PartitionResult partition : topic.partitionResult()) {
        outcomes.put(
            new TopicPartition(topic.topic(), partition.partitionId()),
            outcome(partition.errorCode(), partition.errorMessage()));
      }
    }
    if (response.errorCode() != Errors.NONE.code()) {
      throw failure(outcome(response.errorCode(), (String) null));
    }
    return outcomes;
  }

  static Map<TopicPartition, Outcome> alterPartitionReassignments(
      AlterPartitionReassignmentsResponseData response) {
    done(response.errorCode(), response.errorMessage());
    Map<TopicPartition, Outcome> outcomes = new LinkedHashMap<>();
    response
        .responses()
        .forEach(
            topic ->
                topic
                    .partitions()
                    .forEach(
                        partition ->
                            outcomes.put(
                                new TopicPartition(topic.name(), partition.partitionIndex()),
                                outcome(partition.errorCode(), partition.errorMessage()))));
    return outcomes;
  }

  /** All or nothing: what the controller says of the first holds for each. */
  static Map<String, Outcome> updateFeatures(
      UpdateFeaturesResponseData response, Collection<String> features) {
    Outcome outcome = outcome(response.errorCode(), response.errorMessage());
    failIfAll(List.of(outcome));
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    features.forEach(name -> outcomes.put(name, outcome));
    return outcomes;
  }

  static Outcome whole(short code, String message) {
    Outcome outcome = outcome(code, message);
    failIfAll(List.of(outcome));
    return outcome;
  }

  static QuorumDescription describeQuorum(DescribeQuorumResponseData response) {
    done(response.errorCode(), response.errorMessage());
    DescribeQuorumResponseData.PartitionData partition =
        response.topics().get(0).partitions().get(0);
    done(partition.errorCode(), partition.errorMessage());
    Map<Integer, List<Endpoint>> endpoints = new HashMap<>();
    response
        .nodes()
        .forEach(
            node ->
                endpoints.put(
                    node.nodeId(),
                    node.listeners().stream()
                        .map(at -> new Endpoint(at.name(), at.host(), at.port()))
                        .toList()));
    return new QuorumDescription(
        partition.leaderId(),
        partition.leaderEpoch(),
        partition.highWatermark(),
        replicas(partition.currentVoters()),
        replicas(partition.observers()),
        endpoints);
  }

  private static List<QuorumDescription.Replica> replicas(
      List<DescribeQuorumResponseData.ReplicaState> states) {
    return states.stream()
        .map(
            state ->
                new QuorumDescription.Replica(
                    new VoterId(state.replicaId(), WireIds.javaUuid(state.replicaDirectoryId())),
                    state.logEndOffset(),
                    state.lastFetchTimestamp(),
                    state.lastCaughtUpTimestamp()))
        .toList();
  }
}
