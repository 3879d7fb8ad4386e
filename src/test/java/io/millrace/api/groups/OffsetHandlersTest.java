package io.millrace.api.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.coordinator.group.OffsetConfig;
import io.millrace.coordinator.group.TestGroupCoordinator;
import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** OffsetCommit and OffsetFetch between the wire and a shard. */
class OffsetHandlersTest {
  private static final Uuid T = WireIds.uuid(TestImage.idOf("t"));
  private static final Uuid NOBODY = new Uuid(77, 77);

  private final TestImage image = TestImage.ofOne().topic("t", 2).topic("u", 1);
  private final TestGroupCoordinator groups =
      new TestGroupCoordinator(new OffsetConfig(10, 1_000, 1_000));
  private long counted;
  private final OffsetCommitHandler commit =
      new OffsetCommitHandler(groups, amount -> counted += amount);
  private final OffsetFetchHandler fetch = new OffsetFetchHandler(groups);

  private static OffsetCommitRequestTopic topic(String name, Uuid id, int... partitions) {
    OffsetCommitRequestTopic topic = new OffsetCommitRequestTopic().setName(name).setTopicId(id);
    for (int partition : partitions) {
      topic
          .partitions()
          .add(
              new OffsetCommitRequestPartition()
                  .setPartitionIndex(partition)
                  .setCommittedOffset(10 + partition)
                  .setCommittedMetadata(""));
    }
    return topic;
  }

  private OffsetCommitResponseData commit(int version, OffsetCommitRequestTopic... topics) {
    return TestRequest.ask(
        commit,
        image,
        version,
        new OffsetCommitRequestData().setGroupId("g").setTopics(List.of(topics)));
  }

  private static List<String> errors(OffsetCommitResponseTopic topic) {
    List<String> errors = new ArrayList<>();
    topic
        .partitions()
        .forEach(p -> errors.add(p.partitionIndex() + " " + Errors.forCode(p.errorCode())));
    return errors;
  }

  @Test
  void shouldRefuseWhatDoesNotExistAndKeepTheRest() {
    OffsetCommitResponseData response =
        commit(9, topic("t", Uuid.ZERO_UUID, 0, 5, 1), topic("nobody", Uuid.ZERO_UUID, 0));

    assertThat(response.topics())
        .extracting(OffsetCommitResponseTopic::name)
        .containsExactly("t", "nobody");
    assertThat(errors(response.topics().get(0)))
        .containsExactly("0 NONE", "1 NONE", "5 UNKNOWN_TOPIC_OR_PARTITION");
    assertThat(errors(response.topics().get(1))).containsExactly("0 UNKNOWN_TOPIC_OR_PARTITION");
    assertThat(groups.shard.offsets().count()).isEqualTo(2);
    assertThat(counted).isEqualTo(2);
  }

  @Test
  void shouldAskNoCoordinatorForWhatDoesNotExist() {
    groups.refusal = Errors.NOT_COORDINATOR;

    assertThat(errors(commit(9, topic("nobody", Uuid.ZERO_UUID, 0)).topics().get(0)))
        .containsExactly("0 UNKNOWN_TOPIC_OR_PARTITION");
  }

  @Test
  void shouldTakeTopicsById() {
    OffsetCommitResponseData response = commit(10, topic("", T, 0), topic("", NOBODY, 0));

    assertThat(response.topics())
        .extracting(OffsetCommitResponseTopic::topicId)
        .containsExactly(T, NOBODY);
    assertThat(errors(response.topics().get(0))).containsExactly("0 NONE");
    assertThat(errors(response.topics().get(1))).containsExactly("0 UNKNOWN_TOPIC_ID");
    assertThat(groups.shard.offsets().get("g", "t", 0).topicId()).isEqualTo(T);
  }

  @Test
  void shouldRefuseEveryPartitionWithTheShardsReason() {
    groups.refusal = Errors.COORDINATOR_LOAD_IN_PROGRESS;

    assertThat(errors(commit(3, topic("t", Uuid.ZERO_UUID, 0, 1)).topics().get(0)))
        .containsExactly("0 COORDINATOR_LOAD_IN_PROGRESS", "1 COORDINATOR_LOAD_IN_PROGRESS");
    assertThat(counted).isZero();
  }

  @Test
  void shouldAnswerOneGroupToOldClients() {
    commit(9, topic("t", Uuid.ZERO_UUID, 1));

    OffsetFetchResponseData response =
        TestRequest.ask(
            fetch,
            image,
            5,
            new OffsetFetchRequestData()
                .setGroupId("g")
                .setTopics(
                    List.of(
                        new OffsetFetchRequestTopic()
                            .setName("t")
                            .setPartitionIndexes(List.of(1, 0)))));

    assertThat(response.topics().get(0).partitions())
        .extracting(p -> p.committedOffset())
        .containsExactly(11L, -1L);
  }

