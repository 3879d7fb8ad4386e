package io.millrace.coordinator.group.consumer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** A client of the consumer protocol, which takes its time to give partitions up. */
final class SimulatedConsumer {
  static final int REBALANCE_TIMEOUT_MS = 30_000;

  final String id;
  final String instanceId;
  final SortedSet<String> names = new TreeSet<>();
  String regex = "";
  final SortedMap<Uuid, SortedSet<Integer>> owned = new TreeMap<>();
  private SortedMap<Uuid, SortedSet<Integer>> told = new TreeMap<>();
  private SortedMap<Uuid, SortedSet<Integer>> wanted = new TreeMap<>();
  int epoch;
  boolean tellAll = true;
  boolean subscriptionChanged;
  // It was given an assignment, and has not said yet that it has it.
  private boolean acknowledges;

  SimulatedConsumer(String id, String instanceId) {
    this.id = id;
    this.instanceId = instanceId;
  }

  ConsumerGroupHeartbeatRequestData request() {
    ConsumerGroupHeartbeatRequestData request =
        new ConsumerGroupHeartbeatRequestData()
            .setGroupId(ConsumerFixture.GROUP)
            .setMemberId(id)
            .setInstanceId(instanceId)
            .setMemberEpoch(epoch);
    if (tellAll || subscriptionChanged) {
      request.setSubscribedTopicNames(List.copyOf(names)).setSubscribedTopicRegex(regex);
    }
    if (tellAll) {
      request.setRebalanceTimeoutMs(REBALANCE_TIMEOUT_MS);
    }
    if (tellAll || (!owned.equals(told) || (acknowledges && isReconciled()))) {
      request.setTopicPartitions(wire(owned));
    }
    return request;
  }

  ConsumerGroupHeartbeatRequestData leave(int leaveEpoch) {
    return new ConsumerGroupHeartbeatRequestData()
        .setGroupId(ConsumerFixture.GROUP)
        .setMemberId(id)
        .setInstanceId(instanceId)
        .setMemberEpoch(leaveEpoch);
  }

  private static List<TopicPartitions> wire(Map<Uuid, SortedSet<Integer>> partitions) {
    List<TopicPartitions> list = new ArrayList<>();
    partitions.forEach(
        (id, of) -> list.add(new TopicPartitions().setTopicId(id).setPartitions(List.copyOf(of))));
    return list;
  }

  private boolean isReconciled() {
    return owned.equals(wanted);
  }

  /** The answer came. */
  void on(ConsumerGroupHeartbeatResponseData response) {
    Errors error = Errors.forCode(response.errorCode());
    switch (error) {
      case NONE -> {
        told = copy(owned);
        tellAll = false;
        subscriptionChanged = false;
        epoch = response.memberEpoch();
        acknowledges &= !isReconciled();
        if (response.assignment() != null) {
          acknowledges = true;
          wanted = new TreeMap<>();
          response
              .assignment()
              .topicPartitions()
              .forEach(topic -> wanted.put(topic.topicId(), new TreeSet<>(topic.partitions())));
        }
      }
      case FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID -> {
        owned.clear();
        wanted.clear();
        epoch = 0;
        tellAll = true;
      }
      case GROUP_MAX_SIZE_REACHED, UNRELEASED_INSTANCE_ID, NOT_COORDINATOR -> tellAll = true;
      default -> throw new AssertionError(error + " " + response.errorMessage());
    }
  }

  /** The answer was lost. */
  void onNoAnswer() {
    tellAll = true;
  }

  /** Gives up what it must, sooner or later; only then takes what it gets. */
  void reconcile(Random random) {
    if (random.nextInt(3) == 0) {
      return;
    }
    boolean revoked = false;
    for (Uuid topic : List.copyOf(owned.keySet())) {
      Set<Integer> keep = wanted.getOrDefault(topic, new TreeSet<>());
      revoked |= owned.get(topic).retainAll(keep);
      if (owned.get(topic).isEmpty()) {
        owned.remove(topic);
      }
    }
    // What it has not taken it may have been told, by an answer that was lost, to leave alone.
    if (!revoked && !tellAll) {
      wanted.forEach((topic, of) -> owned.put(topic, new TreeSet<>(of)));
    }
  }

  private static SortedMap<Uuid, SortedSet<Integer>> copy(Map<Uuid, SortedSet<Integer>> from) {
    SortedMap<Uuid, SortedSet<Integer>> copy = new TreeMap<>();
    from.forEach((id, of) -> copy.put(id, new TreeSet<>(of)));
    return copy;
  }
}
