package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.ControllerConfig;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class TopicCreationTest {
  private static final MetadataImage BROKERS = Images.brokers(1, 2, 3);

  private final TopicCreation creation =
      new TopicCreation(
          new ControllerConfig(1, null, 3, (short) 2, true), Images.RULES, new Random(1));

  private static NewTopic topic(String name, int partitions, int replicationFactor) {
    return new NewTopic(name, partitions, (short) replicationFactor, Map.of(), Map.of());
  }

  private static NewTopic assigned(Map<Integer, List<Integer>> assignment) {
    return new NewTopic("t", -1, (short) -1, assignment, Map.of());
  }

  private static NewTopic configured(Map<String, String> configs) {
    return new NewTopic("t", 1, (short) 1, Map.of(), configs);
  }

  private Decision<List<CreatedTopic>> decide(MetadataImage image, NewTopic... topics) {
    return creation.decide(image, Arrays.asList(topics), false);
  }

  private Errors errorOf(MetadataImage image, NewTopic topic) {
    Decision<List<CreatedTopic>> decision = decide(image, topic);
    CreatedTopic reply = decision.reply().get(0);
    assertThat(decision.records().isEmpty()).isEqualTo(reply.outcome().error() != Errors.NONE);
    if (reply.outcome().error() != Errors.NONE) {
      assertThat(reply.outcome().message()).isNotBlank();
    }
    return reply.outcome().error();
  }

  @Test
  void shouldCreateATopicAsAsked() {
    Decision<List<CreatedTopic>> decision = decide(BROKERS, topic("t", 5, 3));
    CreatedTopic reply = decision.reply().get(0);
    MetadataImage image = Images.with(BROKERS, decision.records());
    assertThat(reply.partitions()).isEqualTo(5);
    assertThat(reply.replicationFactor()).isEqualTo((short) 3);
    assertThat(image.topic("t").id()).isEqualTo(reply.id());
    assertThat(image.topic("t").partitions()).hasSize(5);
    PartitionImage partition = image.topic("t").partition(0);
    assertThat(partition.isr()).isEqualTo(partition.replicas()).hasSize(3);
    assertThat(partition.leader()).isEqualTo(partition.replicas().get(0));
    assertThat(partition.leaderEpoch()).isZero();
    assertThat(partition.partitionEpoch()).isZero();
  }

  @Test
  void shouldUseTheDefaults() {
    CreatedTopic reply = decide(BROKERS, topic("t", -1, -1)).reply().get(0);
    assertThat(reply.partitions()).isEqualTo(3);
    assertThat(reply.replicationFactor()).isEqualTo((short) 2);
  }

  @Test
  void shouldStoreConfigs() {
    MetadataImage image =
        Images.with(BROKERS, decide(BROKERS, configured(Map.of("retention.ms", "5"))).records());
    assertThat(image.configs(ConfigResource.topic("t"))).isEqualTo(Map.of("retention.ms", "5"));
  }

  @Test
  void shouldRefuseBadConfigs() {
    assertThat(errorOf(BROKERS, configured(Map.of("retention.ms", "x"))))
        .isEqualTo(Errors.INVALID_CONFIG);
    assertThat(errorOf(BROKERS, configured(Map.of("who.knows", "1"))))
        .isEqualTo(Errors.INVALID_CONFIG);
    Map<String, String> withNull = new HashMap<>();
    withNull.put("retention.ms", null);
    assertThat(errorOf(BROKERS, configured(withNull))).isEqualTo(Errors.INVALID_CONFIG);
  }

  @Test
  void shouldRefuseBadCounts() {
    assertThat(errorOf(BROKERS, topic("t", 0, 1))).isEqualTo(Errors.INVALID_PARTITIONS);
    assertThat(errorOf(BROKERS, topic("t", -2, 1))).isEqualTo(Errors.INVALID_PARTITIONS);
    assertThat(errorOf(BROKERS, topic("t", 1, 0))).isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
    assertThat(errorOf(BROKERS, topic("t", 1, -2))).isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
    assertThat(errorOf(BROKERS, topic("t", 1, 4))).isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
    assertThat(errorOf(MetadataImage.EMPTY, topic("t", 1, 1)))
        .isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
  }

  @Test
  void shouldBoundThePartitionsOfARequest() {
    assertThat(errorOf(BROKERS, topic("t", 10_000, 1))).isEqualTo(Errors.NONE);
    assertThat(errorOf(BROKERS, topic("t", 10_001, 1))).isEqualTo(Errors.POLICY_VIOLATION);
    assertThat(errorOf(BROKERS, topic("t", Integer.MAX_VALUE, 1)))
        .isEqualTo(Errors.POLICY_VIOLATION);
    assertThat(decide(BROKERS, topic("a", 6_000, 1), topic("b", 6_000, 1)).reply())
        .extracting(reply -> reply.outcome().error())
        .containsOnly(Errors.POLICY_VIOLATION);
  }

  @Test
  void shouldRefuseBadNames() {
    assertThat(errorOf(BROKERS, topic("a/b", 1, 1))).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
    assertThat(errorOf(BROKERS, topic("__cluster_metadata", 1, 1)))
        .isEqualTo(Errors.INVALID_REQUEST);
  }

  @Test
  void shouldRefuseATopicThatExists() {
    MetadataImage image = Images.withTopic(BROKERS, "a.b", 1, List.of(1));
    assertThat(errorOf(image, topic("a.b", 1, 1))).isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
    assertThat(errorOf(image, topic("a_b", 1, 1))).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
  }

  @Test
  void shouldRefuseNamesThatCollideWithinARequest() {
    Decision<List<CreatedTopic>> decision =
        decide(BROKERS, topic("a.b", 1, 1), topic("a_b", 1, 1), topic("c", 1, 1));
    assertThat(decision.reply())
        .extracting(reply -> reply.outcome().error())
        .containsExactly(Errors.NONE, Errors.INVALID_TOPIC_EXCEPTION, Errors.NONE);
    assertThat(Images.with(BROKERS, decision.records()).topics()).hasSize(2);
  }

  @Test
  void shouldRefuseANameGivenTwice() {
    List<CreatedTopic> replies =
        decide(BROKERS, topic("a", 1, 1), topic("b", 1, 1), topic("a", 2, 1)).reply();
    assertThat(replies).extracting(CreatedTopic::name).containsExactly("a", "b");
    assertThat(replies)
        .extracting(reply -> reply.outcome().error())
        .containsExactly(Errors.INVALID_REQUEST, Errors.NONE);
  }

  @Test
  void shouldChangeNothingWhenOnlyValidating() {
    Decision<List<CreatedTopic>> decision =
        creation.decide(BROKERS, List.of(topic("t", 2, 1)), true);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply().get(0).outcome().error()).isEqualTo(Errors.NONE);
    assertThat(decision.reply().get(0).partitions()).isEqualTo(2);
  }

  @Test
  void shouldFollowAManualAssignment() {
    Decision<List<CreatedTopic>> decision =
        decide(BROKERS, assigned(Map.of(1, List.of(3, 1), 0, List.of(2, 3))));
    MetadataImage image = Images.with(BROKERS, decision.records());
    assertThat(image.topic("t").partition(0).replicas()).containsExactly(2, 3);
    assertThat(image.topic("t").partition(1).replicas()).containsExactly(3, 1);
    assertThat(image.topic("t").partition(1).leader()).isEqualTo(3);
    assertThat(decision.reply().get(0).replicationFactor()).isEqualTo((short) 2);
  }

  @Test
  void shouldRefuseABadManualAssignment() {
    List<Map<Integer, List<Integer>>> bad =
        List.of(
            Map.of(0, List.of()),
            Map.of(0, List.of(9)),
            Map.of(0, List.of(1, 1)),
            Map.of(0, List.of(1), 1, List.of(1, 2)),
            Map.of(1, List.of(1)),
            Map.of(0, List.of(1), 2, List.of(1)),
            Map.of(-1, List.of(1)));
    for (Map<Integer, List<Integer>> assignment : bad) {
      assertThat(errorOf(BROKERS, assigned(assignment)))
          .as("%s", assignment)
          .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
    }
  }

  @Test
  void shouldRefuseCountsBesideAManualAssignment() {
    Map<Integer, List<Integer>> assignment = Map.of(0, List.of(1));
    assertThat(errorOf(BROKERS, new NewTopic("t", 1, (short) -1, assignment, Map.of())))
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(errorOf(BROKERS, new NewTopic("t", -1, (short) 1, assignment, Map.of())))
        .isEqualTo(Errors.INVALID_REQUEST);
  }

  @Test
  void shouldLeaveFencedReplicasOutOfTheIsr() {
    MetadataImage image = Images.with(BROKERS, List.of(Images.broker(4, null, true)));
    MetadataImage after =
        Images.with(image, decide(image, assigned(Map.of(0, List.of(4, 2)))).records());
    assertThat(after.topic("t").partition(0).isr()).containsExactly(2);
    assertThat(after.topic("t").partition(0).leader()).isEqualTo(2);
    assertThat(errorOf(image, assigned(Map.of(0, List.of(4)))))
        .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
  }
}