  @Test
  void shouldAnswerAllToOldClients() {
    commit(9, topic("t", Uuid.ZERO_UUID, 1), topic("u", Uuid.ZERO_UUID, 0));

    OffsetFetchResponseData response =
        TestRequest.ask(
            fetch, image, 2, new OffsetFetchRequestData().setGroupId("g").setTopics(null));

    assertThat(response.topics())
        .extracting(topic -> topic.name())
        .containsExactlyInAnyOrder("t", "u");
  }

  @Test
  void shouldSayTheReasonWhereTheOldestClientsLook() {
    groups.refusal = Errors.NOT_COORDINATOR;

    OffsetFetchResponseData response =
        TestRequest.ask(
            fetch,
            image,
            1,
            new OffsetFetchRequestData()
                .setGroupId("g")
                .setTopics(
                    List.of(
                        new OffsetFetchRequestTopic()
                            .setName("t")
                            .setPartitionIndexes(List.of(1)))));

    assertThat(response.topics().get(0).partitions().get(0).errorCode())
        .isEqualTo(Errors.NOT_COORDINATOR.code());
  }

  private OffsetFetchResponseData fetch(int version, OffsetFetchRequestGroup... wanted) {
    return TestRequest.ask(
        fetch, image, version, new OffsetFetchRequestData().setGroups(List.of(wanted)));
  }

  @Test
  void shouldAnswerManyGroupsInTheirOrder() {
    commit(9, topic("t", Uuid.ZERO_UUID, 1));
    OffsetFetchResponseData response =
        fetch(
            8,
            new OffsetFetchRequestGroup().setGroupId("other").setTopics(null),
            new OffsetFetchRequestGroup().setGroupId("g").setTopics(null));

    assertThat(response.groups())
        .extracting(OffsetFetchResponseGroup::groupId)
        .containsExactly("other", "g");
    assertThat(response.groups().get(0).topics()).isEmpty();
    assertThat(response.groups().get(1).topics().get(0).name()).isEqualTo("t");
  }

  @Test
  void shouldAnswerAllOffsetsOfAGroupOnce() {
    OffsetFetchRequestGroup all = new OffsetFetchRequestGroup().setGroupId("g").setTopics(null);

    assertThat(fetch(8, all, all.duplicate(), all.duplicate()).groups()).hasSize(1);
  }

  @Test
  void shouldFetchTopicsById() {
    commit(10, topic("", T, 1));

    OffsetFetchResponseGroup group =
        fetch(
                10,
                new OffsetFetchRequestGroup()
                    .setGroupId("g")
                    .setTopics(
                        List.of(
                            new OffsetFetchRequestTopics()
                                .setTopicId(T)
                                .setPartitionIndexes(List.of(1)),
                            new OffsetFetchRequestTopics()
                                .setTopicId(NOBODY)
                                .setPartitionIndexes(List.of(0)))))
            .groups()
            .get(0);

    assertThat(group.topics().get(0).topicId()).isEqualTo(T);
    assertThat(group.topics().get(0).partitions().get(0).committedOffset()).isEqualTo(11);
    assertThat(group.topics().get(1).topicId()).isEqualTo(NOBODY);
    assertThat(group.topics().get(1).partitions().get(0).errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
  }

  @Test
  void shouldNotShowTopicsWithoutAnIdToThoseWhoKnowIds() {
    commit(9, topic("t", Uuid.ZERO_UUID, 1), topic("u", Uuid.ZERO_UUID, 0));
    TestImage later = TestImage.ofOne().topic("t", 2);

    OffsetFetchResponseData response =
        TestRequest.ask(
            fetch,
            later,
            10,
            new OffsetFetchRequestData()
                .setGroups(List.of(new OffsetFetchRequestGroup().setGroupId("g").setTopics(null))));

    assertThat(response.groups().get(0).topics())
        .extracting(topic -> topic.topicId())
        .containsExactly(T);
  }

  @Test
  void shouldRefuseToDeleteOffsetsOfNoGroup() {
    OffsetDeleteResponseData response =
        TestRequest.ask(
            new OffsetDeleteHandler(groups),
            image,
            0,
            new OffsetDeleteRequestData().setGroupId(""));

    assertThat(response.errorCode()).isEqualTo(Errors.INVALID_GROUP_ID.code());
  }
}
