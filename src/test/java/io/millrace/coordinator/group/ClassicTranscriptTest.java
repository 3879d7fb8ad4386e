package io.millrace.coordinator.group;

import io.millrace.coordinator.group.ShardFixture.Awaited;
import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.transcript.Transcript;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The classic protocol as text, as {@link Transcript} says. The lines that begin with a number are
 * the answers to the command of that number, which may come late; then follow the records and the
 * state.
 */
class ClassicTranscriptTest {
  private static final Path FILES = Path.of("src/test/resources/coordinator/group");
  private static final String GROUP = "g";

  @TestFactory
  Stream<DynamicTest> shouldDoWhatTheTranscriptSays() throws IOException {
    return Transcript.tests(FILES, Run::new);
  }

  /** One file. */
  private static final class Run extends GroupTranscript {
    private final StringBuilder out = out();
    private final Map<Integer, Awaited<?>> asked = new LinkedHashMap<>();
    private ClassicFixture shard;
    private int commands;
    private int recordsShown;

    @Override
    protected void configure(Map<String, String> with) {
      shard =
          new ClassicFixture(
              new ClassicGroupConfig(
                  number(with, "delay", 3_000),
                  number(with, "min", 6_000),
                  number(with, "max", 1_800_000),
                  number(with, "size", Integer.MAX_VALUE)));
    }

    @Override
    protected void command(String line, Map<String, String> with) {
      commands++;
      List<String> plain =
          Arrays.stream(line.split(" ", -1)).filter(word -> !word.contains("=")).toList();
      switch (plain.get(0)) {
        case "join" -> asked.put(commands, join(plain.get(1), with));
        case "sync" -> asked.put(commands, sync(plain.get(1), with));
        case "beat" -> asked.put(commands, beat(plain.get(1), with));
        case "leave" -> asked.put(commands, leave(plain.subList(1, plain.size()), with));
        case "commit" -> commit(plain.get(1), with);
        case "simple" -> shard.groups.put(new SimpleGroup(GROUP));
        case "delete" ->
            shard.carryOut(
                new io.millrace.coordinator.shard.Decision()
                    .append(shard.group(GROUP).tombstones()));
        case "after" -> shard.advance(Integer.parseInt(plain.get(1)));
        case "reload" -> shard.reload();
        case "refuse" -> shard.refuseNext(Errors.valueOf(plain.get(1)));
        case "describe" -> describe(number(with, "v", 6));
        case "list" -> list(with);
        case "history" -> history(shard.group(GROUP));
        default -> throw new IllegalArgumentException(line);
      }
      showAnswers();
      showRecords();
      showState();
    }

    private Awaited<JoinGroupResponseData> join(String client, Map<String, String> with) {
      JoinGroupRequestData request =
          new JoinGroupRequestData()
              .setGroupId(with.getOrDefault("group", GROUP))
              .setMemberId(with.getOrDefault("id", ""))
              .setGroupInstanceId(with.get("instance"))
              .setProtocolType(with.getOrDefault("type", "consumer"))
              .setSessionTimeoutMs(number(with, "session", 10_000))
              .setRebalanceTimeoutMs(number(with, "rebalance", 60_000))
              .setReason(with.get("reason"));
      pairs(with.getOrDefault("protocols", "range:t"))
          .forEach(
              (name, topics) ->
                  request
                      .protocols()
                      .add(
                          new JoinGroupRequestProtocol()
                              .setName(name)
                              .setMetadata(subscription(topics))));
      ClientId who = new ClientId(client, "/" + client, (short) number(with, "v", 9));
      return shard.ask(reply -> shard.classic.join(request, who, reply));
    }

    private static byte[] subscription(String topics) {
      if (topics.equals("?")) {
        return new byte[] {0};
      }
      List<String> list = Arrays.asList(topics.split("\\+", -1));
      return org.apache.kafka.common.utils.Utils.toArray(
          ConsumerProtocol.serializeSubscription(new Subscription(list)));
    }

