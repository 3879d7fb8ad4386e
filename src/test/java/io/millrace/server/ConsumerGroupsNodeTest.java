package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of Java consumers that speak the consumer protocol (KIP-848), on a whole node. */
@Timeout(180)
class ConsumerGroupsNodeTest extends GroupsOnANode {
  ConsumerGroupsNodeTest() {
    super(
        Map.of(
            "group.consumer.assignment.interval.ms", "200",
            "group.consumer.min.heartbeat.interval.ms", "200",
            "group.consumer.heartbeat.interval.ms", "300",
            "group.consumer.min.session.timeout.ms", "4000",
            "group.consumer.session.timeout.ms", "6000"));
  }

  private ConsumerGroupDescription describe() {
    try {
      return await(admin().describeConsumerGroups(List.of(GROUP)).describedGroups().get(GROUP));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldShareATopicWhoeverComesOrLeavesOrDies() throws Exception {
    WorkingConsumer first = joinConsumer();
    WorkingConsumer second = joinConsumer();
    awaitShares(3, first, second);
    produce(300);

    WorkingConsumer third = joinConsumer();
    awaitShares(2, first, second, third);
    // The others gave up one partition each, and never stopped with the rest.
    assertThat(second.revoked().size() + first.revoked().size()).isBetween(2, 5);
    produce(300);
    assertThat(describe().type()).isEqualTo(GroupType.CONSUMER);
    assertThat(describe().members()).hasSize(3);
    until("it is stable", () -> describe().groupState() == GroupState.STABLE);

    third.leave();
    awaitShares(3, first, second);
    second.die();
    awaitShares(6, first);
    produce(300);

    first.leave();
    until("it is empty", () -> describe().groupState() == GroupState.EMPTY);
    awaitCommitted();
    await(admin().deleteConsumerGroups(List.of(GROUP)).all());
    assertThat(await(admin().listGroups().all())).isEmpty();
  }

  @Test
  void shouldGoOnAfterARestart() throws Exception {
    WorkingConsumer first = joinConsumer();
    WorkingConsumer second = joinConsumer();
    awaitShares(3, first, second);
    produce(300);
    ConsumerGroupMetadata was = first.membership();

    restart();

    produce(300);
    assertThat(first.revoked()).hasSizeLessThanOrEqualTo(3);
    assertThat(first.membership().memberId()).isEqualTo(was.memberId());
    assertThat(first.membership().generationId()).isEqualTo(was.generationId());
    awaitShares(3, first, second);
  }

  @Test
  void shouldFollowTopicsThatMatchAndGrow() throws Exception {
    WorkingConsumer first = joinConsumer("wo.*");
    until("it has the topic", () -> first.partitions().size() == PARTITIONS);

    create("works", 2);
    until("it has the new topic", () -> first.partitions().size() == PARTITIONS + 2);
    create("other", 1);
    await(admin().createPartitions(Map.of("works", NewPartitions.increaseTo(4))).all());
    until("it has the new partitions", () -> first.partitions().size() == PARTITIONS + 4);
    await(admin().deleteTopics(List.of("works")).all());
    until("it has given the topic up", () -> first.partitions().size() == PARTITIONS);
    assertThat(first.partitions()).allMatch(partition -> partition.topic().equals(TOPIC));
  }

  @ParameterizedTest
  @ValueSource(classes = {RangeAssignor.class, CooperativeStickyAssignor.class})
  void shouldMixBothProtocolsAndChangeToAndFro(Class<?> assignor) throws Exception {
    WorkingConsumer classic = joinClassic(assignor);
    awaitShares(6, classic);
    produce(300);

    WorkingConsumer modern = joinConsumer();
    awaitShares(3, classic, modern);
    assertThat(describe().type()).isEqualTo(GroupType.CONSUMER);
    produce(300);
    WorkingConsumer third = joinClassic(assignor);
    awaitShares(2, classic, modern, third);
    produce(300);

    modern.leave();
    awaitShares(3, classic, third);
    assertThat(describe().type()).isEqualTo(GroupType.CLASSIC);
    produce(300);
  }

  @Test
  void shouldTakeSettingsOfAGroup() throws Exception {
    ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, GROUP);
    AlterConfigOp set =
        new AlterConfigOp(
            new ConfigEntry("consumer.session.timeout.ms", "4000"), AlterConfigOp.OpType.SET);
    await(admin().incrementalAlterConfigs(Map.of(group, List.of(set))).all());
    ConfigEntry entry =
        await(admin().describeConfigs(List.of(group)).all())
            .get(group)
            .get("consumer.session.timeout.ms");

    assertThat(entry.value()).isEqualTo("4000");
    assertThat(entry.source()).isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG);
  }
}
