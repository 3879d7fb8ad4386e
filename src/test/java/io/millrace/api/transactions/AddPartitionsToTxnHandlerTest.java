package io.millrace.api.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.coordinator.transaction.TestTransactionCoordinator;
import java.util.List;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** A broker asks for several transactions at once, of which one is slow. */
class AddPartitionsToTxnHandlerTest {
  private final TestImage image = TestImage.ofOne().topic("t", 1);
  private final SlowCoordinator coordinator =
      new SlowCoordinator(new TestTransactionCoordinator(image));
  private final TimedLoop loop = new TimedLoop();

  private TestRequest ask(String... ids) {
    AddPartitionsToTxnRequestData request = new AddPartitionsToTxnRequestData();
    for (String id : ids) {
      AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
      topics.add(new AddPartitionsToTxnTopic().setName("t").setPartitions(List.of(0)));
      request
          .transactions()
          .add(new AddPartitionsToTxnTransaction().setTransactionalId(id).setTopics(topics));
    }
    return new TestRequest(image, ApiKeys.ADD_PARTITIONS_TO_TXN, 5)
        .on(loop)
        .begin(new AddPartitionsToTxnHandler(coordinator), request);
  }

  private static Errors of(AddPartitionsToTxnResponseData answer, String id) {
    return Errors.forCode(
        answer
            .resultsByTransaction()
            .find(id)
            .topicResults()
            .find("t")
            .resultsByPartition()
            .find(0)
            .partitionErrorCode());
  }

  @Test
  void shouldAnswerForTheOthersWhenOneIsLate() {
    coordinator.silent.add("slow");
    TestRequest request = ask("slow", "quick");
    assertThat(request.isAnswered()).isFalse();
    assertThat(loop.delays).containsExactly(500L);

    loop.pass();

    AddPartitionsToTxnResponseData answer = request.await();
    assertThat(of(answer, "slow")).isEqualTo(Errors.REQUEST_TIMED_OUT);
    assertThat(of(answer, "quick")).isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
  }

  @Test
  void shouldAnswerAtOnceWhenNobodyIsLate() {
    assertThat(ask("quick").isAnswered()).isTrue();
    assertThat(loop.delays).isEmpty();
  }
}
