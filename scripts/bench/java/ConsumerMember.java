import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * A member of a KIP-848 group with one topic: heartbeats as KafkaConsumer sends them. It gives up
 * and takes partitions at once and says so at once.
 */
final class ConsumerMember {
  /** Hears of each change of what a member owns; all in one thread. */
  interface Owned {
    void onOwned(ConsumerMember member, TreeSet<Integer> before, TreeSet<Integer> after);
  }

  private static final int VERSION = 1;
  private static final int LEAVE = -1;

  private final Links links;
  private final Links.Link link;
  private final String group;
  private final String topic;
  private final Owned listener;
  private final String id = Uuid.randomUuid().toString();
  private Uuid topicId = Uuid.ZERO_UUID;
  private TreeSet<Integer> owned = new TreeSet<>();
  private int epoch;
  private boolean left;

  ConsumerMember(Links links, Links.Link link, String group, String topic, Owned listener) {
    this.links = links;
    this.link = link;
    this.group = group;
    this.topic = topic;
    this.listener = listener;
  }

  TreeSet<Integer> owned() {
    return owned;
  }

  int epoch() {
    return epoch;
  }

  void join() {
    send(
        heartbeat()
            .setRebalanceTimeoutMs(300_000)
            .setSubscribedTopicNames(List.of(topic))
            .setTopicPartitions(List.of()));
  }

  void leave() {
    left = true;
    link.call(heartbeat().setMemberEpoch(LEAVE), VERSION, answer -> {});
    own(new TreeSet<>());
  }

  private ConsumerGroupHeartbeatRequestData heartbeat() {
    return new ConsumerGroupHeartbeatRequestData()
        .setGroupId(group)
        .setMemberId(id)
        .setMemberEpoch(epoch);
  }

  private void send(ConsumerGroupHeartbeatRequestData heartbeat) {
    link.call(heartbeat, VERSION, this::onAnswer);
  }

  private void onAnswer(ApiMessage message) {
    if (left) {
      return;
    }
    ConsumerGroupHeartbeatResponseData answer = (ConsumerGroupHeartbeatResponseData) message;
    if (answer.errorCode() != Errors.NONE.code()) {
      throw new IllegalStateException(group + ": " + answer);
    }
    epoch = answer.memberEpoch();
    if (answer.assignment() != null) {
      TreeSet<Integer> assigned = new TreeSet<>();
      answer
          .assignment()
          .topicPartitions()
          .forEach(
              of -> {
                topicId = of.topicId();
                assigned.addAll(of.partitions());
              });
      if (!assigned.equals(owned)) {
        own(assigned);
        send(heartbeat().setTopicPartitions(acknowledged()));
        return;
      }
    }
    links.after(
        answer.heartbeatIntervalMs(),
        () -> {
          if (!left) {
            send(heartbeat());
          }
        });
  }

  private List<ConsumerGroupHeartbeatRequestData.TopicPartitions> acknowledged() {
    return owned.isEmpty()
        ? List.of()
        : List.of(
            new ConsumerGroupHeartbeatRequestData.TopicPartitions()
                .setTopicId(topicId)
                .setPartitions(List.copyOf(owned)));
  }

  private void own(TreeSet<Integer> assigned) {
    TreeSet<Integer> before = owned;
    owned = assigned;
    listener.onOwned(this, before, assigned);
  }
}
