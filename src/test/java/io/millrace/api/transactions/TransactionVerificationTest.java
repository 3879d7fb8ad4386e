package io.millrace.api.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.api.peer.FakePeers;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TestTransactionCoordinator;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.ManualClock;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.TransactionVerifier.Question;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Partitions of node 1 ask the coordinator of {@code id}, which is there or on node 2. */
class TransactionVerificationTest {
  private static final long PRODUCER = 4_000;

  private final TestLoop loop = new TestLoop();
  private final ManualClock clock = new ManualClock();
  private final TestImage image = TestImage.ofOne().broker(2, "b2", 9092).topic("t", 2);
  private final TestTransactionCoordinator here = new TestTransactionCoordinator(image);
  private final TestTransactionCoordinator there = new TestTransactionCoordinator(image);
  private final SlowCoordinator slow = new SlowCoordinator(there);
  private final FakePeers peers =
      new FakePeers().node(2, List.of(new AddPartitionsToTxnHandler(slow)));
  private final TransactionVerification verification =
      new TransactionVerification(
          new TransactionVerification.Parts(1, loop, clock, peers, () -> image, () -> here));

  private void coordinatorOn(int node) {
    peers.image = image;
    image.topic(
        CoordinatorTopic.TRANSACTIONS,
        new PartitionImage(0, List.of(node), List.of(node), List.of(), node, 0, 0));
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
  }

  private Question question(int partition, int epoch, boolean adds) {
    return question("id", partition, epoch, adds);
  }

  private static Question question(String id, int partition, int epoch, boolean adds) {
    return new Question(
        id,
        PRODUCER,
        (short) epoch,
        new TopicIdPartition(TestImage.idOf("t"), "t", partition),
        adds);
  }

  private Errors verify(Question question, long patienceMs) {
    Future<Errors> answer = verification.verify(question, clock.wallMs() + patienceMs);
    loop.await(answer::isComplete);
    return answer.result();
  }

  @Test
  void shouldAddAPartitionAtTheCoordinatorOfThisNode() {
    coordinatorOn(1);
    begin(here);

    assertThat(verify(question(0, 0, true), 1_000)).isEqualTo(Errors.NONE);
    assertThat(here.shard.get("id").partitions()).hasSize(1);
    assertThat(verify(question(0, 0, false), 1_000)).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldSayWhetherAPartitionTakesPart() {
    coordinatorOn(1);
    begin(here);

    assertThat(verify(question(1, 0, false), 1_000)).isEqualTo(Errors.TRANSACTION_ABORTABLE);
    assertThat(here.shard.get("id").partitions()).isEmpty();
  }

  @Test
  void shouldAskForPartitionsOfOneTurnTogether() {
    coordinatorOn(2);
    begin(there);

    Future<Errors> one = verification.verify(question(0, 0, true), clock.wallMs() + 1_000);
    Future<Errors> two = verification.verify(question(1, 0, true), clock.wallMs() + 1_000);
    loop.await(() -> one.isComplete() && two.isComplete());

    assertThat(one.result()).isEqualTo(Errors.NONE);
    assertThat(two.result()).isEqualTo(Errors.NONE);
    assertThat(peers.asked).containsExactly("2 transactions AddPartitionsToTxn");
    assertThat(there.shard.get("id").partitions()).hasSize(2);
  }

  @Test
  void shouldAskForDifferentEpochsOneAfterTheOther() {
    coordinatorOn(2);
    begin(there);

    Future<Errors> now = verification.verify(question(0, 0, true), clock.wallMs() + 1_000);
    Future<Errors> other = verification.verify(question(1, 7, true), clock.wallMs() + 1_000);
    loop.await(() -> now.isComplete() && other.isComplete());

    assertThat(now.result()).isEqualTo(Errors.NONE);
    assertThat(other.result()).as("of an epoch that nobody was given").isNotEqualTo(Errors.NONE);
    assertThat(peers.asked).hasSize(2);
  }

  @Test
  void shouldNotLetASlowIdHoldAnotherBack() {
    coordinatorOn(2);
    begin(there);
    slow.silent.add("slow");

    Future<Errors> late = verification.verify(question("slow", 0, 0, true), clock.wallMs() + 5_000);
    assertThat(verify(question(0, 0, true), 1_000)).isEqualTo(Errors.NONE);

    assertThat(peers.asked).as("in one request").hasSize(1);
    assertThat(late.isComplete()).isFalse();
    slow.silent.clear();
    loop.await(late::isComplete);
    assertThat(late.result()).as("nobody began it").isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
  }

  @Test
  void shouldAskAShardThatIsLateOverALaneOfItsOwn() {
    coordinatorOn(2);
    slow.silent.add("slow");
    Future<Errors> late = verification.verify(question("slow", 0, 0, true), clock.wallMs() + 5_000);
    loop.await(() -> peers.asked.size() >= 2);
    slow.silent.clear();
    loop.await(late::isComplete);
    verify(question(0, 0, true), 1_000);

    assertThat(peers.asked).first().isEqualTo("2 transactions AddPartitionsToTxn");
    assertThat(peers.asked.get(1)).isEqualTo("2 transactions-late AddPartitionsToTxn");
    assertThat(peers.asked).last().isEqualTo("2 transactions AddPartitionsToTxn");
  }

  @Test
  void shouldNameAFencedProducerAsProducersKnowIt() {
    coordinatorOn(1);
    begin(here);
    begin(here);

    assertThat(verify(question(0, 0, true), 1_000)).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
  }

  @Test
  void shouldAskAgainUntilTheCoordinatorIsThere() {
    coordinatorOn(2);
    begin(there);
    peers.unreachable.add(2);
    Future<Errors> answer = verification.verify(question(0, 0, true), clock.wallMs() + 1_000);
    loop.await(() -> peers.asked.size() >= 2);
    assertThat(answer.isComplete()).isFalse();

    peers.unreachable.clear();
    loop.await(answer::isComplete);
    assertThat(answer.result()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldLetTheProducerComeAgainWhenNobodyCoordinatesInTime() {
    Future<Errors> answer = verification.verify(question(0, 0, true), clock.wallMs() + 500);
    clock.advanceMs(500);
    loop.await(answer::isComplete);

    assertThat(answer.result()).isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
  }
}
