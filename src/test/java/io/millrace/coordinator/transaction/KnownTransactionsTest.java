package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TopicPartition;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownTransactionsTest {
  private static final TopicPartition P = new TopicPartition("t", 0);
  private static final TakingPart ASKED = new TakingPart(7, P);

  private static Transaction of(
      long producerId, TransactionState state, int timeoutMs, TopicPartition partition) {
    return new Transaction(
        "id",
        producerId,
        -1,
        -1,
        (short) 3,
        (short) 2,
        (short) -1,
        timeoutMs,
        state,
        Set.of(partition),
        1_000,
        1_000,
        (short) 0);
  }

  private static Set<TakingPart> known(Transaction transaction) {
    return KnownTransactions.among(List.of(ASKED), List.of(transaction));
  }

  @Test
  void shouldKnowWhatIsNotOver() {
    assertThat(known(of(7, TransactionState.ONGOING, 60_000, P))).containsExactly(ASKED);
    assertThat(known(of(7, TransactionState.PREPARE_COMMIT, 60_000, P))).containsExactly(ASKED);
    assertThat(known(of(7, TransactionState.PREPARE_ABORT, 60_000, P))).containsExactly(ASKED);
    assertThat(known(of(7, TransactionState.PREPARE_EPOCH_FENCE, 60_000, P)))
        .containsExactly(ASKED);
  }

  @Test
  void shouldNotKnowWhatIsOver() {
    assertThat(known(of(7, TransactionState.EMPTY, 60_000, P))).isEmpty();
    assertThat(known(of(7, TransactionState.COMPLETE_COMMIT, 60_000, P))).isEmpty();
    assertThat(known(of(7, TransactionState.COMPLETE_ABORT, 60_000, P))).isEmpty();
  }

  @Test
  void shouldNotTakeAnothersForIt() {
    TopicPartition other = new TopicPartition("t", 1);

    assertThat(known(of(8, TransactionState.ONGOING, 60_000, P))).isEmpty();
    assertThat(known(of(7, TransactionState.ONGOING, 60_000, other))).isEmpty();
  }

  @Test
  void shouldProtectEverythingOfAProducerWhoseTransactionMayStayPrepared() {
    TopicPartition other = new TopicPartition("t", 1);

    assertThat(known(of(7, TransactionState.ONGOING, Transaction.NO_TIMEOUT, other)))
        .containsExactly(ASKED);
  }

  @Test
  void shouldKnowATransactionThatWasHandedOverToAnotherProducerId() {
    Transaction handedOver =
        of(7, TransactionState.ONGOING, Transaction.NO_TIMEOUT, P).handedOver(9, (short) 0, 2_000);

    assertThat(known(handedOver)).containsExactly(ASKED);
  }
}
