package io.millrace.api.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.InlineLoop;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.group.OffsetConfig;
import io.millrace.coordinator.group.TestGroupCoordinator;
import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.TransactionVerifier.Question;
import io.millrace.protocol.WireIds;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TxnOffsetCommit between the wire, the transaction's coordinator and a shard. */
class TxnOffsetCommitHandlerTest {
  private static final int TIMEOUT_MS = 3_000;

  private final TestImage image =
      TestImage.ofOne().topic("t", 2).topic("u", 1).topic(CoordinatorTopic.OFFSETS, 50);
  private final TestGroupCoordinator groups =
      new TestGroupCoordinator(new OffsetConfig(10, 1_000, 1_000));
  private final List<Question> questions = new ArrayList<>();
  private final ArrayDeque<Errors> answers = new ArrayDeque<>();
  private Runnable meanwhile = () -> {};
  private long counted;
  private final TxnOffsetCommitHandler handler =
      new TxnOffsetCommitHandler(
          groups,
          (question, deadlineMs) -> {
            assertThat(deadlineMs - System.currentTimeMillis()).isBetween(0L, (long) TIMEOUT_MS);
            questions.add(question);
            meanwhile.run();
            return Future.succeededFuture(answers.isEmpty() ? Errors.NONE : answers.poll());
          },
          Clock.SYSTEM,
          TIMEOUT_MS,
          amount -> counted += amount);

  private static TxnOffsetCommitRequestTopic topic(String name, int... partitions) {
    TxnOffsetCommitRequestTopic topic = new TxnOffsetCommitRequestTopic().setName(name);
    for (int partition : partitions) {
      topic
          .partitions()
          .add(
              new TxnOffsetCommitRequestPartition()
                  .setPartitionIndex(partition)
                  .setCommittedOffset(10 + partition)
                  .setCommittedMetadata(""));
    }
    return topic;
  }

  private static TxnOffsetCommitRequestData request(TxnOffsetCommitRequestTopic... topics) {
    return new TxnOffsetCommitRequestData()
        .setTransactionalId("id")
        .setGroupId("g")
        .setProducerId(7)
        .setProducerEpoch((short) 3)
        .setTopics(List.of(topics));
  }

  private List<String> commit(int version, TxnOffsetCommitRequestData request) {
    TxnOffsetCommitResponseData response = TestRequest.ask(handler, image, version, request);
    List<String> said = new ArrayList<>();
    for (TxnOffsetCommitResponseTopic topic : response.topics()) {
      topic
          .partitions()
          .forEach(
              p ->
                  said.add(
                      topic.name()
                          + " "
                          + p.partitionIndex()
                          + " "
                          + Errors.forCode(p.errorCode())));
    }
    return said;
  }

  private List<String> commit(int version) {
    return commit(version, request(topic("t", 0)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 5})
  void shouldCommitInTheTransaction(int version) {
    assertThat(commit(version, request(topic("t", 0, 1), topic("u", 0))))
        .containsExactly("t 0 NONE", "t 1 NONE", "u 0 NONE");
    assertThat(groups.shard.offsets().count()).isZero();

    groups.endTransaction(7, true);

    assertThat(groups.shard.offsets().count()).isEqualTo(3);
    assertThat(groups.shard.offsets().get("g", "t", 1).topicId())
        .isEqualTo(WireIds.uuid(TestImage.idOf("t")));
    assertThat(counted).isEqualTo(3);
  }

  @Test
  void shouldRefuseWhatDoesNotExistAndKeepTheRest() {
    assertThat(commit(5, request(topic("t", 0, 5), topic("nobody", 0))))
        .containsExactly(
            "t 0 NONE", "t 5 UNKNOWN_TOPIC_OR_PARTITION", "nobody 0 UNKNOWN_TOPIC_OR_PARTITION");
    assertThat(counted).isEqualTo(1);
  }

  @Test
  void shouldAskNobodyAboutWhatDoesNotExist() {
    assertThat(commit(5, request(topic("nobody", 0))))
        .containsExactly("nobody 0 UNKNOWN_TOPIC_OR_PARTITION");

    assertThat(questions).isEmpty();
  }

  @Test
  void shouldRefuseWhatNamesNoGroupOrProducer() {
    assertThat(commit(5, request(topic("t", 0)).setGroupId("")))
        .containsExactly("t 0 INVALID_GROUP_ID");
    assertThat(commit(5, request(topic("t", 0)).setProducerId(-1)))
        .containsExactly("t 0 INVALID_PRODUCER_ID_MAPPING");
    assertThat(commit(5, request(topic("t", 0)).setProducerEpoch((short) -1)))
        .containsExactly("t 0 INVALID_PRODUCER_EPOCH");
    assertThat(groups.records).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"3, false", "4, false", "5, true"})
  void shouldAskWhetherThePartitionOfTheGroupTakesPart(int version, boolean adds) {
    commit(version);

    TopicIdPartition partition =
        new TopicIdPartition(
            TestImage.idOf(CoordinatorTopic.OFFSETS),
            CoordinatorTopic.OFFSETS,
            CoordinatorRuntime.partitionFor("g", 50));
    assertThat(questions).containsExactly(new Question("id", 7, (short) 3, partition, adds));
  }