    private static Map<String, String> pairs(String text) {
      Map<String, String> pairs = new LinkedHashMap<>();
      for (String pair : text.split(",", -1)) {
        if (!pair.isEmpty()) {
          String[] parts = pair.split(":", 2);
          pairs.put(parts[0], parts[1]);
        }
      }
      return pairs;
    }

    private Awaited<SyncGroupResponseData> sync(String memberId, Map<String, String> with) {
      SyncGroupRequestData request =
          new SyncGroupRequestData()
              .setGroupId(with.getOrDefault("group", GROUP))
              .setMemberId(memberId)
              .setGroupInstanceId(with.get("instance"))
              .setGenerationId(number(with, "gen", -1))
              .setProtocolType(with.get("type"))
              .setProtocolName(with.get("protocol"));
      pairs(with.getOrDefault("assign", ""))
          .forEach(
              (member, what) ->
                  request
                      .assignments()
                      .add(
                          new SyncGroupRequestAssignment()
                              .setMemberId(member)
                              .setAssignment(what.getBytes(StandardCharsets.UTF_8))));
      return shard.ask(reply -> shard.classic.sync(request, reply));
    }

    private Awaited<HeartbeatResponseData> beat(String memberId, Map<String, String> with) {
      HeartbeatRequestData request =
          new HeartbeatRequestData()
              .setGroupId(with.getOrDefault("group", GROUP))
              .setMemberId(memberId)
              .setGroupInstanceId(with.get("instance"))
              .setGenerationId(number(with, "gen", -1));
      return shard.ask(reply -> shard.classic.heartbeat(request, reply));
    }

    /** MEMBER, MEMBER/INSTANCE or /INSTANCE. */
    private Awaited<LeaveGroupResponseData> leave(List<String> who, Map<String, String> with) {
      LeaveGroupRequestData request =
          new LeaveGroupRequestData().setGroupId(with.getOrDefault("group", GROUP));
      for (String one : who) {
        String[] parts = one.split("/", 2);
        request
            .members()
            .add(
                new MemberIdentity()
                    .setMemberId(parts[0])
                    .setGroupInstanceId(parts.length > 1 ? parts[1] : null)
                    .setReason(with.get("reason")));
      }
      return shard.ask(reply -> shard.classic.leave(request, reply));
    }

    private void commit(String memberId, Map<String, String> with) {
      String id = memberId.equals("-") ? "" : memberId;
      Group group = shard.groups.get(GROUP);
      Errors error =
          group.validateOffsetCommit(
              id, with.get("instance"), number(with, "gen", -1), (short) number(with, "v", 9));
      Errors inTransaction =
          group.validateTransactionalCommit(
              id, with.get("instance"), number(with, "gen", -1), (short) 5);
      if (error == Errors.NONE) {
        group.onOffsetCommit(id);
      }
      out.append(error).append(", in a transaction ").append(inTransaction).append('\n');
    }

    private void describe(int version) {
      DescribedGroup described = GroupViews.describe(shard.groups, GROUP, (short) version);
      out.append(Errors.forCode(described.errorCode()))
          .append(' ')
          .append(described.groupState())
          .append(" type=")
          .append(described.protocolType())
          .append(" protocol=")
          .append(described.protocolData())
          .append('\n');
      described
          .members()
          .forEach(
              member ->
                  out.append("  ")
                      .append(member.memberId())
                      .append(" instance=")
                      .append(member.groupInstanceId())
                      .append(" client=")
                      .append(member.clientId())
                      .append(" host=")
                      .append(member.clientHost())
                      .append(" metadata=")
                      .append(member.memberMetadata().length)
                      .append(" assignment=")
                      .append(new String(member.memberAssignment(), StandardCharsets.UTF_8))
                      .append('\n'));
    }

    private void list(Map<String, String> with) {
      GroupViews.list(shard.groups, words(with.get("states"), ','), words(with.get("types"), ','))
          .forEach(
              one ->
                  out.append(one.groupId())
                      .append(' ')
                      .append(one.groupType())
                      .append(' ')
                      .append(one.groupState())
                      .append(' ')
                      .append(one.protocolType())
                      .append('\n'));
    }

