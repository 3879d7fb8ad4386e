package io.millrace.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TransactionOutcomesTest {
  private final TransactionOutcomes outcomes = new TransactionOutcomes();

  @Test
  void shouldKnowTheBatchesOfAnAbortedTransaction() {
    outcomes.onBatch(1, 10);
    outcomes.onBatch(1, 20);
    outcomes.onMarker(1, 30, false);
    outcomes.onBatch(1, 40);
    outcomes.onMarker(1, 50, true);
    assertThat(outcomes.isAborted(1, 10)).isTrue();
    assertThat(outcomes.isAborted(1, 20)).isTrue();
    assertThat(outcomes.isAborted(1, 40)).isFalse();
    assertThat(outcomes.isAborted(1, 9)).isFalse();
  }

  @Test
  void shouldTellProducersApart() {
    outcomes.onBatch(1, 10);
    outcomes.onBatch(2, 11);
    outcomes.onMarker(2, 12, false);
    outcomes.onMarker(1, 13, true);
    assertThat(outcomes.isAborted(1, 10)).isFalse();
    assertThat(outcomes.isAborted(2, 11)).isTrue();
  }

  @Test
  void shouldKnowWhatIsUndecided() {
    assertThat(outcomes.undecidedFrom()).isEqualTo(Long.MAX_VALUE);
    outcomes.onBatch(1, 10);
    outcomes.onBatch(2, 11);
    outcomes.onMarker(1, 12, true);
    assertThat(outcomes.undecidedFrom()).isEqualTo(11);
  }

  @Test
  void shouldIgnoreAMarkerWithoutATransaction() {
    outcomes.onMarker(1, 5, false);
    assertThat(outcomes.isAborted(1, 4)).isFalse();
  }
}
