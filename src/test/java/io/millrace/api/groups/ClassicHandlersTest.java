package io.millrace.api.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RequestHandler;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.coordinator.group.ClassicGroupConfig;
import io.millrace.coordinator.group.OffsetConfig;
import io.millrace.coordinator.group.TestGroupCoordinator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@SuppressWarnings("TypeParameterUnusedInFormals") // as in TestRequest
class ClassicHandlersTest {
  private static final String GROUP = "g";
  private static final String MEMBER = "test-1";
  private static final int READ_DESCRIBE_DELETE_AND_CONFIGS =
      1 << 3 | 1 << 8 | 1 << 6 | 1 << 10 | 1 << 11;

  private final TestImage image = TestImage.ofOne().topic("t", 1);
  private final TestGroupCoordinator groups =
      new TestGroupCoordinator(
          new OffsetConfig(100, 1_000, 1_000), new ClassicGroupConfig(0, 6_000, 60_000, 10));
  private final JoinGroupHandler join = new JoinGroupHandler(groups);
  private final SyncGroupHandler sync = new SyncGroupHandler(groups);
  private final HeartbeatHandler heartbeat = new HeartbeatHandler(groups);
  private final LeaveGroupHandler leave = new LeaveGroupHandler(groups);
  private final DescribeGroupsHandler describe = new DescribeGroupsHandler(groups);
  private final ListGroupsHandler list = new ListGroupsHandler(groups);
  private final DeleteGroupsHandler delete = new DeleteGroupsHandler(groups);

  private <T extends ApiMessage> T ask(RequestHandler handler, int version, ApiMessage request) {
    return TestRequest.ask(handler, image, version, request);
  }

  private static JoinGroupRequestData joining(String memberId) {
    JoinGroupRequestData request =
        new JoinGroupRequestData()
            .setGroupId(GROUP)
            .setMemberId(memberId)
            .setProtocolType("consumer")
            .setSessionTimeoutMs(10_000);
    request
        .protocols()
        .add(new JoinGroupRequestProtocol().setName("range").setMetadata(new byte[] {0}));
    return request;
  }

  private static SyncGroupRequestData syncing(int version) {
    SyncGroupRequestData request =
        new SyncGroupRequestData().setGroupId(GROUP).setMemberId(MEMBER).setGenerationId(1);
    if (version >= 5) {
      request.setProtocolType("consumer").setProtocolName("range");
    }
    request
        .assignments()
        .add(
            new SyncGroupRequestAssignment()
                .setMemberId(MEMBER)
                .setAssignment("all".getBytes(StandardCharsets.UTF_8)));
    return request;
  }

  private static HeartbeatRequestData beating() {
    return new HeartbeatRequestData().setGroupId(GROUP).setMemberId(MEMBER).setGenerationId(1);
  }

  private static LeaveGroupRequestData leaving(int version, String memberId) {
    LeaveGroupRequestData request = new LeaveGroupRequestData().setGroupId(GROUP);
    return version >= 3
        ? request.setMembers(List.of(new MemberIdentity().setMemberId(memberId)))
        : request.setMemberId(memberId);
  }

  /** One member with its assignment. */
  private void form() {
    ask(join, 3, joining(""));
    ask(sync, 4, syncing(4));
  }

  @TestFactory
  Stream<DynamicTest> shouldAnswerInEveryVersion() {
    form();
    return inEveryVersion();
  }

  @TestFactory
  Stream<DynamicTest> shouldFailInEveryVersion() {
    groups.refusal = Errors.NOT_COORDINATOR;
    return inEveryVersion();
  }

  private Stream<DynamicTest> inEveryVersion() {
    List<DynamicTest> tests = new ArrayList<>();
    for (RequestHandler handler : List.of(join, sync, heartbeat, leave, describe, list, delete)) {
      assertThat(handler.minVersion()).isEqualTo(handler.key().oldestVersion());
      assertThat(handler.maxVersion()).isEqualTo(handler.key().latestVersion(false));
      for (int v = handler.minVersion(); v <= handler.maxVersion(); v++) {
        int version = v;
        tests.add(
            DynamicTest.dynamicTest(
                handler.key().name + " v" + version,
                () -> {
                  ApiMessage response = ask(handler, version, request(handler.key(), version));
                  assertThat(response.apiKey()).isEqualTo(handler.key().id);
                }));
      }
    }
    return tests.stream();
  }

