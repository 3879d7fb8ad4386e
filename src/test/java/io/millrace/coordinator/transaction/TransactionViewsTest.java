package io.millrace.coordinator.transaction;

import static io.millrace.coordinator.transaction.TransactionFixture.initRequest;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransactionViewsTest {
  private final TransactionFixture shard = new TransactionFixture();
  private long startMs;

  @BeforeEach
  void begin() {
    shard.init();
    shard.add(1, 0, "t-1", "t-0", "u-2");
    startMs = shard.nowMs;
    shard.init(initRequest().setTransactionalId("idle"), (short) 6);
    shard.advance(10_000);
  }

  private DescribeTransactionsResponseData.TransactionState describe(String id) {
    return shard
        .<DescribeTransactionsResponseData.TransactionState>ask(
            reply -> shard.shard.describe(id, reply))
        .value();
  }

  private ListTransactionsResponseData list(ListTransactionsRequestData request) {
    return shard
        .<ListTransactionsResponseData>ask(reply -> shard.shard.list(request, reply))
        .value();
  }

  private String ids(ListTransactionsRequestData request) {
    return list(request).transactionStates().stream()
        .map(ListTransactionsResponseData.TransactionState::transactionalId)
        .sorted()
        .collect(Collectors.joining(" "));
  }

  @Test
  void shouldDescribeATransaction() {
    DescribeTransactionsResponseData.TransactionState described = describe("id");
    assertThat(described.errorCode()).isZero();
    assertThat(described.transactionState()).isEqualTo("Ongoing");
    assertThat(described.producerId()).isEqualTo(1);
    assertThat(described.producerEpoch()).isZero();
    assertThat(described.transactionTimeoutMs()).isEqualTo(60_000);
    assertThat(described.transactionStartTimeMs()).isEqualTo(startMs);
    assertThat(described.topics().find("t").partitions()).containsExactly(0, 1);
    assertThat(described.topics().find("u").partitions()).containsExactly(2);
  }

  @Test
  void shouldSayThatAnIdIsNotKnown() {
    assertThat(describe("other").errorCode()).isEqualTo(Errors.TRANSACTIONAL_ID_NOT_FOUND.code());
    assertThat(describe("other").transactionalId()).isEqualTo("other");
    assertThat(describe("").errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldListAll() {
    assertThat(ids(new ListTransactionsRequestData())).isEqualTo("id idle");
    ListTransactionsResponseData.TransactionState one =
        list(new ListTransactionsRequestData().setProducerIdFilters(List.of(1L)))
            .transactionStates()
            .get(0);
    assertThat(one.transactionState()).isEqualTo("Ongoing");
    assertThat(one.producerId()).isEqualTo(1);
  }

  @Test
  void shouldListThoseInAState() {
    assertThat(ids(new ListTransactionsRequestData().setStateFilters(List.of("Ongoing"))))
        .isEqualTo("id");
    ListTransactionsResponseData some =
        list(new ListTransactionsRequestData().setStateFilters(List.of("Empty", "Odd")));
    assertThat(some.unknownStateFilters()).containsExactly("Odd");
    assertThat(some.transactionStates()).hasSize(1);
  }

  @Test
  void shouldListNothingIfNoStateIsKnown() {
    assertThat(ids(new ListTransactionsRequestData().setStateFilters(List.of("Odd")))).isEmpty();
  }

  @Test
  void shouldListThoseOfProducers() {
    assertThat(ids(new ListTransactionsRequestData().setProducerIdFilters(List.of(2L, 3L))))
        .isEqualTo("idle");
  }

  @Test
  void shouldListThoseThatAreOpenForLongerThanADuration() {
    ListTransactionsRequestData ongoing =
        new ListTransactionsRequestData().setStateFilters(List.of("Ongoing"));
    assertThat(ids(ongoing.setDurationFilter(9_999))).isEqualTo("id");
    assertThat(ids(ongoing.setDurationFilter(10_000))).isEmpty();
  }

  @Test
  void shouldListThoseThatMatchAPattern() {
    assertThat(ids(new ListTransactionsRequestData().setTransactionalIdPattern("id.+")))
        .isEqualTo("idle");
    assertThat(ids(new ListTransactionsRequestData().setTransactionalIdPattern("")))
        .isEqualTo("id idle");
  }

  @Test
  void shouldRefuseAPatternThatIsNone() {
    for (String pattern : List.of("(", "x".repeat(1_025))) {
      assertThat(
              list(new ListTransactionsRequestData().setTransactionalIdPattern(pattern))
                  .errorCode())
          .isEqualTo(Errors.INVALID_REGULAR_EXPRESSION.code());
    }
  }
}
