package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.transaction.Transaction;
import io.millrace.coordinator.transaction.TransactionState;
import java.util.List;
import org.junit.jupiter.api.Test;

class LocalTransactionsTest {
  private static final List<Transaction> ALL =
      List.of(
          TransactionSamplerTest.transaction("c", TransactionState.ONGOING, 1),
          TransactionSamplerTest.transaction("a", TransactionState.EMPTY, -1),
          TransactionSamplerTest.transaction("d", TransactionState.EMPTY, -1),
          TransactionSamplerTest.transaction("b", TransactionState.ONGOING, 1));

  private static List<String> ids(String after, TransactionState state, int limit) {
    return LocalTransactions.smallest(ALL, after, state, limit).stream()
        .map(Transaction::transactionalId)
        .sorted()
        .toList();
  }

  @Test
  void shouldTakeTheSmallestIds() {
    assertThat(ids(null, null, 2)).containsExactly("a", "b");
  }

  @Test
  void shouldGoOnAfterAnId() {
    assertThat(ids("b", null, 9)).containsExactly("c", "d");
  }

  @Test
  void shouldTakeThoseOfOneState() {
    assertThat(ids(null, TransactionState.ONGOING, 9)).containsExactly("b", "c");
  }
}
