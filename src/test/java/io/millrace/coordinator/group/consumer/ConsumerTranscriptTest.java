package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.ClientId;
import io.millrace.coordinator.group.GroupTranscript;
import io.millrace.coordinator.group.ShardFixture.Awaited;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.transcript.Transcript;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The consumer protocol as text, as {@link Transcript} says: the answer, the kinds of the records
 * and the group with its members: epoch, state, what each has, what it must give up ({@code -}),
 * and its target ({@code >}).
 */
class ConsumerTranscriptTest {
  private static final Path FILES = Path.of("src/test/resources/coordinator/consumer");

  @TestFactory
  Stream<DynamicTest> shouldDoWhatTheTranscriptSays() throws IOException {
    return Transcript.tests(FILES, Run::new);
  }

  /** One file. */
  private static final class Run extends GroupTranscript {
    private final StringBuilder out = out();
    private ConsumerFixture shard;
    private int recordsShown;
    private final Map<String, Integer> topics = new TreeMap<>();

    @Override
    protected void configure(Map<String, String> with) {
      shard =
          new ConsumerFixture(
              ConsumerFixture.config(
                  number(with, "interval", 0),
                  number(with, "size", 100),
                  number(with, "refresh", 600_000)));
    }

    @Override
    protected void command(String line, Map<String, String> with) {
      String[] plain = line.split(" ", -1);
      switch (plain[0]) {
        case "topics" -> topics(with);
        case "beat" -> beat(plain[1].equals("-") ? "" : plain[1], with);
        case "join" -> join(plain[1], with);
        case "sync" -> sync(plain[1], with);
        case "classic-beat" -> classicBeat(plain[1], with);
        case "leave" -> leave(plain[1]);
        case "commit" -> commit(plain[1], with);
        case "after" -> shard.advance(Integer.parseInt(plain[1]));
        case "reload" -> shard.reload();
        case "history" -> history(shard.groups.get(ConsumerFixture.GROUP));
        case "stale-regex" -> staleRegex(plain[1], with);
        case "refuse" -> shard.refuseNext(Errors.valueOf(plain[1]));
        default -> throw new IllegalArgumentException(line);
      }
      showRecords();
      showState();
    }

    private void topics(Map<String, String> with) {
      topics.clear();
      with.forEach((name, partitions) -> topics.put(name, Integer.parseInt(partitions)));
      shard.topics(topics);
      shard.advance(0);
    }

    private void beat(String memberId, Map<String, String> with) {
      ConsumerGroupHeartbeatRequestData request =
          new ConsumerGroupHeartbeatRequestData()
              .setGroupId(with.getOrDefault("group", ConsumerFixture.GROUP))
              .setMemberId(memberId)
              .setMemberEpoch(number(with, "epoch", 0))
              .setInstanceId(with.get("instance"))
              .setRackId(with.get("rack"))
              .setServerAssignor(with.get("assignor"))
              .setSubscribedTopicRegex(with.get("regex"))
              .setRebalanceTimeoutMs(number(with, "rebalance", -1));
      if (with.containsKey("names")) {
        request.setSubscribedTopicNames(list(with.get("names")));
      }
      if (with.containsKey("owned")) {
        request.setTopicPartitions(owned(with.get("owned")));
      }
      Awaited<ConsumerGroupHeartbeatResponseData> reply = shard.beat(request, number(with, "v", 1));
      if (reply.failure() != null) {
        out.append("failed ").append(reply.failure()).append('\n');
        return;
      }
      ConsumerGroupHeartbeatResponseData response = reply.value();
      if (response.errorCode() != 0) {
        out.append(Errors.forCode(response.errorCode()))
            .append(": ")
            .append(response.errorMessage())
            .append('\n');
        return;
      }
      out.append("member ")
          .append(response.memberId())
          .append(" epoch ")
          .append(response.memberEpoch());
      if (response.assignment() != null) {
        out.append(" assignment");
        response
            .assignment()
            .topicPartitions()
            .forEach(one -> out.append(' ').append(name(one.topicId())).append(one.partitions()));
      }
      out.append('\n');
    }

