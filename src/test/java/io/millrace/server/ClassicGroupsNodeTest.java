package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.ClassicGroupDescription;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.ClassicGroupState;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of Java consumers that speak the classic protocol, on a whole node. */
@Timeout(180)
class ClassicGroupsNodeTest extends GroupsOnANode {
  ClassicGroupsNodeTest() {
    super(Map.of());
  }

  private ClassicGroupDescription describe() throws Exception {
    return await(admin().describeClassicGroups(List.of(GROUP)).all()).get(GROUP);
  }

  @ParameterizedTest
  @ValueSource(classes = {RangeAssignor.class, CooperativeStickyAssignor.class})
  void shouldShareATopicWhoeverLeavesOrDiesOrRestarts(Class<?> assignor) throws Exception {
    WorkingConsumer first = joinClassic(assignor);
    WorkingConsumer second = joinClassic(assignor);
    awaitShares(3, first, second);
    produce(300);
    awaitCommitted();
    Map<TopicPartition, Long> before = committed();
    ConsumerGroupMetadata was = first.membership();

    restart();

    assertThat(committed()).isEqualTo(before);
    produce(300);
    awaitCommitted();
    assertThat(first.membership().memberId()).isEqualTo(was.memberId());
    assertThat(first.membership().generationId()).isGreaterThanOrEqualTo(was.generationId());

    WorkingConsumer third = joinClassic(assignor);
    awaitShares(2, first, second, third);
    third.leave();
    awaitShares(3, first, second);
    second.die();
    awaitShares(6, first);
    produce(300);
    awaitCommitted();

    assertThat(describe().state()).isEqualTo(ClassicGroupState.STABLE);
    assertThat(describe().members()).hasSize(1);
    assertThatThrownBy(() -> await(admin().deleteConsumerGroups(List.of(GROUP)).all()))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(GroupNotEmptyException.class);
    first.leave();
    until("it is empty", this::isEmpty);
    await(admin().deleteConsumerGroups(List.of(GROUP)).all());
    assertThatThrownBy(this::describe)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(GroupIdNotFoundException.class);
    assertThat(await(admin().listGroups().all())).isEmpty();
  }

  private boolean isEmpty() {
    try {
      return await(admin().listGroups(ListGroupsOptions.forConsumerGroups()).all()).stream()
          .anyMatch(
              one ->
                  one.groupId().equals(GROUP)
                      && one.groupState().orElseThrow() == GroupState.EMPTY);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