  private static ApiMessage request(ApiKeys key, int version) {
    return switch (key) {
      case JOIN_GROUP -> joining("").setGroupId("other-" + version);
      case SYNC_GROUP -> syncing(version);
      case HEARTBEAT -> beating();
      case LEAVE_GROUP -> leaving(version, "unknown");
      case DESCRIBE_GROUPS ->
          new DescribeGroupsRequestData()
              .setGroups(List.of(GROUP, "none"))
              .setIncludeAuthorizedOperations(version >= 3);
      case LIST_GROUPS -> {
        ListGroupsRequestData request = new ListGroupsRequestData();
        if (version >= 4) {
          request.setStatesFilter(List.of("stable"));
        }
        yield version >= 5 ? request.setTypesFilter(List.of("classic")) : request;
      }
      default -> new DeleteGroupsRequestData().setGroupsNames(List.of(GROUP, "none"));
    };
  }

  @Test
  void shouldAskForTheMemberIdFromVersion4On() {
    JoinGroupResponseData first = ask(join, 4, joining(""));

    assertThat(first.errorCode()).isEqualTo(Errors.MEMBER_ID_REQUIRED.code());
    assertThat(first.memberId()).isEqualTo(MEMBER);
    JoinGroupResponseData second = ask(join, 4, joining(MEMBER));
    assertThat(second.errorCode()).isZero();
    assertThat(second.generationId()).isEqualTo(1);
    assertThat(second.leader()).isEqualTo(MEMBER);
  }

  @Test
  void shouldSayThatThereIsNoProtocolAsTheVersionCan() {
    groups.refusal = Errors.NOT_COORDINATOR;

    assertThat(this.<JoinGroupResponseData>ask(join, 6, joining("m")).protocolName()).isEmpty();
    JoinGroupResponseData newer = ask(join, 7, joining("m"));
    assertThat(newer.protocolName()).isNull();
    assertThat(newer.memberId()).isEqualTo("m");
    assertThat(newer.errorCode()).isEqualTo(Errors.NOT_COORDINATOR.code());
  }

  @Test
  void shouldKeepAJoinUntilTheGenerationIsComplete() {
    form();
    TestRequest second = new TestRequest(image, ApiKeys.JOIN_GROUP, 3).begin(join, joining(""));
    assertThat(second.isAnswered()).isFalse();

    ask(join, 3, joining(MEMBER));

    assertThat(second.<JoinGroupResponseData>await().generationId()).isEqualTo(2);
  }