    /** The log says of a regular expression what is not so, as after a change that was missed. */
    private void staleRegex(String regex, Map<String, String> with) {
      ResolvedRegex stale =
          new ResolvedRegex(new TreeSet<>(list(with.get("names"))), 0, shard.nowMs());
      shard.carryOut(
          new Decision().append(ConsumerRecords.regex(ConsumerFixture.GROUP, regex, stale)));
    }

    private static List<String> list(String text) {
      return text.isEmpty() ? List.of() : Arrays.asList(text.split(",", -1));
    }

    /** Such as a:0+1,b:0. */
    private List<TopicPartitions> owned(String text) {
      List<TopicPartitions> owned = new ArrayList<>();
      for (String topic : list(text)) {
        String[] parts = topic.split(":", -1);
        owned.add(
            new TopicPartitions()
                .setTopicId(TopicsView.uuid(io.millrace.api.TestImage.idOf(parts[0])))
                .setPartitions(
                    Arrays.stream(parts[1].split("[+]", -1))
                        .map(Integer::valueOf)
                        .collect(Collectors.toList())));
      }
      return owned;
    }

    private String name(Uuid id) {
      for (String name : List.of("a", "b", "c", "d", "abc")) {
        if (TopicsView.uuid(io.millrace.api.TestImage.idOf(name)).equals(id)) {
          return name;
        }
      }
      return id.toString();
    }

    private void join(String memberId, Map<String, String> with) {
      JoinGroupRequestData request =
          new JoinGroupRequestData()
              .setGroupId(ConsumerFixture.GROUP)
              .setMemberId(memberId.equals("-") ? "" : memberId)
              .setGroupInstanceId(with.get("instance"))
              .setProtocolType(with.getOrDefault("type", "consumer"))
              .setSessionTimeoutMs(10_000)
              .setRebalanceTimeoutMs(20_000);
      List<org.apache.kafka.common.TopicPartition> owned = new ArrayList<>();
      owned(with.getOrDefault("owned", ""))
          .forEach(
              topic ->
                  topic
                      .partitions()
                      .forEach(
                          p ->
                              owned.add(
                                  new org.apache.kafka.common.TopicPartition(
                                      name(topic.topicId()), p))));
      byte[] metadata =
          org.apache.kafka.common.utils.Utils.toArray(
              ConsumerProtocol.serializeSubscription(
                  new Subscription(list(with.getOrDefault("names", "a")), null, owned)));
      request
          .protocols()
          .add(
              new JoinGroupRequestProtocol()
                  .setName(with.getOrDefault("protocol", "range"))
                  .setMetadata(metadata));
      ClientId client = new ClientId("classic", "/host", (short) number(with, "v", 9));
      Awaited<JoinGroupResponseData> reply =
          shard.ask(to -> shard.classic.join(request, client, to));
      out.append(
              reply.value() == null
                  ? reply.isDone() ? "failed " + reply.failure() : "waits"
                  : Errors.forCode(reply.value().errorCode())
                      + " member "
                      + reply.value().memberId()
                      + " generation "
                      + reply.value().generationId()
                      + " "
                      + reply.value().protocolName())
          .append('\n');
    }

    private void sync(String memberId, Map<String, String> with) {
      SyncGroupRequestData request =
          new SyncGroupRequestData()
              .setGroupId(ConsumerFixture.GROUP)
              .setMemberId(memberId)
              .setGroupInstanceId(with.get("instance"))
              .setGenerationId(number(with, "gen", 0))
              .setProtocolType("consumer")
              .setProtocolName(with.getOrDefault("protocol", "range"));
      if (with.containsKey("assign")) {
        List<org.apache.kafka.common.TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < number(with, "assign", 0); i++) {
          partitions.add(new org.apache.kafka.common.TopicPartition("a", i));
        }
        request
            .assignments()
            .add(
                new SyncGroupRequestData.SyncGroupRequestAssignment()
                    .setMemberId(memberId)
                    .setAssignment(
                        org.apache.kafka.common.utils.Utils.toArray(
                            ConsumerProtocol.serializeAssignment(
                                new org.apache.kafka.clients.consumer.ConsumerPartitionAssignor
                                    .Assignment(partitions)))));
      }
      Awaited<SyncGroupResponseData> reply = shard.ask(to -> shard.classic.sync(request, to));
      out.append(Errors.forCode(reply.value().errorCode()));
      if (reply.value().assignment().length > 0) {
        out.append(' ')
            .append(
                ConsumerProtocol.deserializeAssignment(
                        java.nio.ByteBuffer.wrap(reply.value().assignment()))
                    .partitions());
      }
      out.append('\n');
    }

