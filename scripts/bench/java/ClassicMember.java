import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * A member of a classic group with one topic: joins, assigns when it leads, synchronizes, sends
 * heartbeats and joins again when told so, with KafkaConsumer's default times.
 */
final class ClassicMember {
  private static final int JOIN_VERSION = 9;
  private static final int SYNC_VERSION = 5;
  private static final int HEARTBEAT_VERSION = 4;
  private static final int HEARTBEAT_INTERVAL_MS = 3_000;
  private static final String ASSIGNOR = "range";

  private final Links links;
  private final Links.Link link;
  private final String group;
  private final String topic;
  private final int partitions;
  private final int sessionTimeoutMs;
  private String id = "";
  private int generation = -1;
  private boolean stable;

  ClassicMember(
      Links links,
      Links.Link link,
      String group,
      String topic,
      int partitions,
      int sessionTimeoutMs) {
    this.links = links;
    this.link = link;
    this.group = group;
    this.topic = topic;
    this.partitions = partitions;
    this.sessionTimeoutMs = sessionTimeoutMs;
  }

  String id() {
    return id;
  }

  int generation() {
    return generation;
  }

  /** Whether it has its part of the current generation, as far as it knows. */
  boolean stable() {
    return stable;
  }

  void join() {
    stable = false;
    JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
    protocols.add(
        new JoinGroupRequestProtocol()
            .setName(ASSIGNOR)
            .setMetadata(
                MessageUtil.byteBufferToArray(
                    ConsumerProtocol.serializeSubscription(new Subscription(List.of(topic))))));
    link.call(
        new JoinGroupRequestData()
            .setGroupId(group)
            .setMemberId(id)
            .setSessionTimeoutMs(sessionTimeoutMs)
            .setRebalanceTimeoutMs(300_000)
            .setProtocolType(ConsumerProtocol.PROTOCOL_TYPE)
            .setProtocols(protocols),
        JOIN_VERSION,
        this::onJoined);
  }

  private void onJoined(ApiMessage message) {
    JoinGroupResponseData answer = (JoinGroupResponseData) message;
    if (answer.errorCode() == Errors.MEMBER_ID_REQUIRED.code()) {
      id = answer.memberId();
      join();
      return;
    }
    check(answer.errorCode(), answer);
    id = answer.memberId();
    generation = answer.generationId();
    link.call(
        new SyncGroupRequestData()
            .setGroupId(group)
            .setMemberId(id)
            .setGenerationId(generation)
            .setProtocolType(answer.protocolType())
            .setProtocolName(answer.protocolName())
            .setAssignments(answer.leader().equals(id) ? assign(answer) : List.of()),
        SYNC_VERSION,
        this::onSynchronized);
  }

  private List<SyncGroupRequestAssignment> assign(JoinGroupResponseData answer) {
    List<SyncGroupRequestAssignment> assignments = new ArrayList<>();
    int members = answer.members().size();
    for (int i = 0; i < members; i++) {
      List<TopicPartition> mine = new ArrayList<>();
      for (int partition = i; partition < partitions; partition += members) {
        mine.add(new TopicPartition(topic, partition));
      }
      assignments.add(
          new SyncGroupRequestAssignment()
              .setMemberId(answer.members().get(i).memberId())
              .setAssignment(
                  MessageUtil.byteBufferToArray(
                      ConsumerProtocol.serializeAssignment(new Assignment(mine)))));
    }
    return assignments;
  }

  private void onSynchronized(ApiMessage message) {
    SyncGroupResponseData answer = (SyncGroupResponseData) message;
    if (answer.errorCode() == Errors.REBALANCE_IN_PROGRESS.code()) {
      join();
      return;
    }
    check(answer.errorCode(), answer);
    stable = true;
    links.after(HEARTBEAT_INTERVAL_MS, this::heartbeat);
  }

  private void heartbeat() {
    link.call(
        new HeartbeatRequestData().setGroupId(group).setMemberId(id).setGenerationId(generation),
        HEARTBEAT_VERSION,
        message -> {
          HeartbeatResponseData answer = (HeartbeatResponseData) message;
          if (answer.errorCode() == Errors.REBALANCE_IN_PROGRESS.code()) {
            join();
            return;
          }
          check(answer.errorCode(), answer);
          links.after(HEARTBEAT_INTERVAL_MS, this::heartbeat);
        });
  }

  private void check(short error, ApiMessage answer) {
    if (error != Errors.NONE.code()) {
      throw new IllegalStateException(group + ": " + Errors.forCode(error) + " " + answer);
    }
  }
}
