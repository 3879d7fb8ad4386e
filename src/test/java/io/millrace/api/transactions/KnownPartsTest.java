package io.millrace.api.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.api.peer.FakePeers;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TakingPart;
import io.millrace.coordinator.transaction.TestTransactionCoordinator;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Node 1 asks its own shard and that of node 2. */
class KnownPartsTest {
  private static final long PRODUCER = 4_000;
  private static final TakingPart KNOWN = new TakingPart(PRODUCER, new TopicPartition("t", 0));
  private static final TakingPart UNKNOWN = new TakingPart(PRODUCER, new TopicPartition("t", 1));

  private final TestImage image = TestImage.ofOne().broker(2, "b2", 9092).topic("t", 2);
  private final TestTransactionCoordinator here = new TestTransactionCoordinator(image);
  private final TestTransactionCoordinator there = new TestTransactionCoordinator(image);
  private final FakePeers peers = new FakePeers().node(2, List.of(new OpenPartsHandler(there)));
  private final KnownParts parts = new KnownParts(1, peers, () -> image, () -> here);

  private void coordinatorsOn(int... nodes) {
    peers.image = image;
    PartitionImage[] shards = new PartitionImage[nodes.length];
    for (int i = 0; i < nodes.length; i++) {
      List<Integer> replicas = List.of(1, 2);
      shards[i] = new PartitionImage(i, replicas, replicas, List.of(), nodes[i], 0, 0);
    }
    image.topic(CoordinatorTopic.TRANSACTIONS, shards);
  }

  private static void begin(TestTransactionCoordinator coordinator) {
    coordinator.ask(
        "id",
        (TransactionShard shard, Reply<InitProducerIdResponseData> reply) ->
            shard.initProducerId(
                new InitProducerIdRequestData()
                    .setTransactionalId("id")
                    .setTransactionTimeoutMs(60_000),
                (short) 5,
                PRODUCER,
                reply));
    AddPartitionsToTxnTransaction add =
        new AddPartitionsToTxnTransaction()
            .setTransactionalId("id")
            .setProducerId(PRODUCER)
            .setTopics(new AddPartitionsToTxnTopicCollection());
    add.topics().add(new AddPartitionsToTxnTopic().setName("t").setPartitions(List.of(0)));
    coordinator.ask(
        "id",
        (TransactionShard shard, Reply<AddPartitionsToTxnResult> reply) ->
            shard.addPartitions(add, (short) 3, true, reply));
  }

  private Future<Set<TakingPart>> ask() {
    return parts.ask(List.of(KNOWN, UNKNOWN));
  }

  @Test
  void shouldHearWhatAShardHereKnows() {
    coordinatorsOn(1, 2);
    begin(here);

    assertThat(ask().result()).containsExactly(KNOWN);
  }

  @Test
  void shouldHearWhatAShardElsewhereKnows() {
    coordinatorsOn(1, 2);
    begin(there);

    assertThat(ask().result()).containsExactly(KNOWN);
  }

  @Test
  void shouldHearThatNobodyKnows() {
    coordinatorsOn(1, 2);

    assertThat(ask().result()).isEmpty();
  }

  @Test
  void shouldFailWhileAShardHasNoLeader() {
    coordinatorsOn(1, PartitionImage.NO_LEADER);

    assertThat(ask().failed()).isTrue();
  }

  @Test
  void shouldFailWhileAShardIsBeingLoaded() {
    coordinatorsOn(1, 2);
    there.refusal = Errors.COORDINATOR_LOAD_IN_PROGRESS;

    assertThat(ask().failed()).isTrue();
  }

  @Test
  void shouldFailWithoutCoordinators() {
    assertThat(ask().failed()).isTrue();
  }
}