    private static List<String> words(String text, char by) {
      return text == null ? List.of() : Arrays.asList(text.split("[" + by + "]", -1));
    }

    private void showAnswers() {
      List<Integer> answered = new ArrayList<>();
      asked.forEach(
          (number, reply) -> {
            if (reply.isDone()) {
              answered.add(number);
              out.append(number).append(": ").append(answer(reply)).append('\n');
            }
          });
      answered.forEach(asked::remove);
    }

    private static String answer(Awaited<?> reply) {
      if (reply.failure() != null) {
        return "failed " + reply.failure();
      }
      if (reply.value() instanceof JoinGroupResponseData join) {
        return joined(join);
      }
      if (reply.value() instanceof SyncGroupResponseData sync) {
        return Errors.forCode(sync.errorCode())
            + (sync.errorCode() == 0 ? " " + sync.protocolType() + "/" + sync.protocolName() : "")
            + " "
            + new String(sync.assignment(), StandardCharsets.UTF_8);
      }
      if (reply.value() instanceof LeaveGroupResponseData leave) {
        return Errors.forCode(leave.errorCode())
            + leave.members().stream()
                .map(
                    one ->
                        " "
                            + one.memberId()
                            + (one.groupInstanceId() == null ? "" : "/" + one.groupInstanceId())
                            + "="
                            + Errors.forCode(one.errorCode()))
                .collect(Collectors.joining());
      }
      return Errors.forCode(((HeartbeatResponseData) reply.value()).errorCode()).toString();
    }

    private static String joined(JoinGroupResponseData join) {
      if (join.errorCode() != 0) {
        return Errors.forCode(join.errorCode()) + " member=" + join.memberId();
      }
      return "joined generation "
          + join.generationId()
          + " member="
          + join.memberId()
          + " leader="
          + join.leader()
          + " "
          + join.protocolType()
          + "/"
          + join.protocolName()
          + (join.skipAssignment() ? " skip" : "")
          + join.members().stream()
              .map(
                  one ->
                      one.memberId()
                          + (one.groupInstanceId() == null ? "" : "/" + one.groupInstanceId()))
              .collect(Collectors.joining(" ", " [", "]"));
    }

    private void showRecords() {
      for (CoordinatorRecord record : shard.log().subList(recordsShown, shard.log().size())) {
        out.append("record ").append(text(record)).append('\n');
      }
      recordsShown = shard.log().size();
    }

    private static String text(CoordinatorRecord record) {
      String id = ((GroupMetadataKey) record.key()).group();
      if (record.value() == null) {
        return id + " tombstone";
      }
      GroupMetadataValue value = (GroupMetadataValue) record.value();
      Function<GroupMetadataValue.MemberMetadata, String> member =
          one ->
              " "
                  + one.memberId()
                  + (one.groupInstanceId() == null ? "" : "/" + one.groupInstanceId())
                  + "="
                  + new String(one.assignment(), StandardCharsets.UTF_8);
      return id
          + " generation "
          + value.generation()
          + " type="
          + value.protocolType()
          + " protocol="
          + value.protocol()
          + " leader="
          + value.leader()
          + value.members().stream().map(member).collect(Collectors.joining());
    }

    private void showState() {
      ClassicGroup group = shard.group(GROUP);
      if (group == null) {
        out.append("no classic group\n");
        return;
      }
      out.append(group.state()).append(' ').append(group.generation());
      for (ClassicMember member : group.members().all()) {
        out.append(' ')
            .append(member.id())
            .append(group.isLeader(member.id()) ? "*" : "")
            .append(member.awaitsJoin() ? "(joining)" : "")
            .append(member.awaitsSync() ? "(syncing)" : "");
      }
      if (!group.members().expected().isEmpty()) {
        out.append(" expected ").append(String.join(" ", group.members().expected()));
      }
      out.append('\n');
    }
  }
}