  @ParameterizedTest
  @CsvSource({
    "5, INVALID_TXN_STATE, INVALID_TXN_STATE",
    "5, PRODUCER_FENCED, INVALID_PRODUCER_EPOCH",
    "5, TRANSACTION_ABORTABLE, TRANSACTION_ABORTABLE",
    "4, TRANSACTION_ABORTABLE, TRANSACTION_ABORTABLE",
    "3, TRANSACTION_ABORTABLE, INVALID_TXN_STATE",
    "5, NETWORK_EXCEPTION, COORDINATOR_LOAD_IN_PROGRESS",
    "1, NETWORK_EXCEPTION, COORDINATOR_NOT_AVAILABLE",
    "5, CONCURRENT_TRANSACTIONS, CONCURRENT_TRANSACTIONS",
    "4, CONCURRENT_TRANSACTIONS, COORDINATOR_LOAD_IN_PROGRESS",
    "5, NOT_ENOUGH_REPLICAS, COORDINATOR_NOT_AVAILABLE"
  })
  void shouldSayWhatTheTransactionsCoordinatorSays(int version, Errors answer, Errors told) {
    answers.add(answer);

    assertThat(commit(version)).containsExactly("t 0 " + told);

    assertThat(groups.records).isEmpty();
    assertThat(questions).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"2, COORDINATOR_LOAD_IN_PROGRESS", "1, COORDINATOR_NOT_AVAILABLE"})
  void shouldSayTheShardsReasonAsTheClientKnowsIt(int version, Errors told) {
    groups.refusal = Errors.COORDINATOR_LOAD_IN_PROGRESS;

    assertThat(commit(version, request(topic("t", 0, 1))))
        .containsExactly("t 0 " + told, "t 1 " + told);
    assertThat(counted).isZero();
  }

  @Test
  void shouldWaitForAShardThatLoadsIfTheClientWouldNotComeAgain() {
    groups.refusal = Errors.COORDINATOR_LOAD_IN_PROGRESS;
    InlineLoop loop =
        new InlineLoop() {
          @Override
          public void schedule(long delayMs, Runnable task) {
            groups.refusal = Errors.NONE;
            task.run();
          }
        };

    TxnOffsetCommitResponseData response =
        new TestRequest(image, ApiKeys.TXN_OFFSET_COMMIT, 1)
            .on(loop)
            .send(handler, request(topic("t", 0)));

    assertThat(response.topics().get(0).partitions().get(0).errorCode())
        .isEqualTo(Errors.NONE.code());
  }

  @Test
  void shouldNotAddAPartitionForAGenerationThatIsOverWithoutSayingSo() {
    assertThat(commit(5, request(topic("t", 0)).setGenerationId(4)))
        .containsExactly("t 0 ILLEGAL_GENERATION");
  }

  @Test
  void shouldAskAgainWhenATransactionOfTheProducerEndedMeanwhile() {
    meanwhile =
        () -> {
          if (questions.size() == 1) {
            groups.endTransaction(7, false);
          }
        };

    assertThat(commit(3)).containsExactly("t 0 NONE");

    assertThat(questions).hasSize(2);
    assertThat(groups.records).hasSize(1);
  }

  @Test
  void shouldNotAskForEver() {
    meanwhile = () -> groups.endTransaction(7, false);

    assertThat(commit(3)).containsExactly("t 0 COORDINATOR_LOAD_IN_PROGRESS");

    assertThat(questions).hasSize(3);
    assertThat(groups.records).isEmpty();
  }

  @Test
  void shouldLeaveLateCommitsOfVersionTwoToTheLog() {
    meanwhile = () -> groups.endTransaction(7, true);

    assertThat(commit(5)).containsExactly("t 0 NONE");

    assertThat(questions).hasSize(1);
  }

  @Test
  void shouldBeNoCoordinatorWithoutTheTopic() {
    TxnOffsetCommitResponseData response =
        TestRequest.ask(handler, TestImage.ofOne().topic("t", 2), 5, request(topic("t", 0)));

    assertThat(response.topics().get(0).partitions().get(0).errorCode())
        .isEqualTo(Errors.NOT_COORDINATOR.code());
  }
}
