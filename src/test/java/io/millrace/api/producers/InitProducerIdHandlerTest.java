package io.millrace.api.producers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.InlineLoop;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.coordinator.transaction.TestTransactionCoordinator;
import io.vertx.core.Future;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitProducerIdHandlerTest {
  private final FakeController controller = new FakeController();
  private final TestImage image = TestImage.ofOne();
  private final ProducerIdAllocator ids = new ProducerIdAllocator(new InlineLoop(), controller);
  private final TestTransactionCoordinator transactions =
      new TestTransactionCoordinator(TestImage.ofOne());
  private final InitProducerIdHandler handler = new InitProducerIdHandler(ids, transactions, false);

  private static InitProducerIdRequestData request() {
    return new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(1000);
  }

  private InitProducerIdResponseData ask(int version, InitProducerIdRequestData request) {
    return TestRequest.ask(handler, image, version, request);
  }

  private void grant() {
    controller.blocks = () -> Future.succeededFuture(new ProducerIdBlock(4000, 1000));
  }

  @Test
  void shouldServeTheStableVersionsOnly() {
    assertThat(handler.minVersion()).isZero();
    assertThat(handler.maxVersion()).isEqualTo((short) 5);
    assertThat(new InitProducerIdHandler(ids, transactions, true).maxVersion())
        .as("if the node is set so")
        .isEqualTo((short) 6);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "2", "3", "4", "5"})
  void shouldGiveAnIdWithEpoch0(int version) {
    grant();
    InitProducerIdResponseData response = ask(version, request());
    assertThat(response.errorCode()).isZero();
    assertThat(response.producerId()).isEqualTo(4000);
    assertThat(response.producerEpoch()).isZero();
  }

  @Test
  void shouldGiveANewIdToAProducerThatWantsToBumpItsEpoch() {
    grant();
    InitProducerIdResponseData response =
        ask(5, request().setProducerId(77).setProducerEpoch((short) 9));
    assertThat(response.producerId()).isEqualTo(4000);
    assertThat(response.producerEpoch()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"5,-1", "-1,3"})
  void shouldRefuseAnIdWithoutItsEpoch(long id, short epoch) {
    assertThat(ask(3, request().setProducerId(id).setProducerEpoch(epoch)).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldRefuseAnEmptyTransactionalId() {
    assertThat(ask(3, request().setTransactionalId("")).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldTakeAProducerIdForANewTransactionalIdOnly() {
    grant();
    InitProducerIdResponseData first = ask(5, request().setTransactionalId("tx"));
    InitProducerIdResponseData again = ask(5, request().setTransactionalId("tx"));

    assertThat(first.errorCode()).isZero();
    assertThat(first.producerId()).isEqualTo(4000);
    assertThat(first.producerEpoch()).isZero();
    assertThat(again.producerId()).isEqualTo(4000);
    assertThat(again.producerEpoch()).isEqualTo((short) 1);
    assertThat(ids.next().result()).isEqualTo(4001);
  }

  @Test
  void shouldLetProducersComeAgainWhenThereIsNoController() {
    InitProducerIdResponseData response = ask(5, request());
    assertThat(response.errorCode()).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
    assertThat(response.producerEpoch()).isEqualTo((short) -1);
  }

  @Test
  void shouldBeginNoTransactionsWhileANodeDoesNotKnowThem() {
    grant();
    TestImage mixed = TestImage.ofOne().broker(2, "b2", 9092);
    InitProducerIdResponseData refused =
        TestRequest.ask(handler, mixed, 5, request().setTransactionalId("tx"));
    assertThat(refused.errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
    assertThat(transactions.shard.get("tx")).isNull();
    InitProducerIdResponseData plain = TestRequest.ask(handler, mixed, 5, request());
    assertThat(plain.errorCode()).as("of an idempotent producer").isZero();
  }
}