  @Test
  void shouldRequireTheProtocolOfASyncFromVersion5On() {
    form();

    SyncGroupResponseData old = ask(sync, 4, syncing(4));
    SyncGroupResponseData without = ask(sync, 5, syncing(4));

    assertThat(new String(old.assignment(), StandardCharsets.UTF_8)).isEqualTo("all");
    assertThat(without.errorCode()).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL.code());
  }

  @Test
  void shouldLetMembersLiveWhileTheShardIsLoaded() {
    groups.refusal = Errors.COORDINATOR_LOAD_IN_PROGRESS;

    assertThat(this.<HeartbeatResponseData>ask(heartbeat, 4, beating()).errorCode()).isZero();
    assertThat(this.<SyncGroupResponseData>ask(sync, 5, syncing(5)).errorCode())
        .isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
  }

  @Test
  void shouldTellOlderClientsOfTheirOneMemberThatLeaves() {
    form();

    LeaveGroupResponseData older = ask(leave, 2, leaving(2, "unknown"));
    LeaveGroupResponseData newer = ask(leave, 3, leaving(3, "unknown"));

    assertThat(older.errorCode()).isEqualTo(Errors.UNKNOWN_MEMBER_ID.code());
    assertThat(newer.errorCode()).isZero();
    assertThat(newer.members())
        .extracting(MemberResponse::errorCode)
        .containsExactly(Errors.UNKNOWN_MEMBER_ID.code());
    assertThat(this.<LeaveGroupResponseData>ask(leave, 1, leaving(1, MEMBER)).errorCode()).isZero();
  }

  @Test
  void shouldDescribeGroupsEachWithItsError() {
    form();

    DescribeGroupsResponseData described = ask(describe, 6, request(ApiKeys.DESCRIBE_GROUPS, 6));

    DescribedGroup group = described.groups().get(0);
    assertThat(group.groupState()).isEqualTo("Stable");
    assertThat(group.protocolData()).isEqualTo("range");
    assertThat(group.authorizedOperations()).isEqualTo(READ_DESCRIBE_DELETE_AND_CONFIGS);
    assertThat(group.members()).hasSize(1);
    assertThat(group.members().get(0).clientId()).isEqualTo("test");
    assertThat(group.members().get(0).clientHost()).isEqualTo("/10.1.2.4");
    DescribedGroup none = described.groups().get(1);
    assertThat(none.errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
    assertThat(none.errorMessage()).contains("none");
    assertThat(none.groupState()).isEqualTo("Dead");
  }

  @Test
  void shouldCallAnUnknownGroupDeadInOlderVersions() {
    DescribeGroupsResponseData described = ask(describe, 5, request(ApiKeys.DESCRIBE_GROUPS, 5));

    assertThat(described.groups())
        .allSatisfy(
            group -> {
              assertThat(group.errorCode()).isZero();
              assertThat(group.groupState()).isEqualTo("Dead");
            });
  }

  @Test
  void shouldDescribeAndDeleteNothing() {
    assertThat(
            this.<DescribeGroupsResponseData>ask(describe, 6, new DescribeGroupsRequestData())
                .groups())
        .isEmpty();
    assertThat(
            this.<DeleteGroupsResponseData>ask(delete, 2, new DeleteGroupsRequestData()).results())
        .isEmpty();
  }

  @Test
  void shouldListGroupsByStateAndType() {
    form();

    assertThat(listed(List.of(), List.of())).containsExactly(GROUP);
    assertThat(listed(List.of("STABLE"), List.of("Classic"))).containsExactly(GROUP);
    assertThat(listed(List.of("Empty"), List.of())).isEmpty();
    assertThat(listed(List.of(), List.of("consumer"))).isEmpty();
  }

  private List<String> listed(List<String> states, List<String> types) {
    ListGroupsResponseData response =
        ask(list, 5, new ListGroupsRequestData().setStatesFilter(states).setTypesFilter(types));
    assertThat(response.errorCode()).isZero();
    return response.groups().stream().map(ListedGroup::groupId).toList();
  }

  @Test
  void shouldListNothingOfShardsThatOthersLead() {
    groups.refusal = Errors.NOT_COORDINATOR;
    assertThat(listed(List.of(), List.of())).isEmpty();
  }

  @Test
  void shouldNotHideThatAShardIsLoaded() {
    groups.refusal = Errors.COORDINATOR_LOAD_IN_PROGRESS;

    ListGroupsResponseData response = ask(list, 5, new ListGroupsRequestData());

    assertThat(response.errorCode()).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
  }

  @Test
  void shouldDeleteAGroupWithItsOffsetsOnceItIsEmpty() {
    form();
    commit();
    assertThat(deletion()).isEqualTo(Errors.NON_EMPTY_GROUP);
    ask(leave, 5, leaving(5, MEMBER));
    int before = groups.records.size();

    assertThat(deletion()).isEqualTo(Errors.NONE);

    assertThat(groups.records.subList(before, groups.records.size()))
        .as("the offset and the group")
        .hasSize(2)
        .allSatisfy(record -> assertThat(record.value()).isNull());
    assertThat(groups.shard.groups().all()).isEmpty();
    assertThat(deletion()).isEqualTo(Errors.GROUP_ID_NOT_FOUND);
  }

  private Errors deletion() {
    DeleteGroupsResponseData response =
        ask(delete, 2, new DeleteGroupsRequestData().setGroupsNames(List.of(GROUP)));
    return Errors.forCode(response.results().find(GROUP).errorCode());
  }

  private void commit() {
    OffsetCommitRequestTopic topic = new OffsetCommitRequestTopic().setName("t");
    topic
        .partitions()
        .add(new OffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(7));
    OffsetCommitRequestData request =
        new OffsetCommitRequestData()
            .setGroupId(GROUP)
            .setMemberId(MEMBER)
            .setGenerationIdOrMemberEpoch(1)
            .setTopics(List.of(topic));
    ask(new OffsetCommitHandler(groups, amount -> {}), 8, request);
    assertThat(groups.shard.offsets().has(GROUP)).isTrue();
  }
}
