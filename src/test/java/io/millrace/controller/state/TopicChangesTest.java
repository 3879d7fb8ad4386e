package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller.DeletedTopic;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Deletion and growth of topics, and producer ids. */
class TopicChangesTest {
  private static final MetadataImage IMAGE =
      Images.withTopic(
          Images.withTopic(Images.brokers(1, 2, 3), "a", 2, List.of(1, 2)), "b", 1, List.of(3));

  private static final PartitionAddition GROWTH =
      new PartitionAddition(Images.RULES, new Random(1));

  private static final TopicId A = IMAGE.topic("a").id();

  private static TopicRef byName(String name) {
    return new TopicRef(name, TopicId.ZERO);
  }

  private static TopicRef byId(TopicId id) {
    return new TopicRef(null, id);
  }

  private static List<Errors> delete(TopicRef... topics) {
    return TopicDeletion.decide(IMAGE, List.of(topics), true).reply().stream()
        .map(reply -> reply.outcome().error())
        .toList();
  }

  @Test
  void shouldDeleteByNameAndById() {
    Decision<List<DeletedTopic>> decision =
        TopicDeletion.decide(IMAGE, List.of(byId(A), byName("b")), true);
    assertThat(decision.reply())
        .containsExactly(
            new DeletedTopic("a", A, Outcome.OK),
            new DeletedTopic("b", IMAGE.topic("b").id(), Outcome.OK));
    assertThat(Images.with(IMAGE, decision.records()).topics()).isEmpty();
  }

  @Test
  void shouldTellUnknownNamesFromUnknownIds() {
    assertThat(delete(byName("z"), byId(new TopicId(5, 5)), byName("a")))
        .containsExactly(Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_ID, Errors.NONE);
  }

  @Test
  void shouldRefuseReferencesThatAreNotOne() {
    assertThat(delete(byId(TopicId.ZERO))).containsExactly(Errors.INVALID_REQUEST);
    assertThat(delete(new TopicRef("a", A))).containsExactly(Errors.INVALID_REQUEST);
  }

  @Test
  void shouldRefuseATopicNamedTwice() {
    assertThat(delete(byName("a"), byName("b"), byName("a")))
        .containsExactly(Errors.INVALID_REQUEST, Errors.NONE);
    assertThat(delete(byName("a"), byId(A)))
        .containsExactly(Errors.INVALID_REQUEST, Errors.INVALID_REQUEST);
  }

  @Test
  void shouldDeleteNothingWhenThatIsDisabled() {
    Decision<List<DeletedTopic>> decision =
        TopicDeletion.decide(IMAGE, List.of(byName("a")), false);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply().get(0).outcome().error()).isEqualTo(Errors.TOPIC_DELETION_DISABLED);
  }

  private static Decision<Map<String, Outcome>> grow(NewPartitions... topics) {
    return GROWTH.decide(IMAGE, List.of(topics), false);
  }

  private static Errors growthError(NewPartitions topic) {
    Decision<Map<String, Outcome>> decision = grow(topic);
    assertThat(decision.records()).isEmpty();
    return decision.reply().get(topic.topic()).error();
  }

  @Test
  void shouldAddPartitionsWithTheReplicationFactorOfTheTopic() {
    Decision<Map<String, Outcome>> decision = grow(new NewPartitions("a", 5, null));
    List<PartitionImage> partitions =
        Images.with(IMAGE, decision.records()).topic("a").partitions();
    assertThat(decision.reply()).isEqualTo(Map.of("a", Outcome.OK));
    assertThat(partitions).hasSize(5);
    assertThat(partitions).allMatch(partition -> partition.replicas().size() == 2);
    assertThat(partitions.subList(0, 2)).isEqualTo(IMAGE.topic("a").partitions());
  }

  @Test
  void shouldNotCountReplicasThatAReassignmentRemoves() {
    MetadataImage moving =
        Images.with(
            Images.newest(IMAGE),
            List.of(
                new MetadataRecord.PartitionChange(
                    A, 0, List.of(1, 3, 2), null, null, null, null, List.of(3), List.of(2), null)));

    Decision<Map<String, Outcome>> decision =
        GROWTH.decide(moving, List.of(new NewPartitions("a", 3, null)), false);

    assertThat(Images.with(moving, decision.records()).topic("a").partition(2).replicas())
        .hasSize(2);
  }

  @Test
  void shouldAddPartitionsWhereTheClientWants() {
    Decision<Map<String, Outcome>> decision =
        grow(new NewPartitions("a", 4, List.of(List.of(3, 1), List.of(2, 3))));
    List<PartitionImage> partitions =
        Images.with(IMAGE, decision.records()).topic("a").partitions();
    assertThat(partitions.get(2).replicas()).containsExactly(3, 1);
    assertThat(partitions.get(3).replicas()).containsExactly(2, 3);
  }

  @Test
  void shouldRefuseToShrink() {
    for (int count : new int[] {2, 1, 0, -1, Integer.MIN_VALUE}) {
      assertThat(growthError(new NewPartitions("a", count, null)))
          .isEqualTo(Errors.INVALID_PARTITIONS);
    }
  }

  @Test
  void shouldRefuseBadGrowth() {
    assertThat(growthError(new NewPartitions("z", 2, null)))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(growthError(new NewPartitions("a", Integer.MAX_VALUE, null)))
        .isEqualTo(Errors.POLICY_VIOLATION);
    assertThat(growthError(new NewPartitions("a", 4, List.of(List.of(1, 2)))))
        .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
    assertThat(growthError(new NewPartitions("a", 3, List.of(List.of(1)))))
        .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
    assertThat(growthError(new NewPartitions("a", 3, List.of(List.of(1, 9)))))
        .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
  }

  @Test
  void shouldRefuseGrowthNamedTwice() {
    Decision<Map<String, Outcome>> decision =
        grow(
            new NewPartitions("a", 3, null),
            new NewPartitions("b", 2, null),
            new NewPartitions("a", 4, null));
    assertThat(decision.reply().get("a").error()).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(decision.reply().get("b").error()).isEqualTo(Errors.NONE);
    assertThat(decision.records()).hasSize(1);
  }

  @Test
  void shouldOnlyValidateGrowth() {
    Decision<Map<String, Outcome>> decision =
        GROWTH.decide(IMAGE, List.of(new NewPartitions("a", 3, null)), true);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply()).isEqualTo(Map.of("a", Outcome.OK));
  }

  @Test
  void shouldGiveOutProducerIdsInBlocks() {
    Decision<ProducerIdBlock> first = Registrations.producerIds(IMAGE);
    Decision<ProducerIdBlock> second =
        Registrations.producerIds(Images.with(IMAGE, first.records()));
    assertThat(first.reply()).isEqualTo(new ProducerIdBlock(0, 1_000));
    assertThat(second.reply()).isEqualTo(new ProducerIdBlock(1_000, 1_000));
  }
}