    private void classicBeat(String memberId, Map<String, String> with) {
      HeartbeatRequestData request =
          new HeartbeatRequestData()
              .setGroupId(ConsumerFixture.GROUP)
              .setMemberId(memberId)
              .setGroupInstanceId(with.get("instance"))
              .setGenerationId(number(with, "gen", 0));
      Awaited<HeartbeatResponseData> reply = shard.ask(to -> shard.classic.heartbeat(request, to));
      out.append(Errors.forCode(reply.value().errorCode())).append('\n');
    }

    private void leave(String memberId) {
      LeaveGroupRequestData request =
          new LeaveGroupRequestData()
              .setGroupId(ConsumerFixture.GROUP)
              .setMembers(List.of(new MemberIdentity().setMemberId(memberId)));
      Awaited<LeaveGroupResponseData> reply = shard.ask(to -> shard.classic.leave(request, to));
      out.append(Errors.forCode(reply.value().members().get(0).errorCode())).append('\n');
    }

    private void commit(String memberId, Map<String, String> with) {
      ConsumerGroup group = shard.group(ConsumerFixture.GROUP);
      int epoch = number(with, "epoch", -1);
      String id = memberId.equals("-") ? "" : memberId;
      Errors error = group.validateOffsetCommit(id, null, epoch, (short) number(with, "v", 9));
      Errors inTransaction = group.validateTransactionalCommit(id, null, epoch, (short) 5);
      if (with.containsKey("of")) {
        TopicPartitions of = owned(with.get("of")).get(0);
        Errors ofPartition =
            group.validatePartitionCommit(id, epoch, of.topicId(), of.partitions().get(0));
        error = error == Errors.NONE ? ofPartition : error;
        inTransaction = inTransaction == Errors.NONE ? ofPartition : inTransaction;
      }
      out.append(error)
          .append(", in a transaction ")
          .append(inTransaction)
          .append(", fetch ")
          .append(group.validateOffsetFetch(id.isEmpty() ? null : id, epoch))
          .append('\n');
    }

    private void showRecords() {
      for (CoordinatorRecord record : shard.log().subList(recordsShown, shard.log().size())) {
        String name = record.key().getClass().getSimpleName();
        out.append(record.value() == null ? "- " : "+ ")
            .append(name.substring(0, name.length() - "Key".length()))
            .append('\n');
      }
      recordsShown = shard.log().size();
    }

    private void showState() {
      ConsumerGroup group = shard.group(ConsumerFixture.GROUP);
      if (group == null) {
        var other = shard.groups.get(ConsumerFixture.GROUP);
        out.append(other == null ? "no group" : other.type() + " " + other.state()).append('\n');
        return;
      }
      out.append(group.state())
          .append(" epoch ")
          .append(group.epoch())
          .append(" target ")
          .append(group.targetEpoch())
          .append('\n');
      for (ConsumerMember member : group.members()) {
        CurrentAssignment current = member.current();
        out.append("  ")
            .append(member.id())
            .append(' ')
            .append(current.epoch())
            .append(' ')
            .append(current.state());
        current.assigned().forEach((id, of) -> show("", id, of.keySet()));
        current.revoking().forEach((id, of) -> show("-", id, of.keySet()));
        group.target(member.id()).forEach((id, of) -> show(">", id, of));
        out.append('\n');
      }
    }

    private void show(String sign, Uuid id, Object partitions) {
      out.append(' ').append(sign).append(name(id)).append(partitions);
    }
  }
}
