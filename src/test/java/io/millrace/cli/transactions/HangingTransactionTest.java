package io.millrace.cli.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HangingTransactionTest {
  private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
  private static final long NOW_MS = 10_000_000;
  private static final long QUIET_MS = 900_000;
  private static final int TIMEOUT_MS = 60_000;

  private static OpenTransaction writtenBefore(long ms) {
    return new OpenTransaction(
        PARTITION,
        new ProducerState(7, 1, 0, NOW_MS - ms, OptionalInt.empty(), OptionalLong.of(42)));
  }

  private static TransactionDescription begunBefore(
      long ms, TransactionState state, int timeoutMs, Set<TopicPartition> partitions) {
    return new TransactionDescription(
        1, state, 7, 1, timeoutMs, OptionalLong.of(NOW_MS - ms), partitions);
  }

  private static List<HangingTransaction.Reason> reasons(
      OpenTransaction open, TransactionDescription known) {
    return HangingTransaction.among(
            List.of(open),
            known == null ? Map.of() : Map.of(7L, "id"),
            known == null ? Map.of() : Map.of("id", known),
            NOW_MS,
            QUIET_MS)
        .stream()
        .map(HangingTransaction::reason)
        .toList();
  }

  @Test
  void shouldFindWhatNoCoordinatorKnows() {
    assertThat(reasons(writtenBefore(QUIET_MS + 1), null))
        .containsExactly(HangingTransaction.Reason.UNKNOWN);
  }

  @Test
  void shouldWaitUntilAnUnknownOneIsQuiet() {
    assertThat(reasons(writtenBefore(QUIET_MS), null)).isEmpty();
  }

  @Test
  void shouldFindWhatIsNotPartOfTheTransactionThatTheCoordinatorKnows() {
    var known =
        begunBefore(
            1, TransactionState.ONGOING, TIMEOUT_MS, Set.of(new TopicPartition("orders", 1)));

    assertThat(reasons(writtenBefore(QUIET_MS + 1), known))
        .containsExactly(HangingTransaction.Reason.UNKNOWN);
  }

  @ParameterizedTest
  @EnumSource(names = {"EMPTY", "COMPLETE_COMMIT", "COMPLETE_ABORT"})
  void shouldFindWhatIsOverForTheCoordinator(TransactionState state) {
    var known = begunBefore(1, state, TIMEOUT_MS, Set.of(PARTITION));

    assertThat(reasons(writtenBefore(QUIET_MS + 1), known))
        .containsExactly(HangingTransaction.Reason.UNKNOWN);
  }

  @Test
  void shouldLeaveAnOngoingOneAloneUntilItIsOverItsTimeout() {
    long lastMs = TIMEOUT_MS + HangingTransaction.GRACE_MS;
    var partitions = Set.of(PARTITION);

    assertThat(
            reasons(
                writtenBefore(QUIET_MS + 1),
                begunBefore(lastMs, TransactionState.ONGOING, TIMEOUT_MS, partitions)))
        .isEmpty();
    assertThat(
            reasons(
                writtenBefore(0),
                begunBefore(lastMs + 1, TransactionState.ONGOING, TIMEOUT_MS, partitions)))
        .containsExactly(HangingTransaction.Reason.OVERDUE);
  }

  @Test
  void shouldFindADecidedOneWhoseEndDoesNotReachThePartition() {
    var known = begunBefore(NOW_MS, TransactionState.PREPARE_COMMIT, TIMEOUT_MS, Set.of(PARTITION));

    assertThat(reasons(writtenBefore(0), known)).containsExactly(HangingTransaction.Reason.OVERDUE);
  }

  @Test
  void shouldLeaveOneWithoutTimeoutAlone() {
    var known = begunBefore(NOW_MS, TransactionState.ONGOING, Integer.MAX_VALUE, Set.of(PARTITION));

    assertThat(reasons(writtenBefore(QUIET_MS + 1), known)).isEmpty();
  }
}
