package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ProducerStateTableTest {
  private static final long PRODUCER = 7;
  private static final short EPOCH = 3;
  private static final SequenceCheck ACCEPT = SequenceCheck.Accept.INSTANCE;

  private final ProducerStateTable table = new ProducerStateTable();
  private long nextOffset = 100;

  private SequenceCheck check(int epoch, int baseSequence, int count) {
    return table.check(PRODUCER, (short) epoch, baseSequence, count);
  }

  /** Assigns a batch and leaves it pending; its timestamp is its base offset times 10. */
  private void assign(int epoch, int baseSequence, int count) {
    assertThat(check(epoch, baseSequence, count)).isEqualTo(ACCEPT);
    table.update(PRODUCER, (short) epoch, baseSequence, nextOffset, count - 1, nextOffset * 10);
    nextOffset += count;
  }

  private void append(int epoch, int baseSequence, int count) {
    assign(epoch, baseSequence, count);
    table.persistedTo(nextOffset);
  }

  private void assertRefused(SequenceCheck outcome, Errors error) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            SequenceCheck.Refused.class, refused -> assertThat(refused.error()).isEqualTo(error));
  }

  private static SequenceCheck duplicate(long baseOffset, long lastOffset) {
    return new SequenceCheck.Duplicate(baseOffset, lastOffset, baseOffset * 10);
  }

  @Test
  void shouldAcceptBatchesInSequence() {
    append(EPOCH, 0, 5);
    append(EPOCH, 5, 1);
    assertThat(check(EPOCH, 6, 10)).isEqualTo(ACCEPT);
  }

  @Test
  void shouldAcceptAnySequenceOfAnUnknownProducer() {
    append(EPOCH, 12, 5);
    assertThat(check(EPOCH, 17, 1)).isEqualTo(ACCEPT);
  }

  @Test
  void shouldRefuseAGap() {
    append(EPOCH, 0, 5);
    assertRefused(check(EPOCH, 6, 1), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  @Test
  void shouldAnswerADuplicateWithTheOriginalsOffsets() {
    append(EPOCH, 0, 5);
    append(EPOCH, 5, 2);
    assertThat(check(EPOCH, 0, 5)).isEqualTo(duplicate(100, 104));
    assertThat(check(EPOCH, 5, 2)).isEqualTo(duplicate(105, 106));
  }

  @Test
  void shouldRefuseABatchThatOverlapsAnOldOne() {
    append(EPOCH, 0, 5);
    assertRefused(check(EPOCH, 0, 4), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    assertRefused(check(EPOCH, 1, 4), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    assertRefused(check(EPOCH, 0, 6), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  @Test
  void shouldKnowTheLastFiveBatchesOnly() {
    for (int i = 0; i < 6; i++) {
      append(EPOCH, i, 1);
    }
    assertThat(check(EPOCH, 1, 1)).isEqualTo(duplicate(101, 101));
    assertThat(check(EPOCH, 5, 1)).isEqualTo(duplicate(105, 105));
    assertRefused(check(EPOCH, 0, 1), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  @Test
  void shouldKnowTheLastFiveBatchesOnlyWhileMoreArePending() {
    for (int i = 0; i < 8; i++) {
      assign(EPOCH, i, 1);
    }
    assertThat(check(EPOCH, 3, 1)).isEqualTo(duplicate(103, 103));
    assertRefused(check(EPOCH, 2, 1), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  @Test
  void shouldRefuseAnOlderEpoch() {
    append(EPOCH, 0, 1);
    assertRefused(check(EPOCH - 1, 1, 1), Errors.INVALID_PRODUCER_EPOCH);
    assertRefused(check(EPOCH - 1, 0, 1), Errors.INVALID_PRODUCER_EPOCH);
  }

  @Test
  void shouldStartANewEpochAtZero() {
    append(EPOCH, 0, 3);
    assertRefused(check(EPOCH + 1, 3, 1), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    append(EPOCH + 1, 0, 3);
    assertThat(check(EPOCH + 1, 3, 1)).isEqualTo(ACCEPT);
    assertRefused(check(EPOCH, 3, 1), Errors.INVALID_PRODUCER_EPOCH);
  }

  @Test
  void shouldNotTakeAnOldEpochsBatchForADuplicate() {
    append(EPOCH, 0, 3);
    assertThat(check(EPOCH + 1, 0, 3)).isEqualTo(ACCEPT);
  }

  @Test
  void shouldWrapSequenceNumbersToZero() {
    append(EPOCH, Integer.MAX_VALUE - 1, 2);
    append(EPOCH, 0, 1);
    assertThat(check(EPOCH, 1, 1)).isEqualTo(ACCEPT);
  }

  @Test
  void shouldWrapSequenceNumbersWithinABatch() {
    append(EPOCH, Integer.MAX_VALUE - 1, 5);
    assertThat(check(EPOCH, Integer.MAX_VALUE - 1, 5)).isEqualTo(duplicate(100, 104));
    assertThat(check(EPOCH, 3, 1)).isEqualTo(ACCEPT);
    assertRefused(check(EPOCH, 4, 1), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  @Test
  void shouldRefuseABatchWithoutSequenceOrEpoch() {
    assertRefused(check(EPOCH, -1, 1), Errors.INVALID_RECORD);
    assertRefused(check(-1, 0, 1), Errors.INVALID_RECORD);
  }

  @Test
  void shouldTakeAnythingFromTheLeader() {
    append(EPOCH, 0, 1);
    table.update(PRODUCER, (short) 1, 500, 200, 0, 1);
    assertThat(table.get(PRODUCER).epoch()).isEqualTo((short) 1);
    assertThat(check(1, 501, 1)).isEqualTo(ACCEPT);
  }

  @Test
  void shouldRefuseToNoteWhatNoBatchCanBe() {
    assertThatIllegalArgumentException().isThrownBy(() -> table.update(-1, EPOCH, 0, 0, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> table.update(1, EPOCH, -1, 0, 0, 0));
  }

  @Test
  void shouldAcceptAgainWhatWasUndone() {
    append(EPOCH, 0, 1);
    append(EPOCH, 1, 1);
    long failedFrom = nextOffset;
    assign(EPOCH, 2, 3);
    table.undoFrom(failedFrom);

    assertThat(check(EPOCH, 2, 3)).isEqualTo(ACCEPT);
    assertRefused(check(EPOCH, 5, 1), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    assertThat(check(EPOCH, 1, 1)).isEqualTo(duplicate(101, 101));
    assertThat(table.get(PRODUCER).lastTimestamp()).isEqualTo(1010);
  }

  @Test
  void shouldKnowWhereToGoOnWhenAllInFlightAreUndone() {
    for (int i = 0; i < 10; i++) {
      append(EPOCH, i, 1);
    }
    long failedFrom = nextOffset;
    for (int i = 10; i < 17; i++) {
      assign(EPOCH, i, 1);
    }
    table.undoFrom(failedFrom);

    assertThat(check(EPOCH, 10, 1)).isEqualTo(ACCEPT);
    assertThat(check(EPOCH, 9, 1)).isEqualTo(duplicate(109, 109));
    assertRefused(check(EPOCH, 11, 1), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  @Test
  void shouldUndoOnlyFromTheOffsetOn() {
    assign(EPOCH, 0, 2);
    assign(EPOCH, 2, 2);
    assign(EPOCH, 4, 2);
    table.undoFrom(104);
    assertThat(check(EPOCH, 4, 2)).isEqualTo(ACCEPT);
    assertThat(check(EPOCH, 2, 2)).isEqualTo(duplicate(102, 103));
  }

  @Test
  void shouldForgetAProducerOfWhichNothingIsLeft() {
    append(EPOCH, 0, 1);
    table.update(8, EPOCH, 40, nextOffset, 0, 1);
    table.undoFrom(nextOffset);
    assertThat(table.get(8)).isNull();
    assertThat(table.get(PRODUCER)).isNotNull();
    assertThat(table.size()).isEqualTo(1);
    assertThat(table.check(8, EPOCH, 40, 1)).isEqualTo(ACCEPT);
  }

  @Test
  void shouldKeepFencingTheOldEpochWhenTheNewOnesBatchIsUndone() {
    append(EPOCH, 0, 1);
    long failedFrom = nextOffset;
    assign(EPOCH + 1, 0, 1);
    table.undoFrom(failedFrom);

    assertThat(check(EPOCH + 1, 0, 1)).isEqualTo(ACCEPT);
    assertRefused(check(EPOCH + 1, 1, 1), Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    assertRefused(check(EPOCH, 1, 1), Errors.INVALID_PRODUCER_EPOCH);
  }

  @Test
  void shouldKeepARestoredProducerWhenItsNextBatchIsUndone() {
    table.restore(ProducerState.restored(PRODUCER, EPOCH, 9, 99, 4, 500));
    assign(EPOCH, 10, 1);
    table.undoFrom(100);
    assertThat(check(EPOCH, 10, 1)).isEqualTo(ACCEPT);
    assertThat(check(EPOCH, 5, 5)).isEqualTo(new SequenceCheck.Duplicate(95, 99, 500));
  }

  @Test
  void shouldHoldNoMoreThanFivePersistedBatches() {
    for (int i = 0; i < 100; i++) {
      append(EPOCH, i, 1);
    }
    assertThat(table.get(PRODUCER).batches()).isEqualTo(5);
    for (int i = 0; i < 100; i++) {
      table.replay(8, EPOCH, i, 1000 + i, 0, 1);
    }
    assertThat(table.get(8).batches()).isEqualTo(5);
  }

  @Test
  void shouldShrinkAgainWhenPendingBatchesArePersisted() {
    for (int i = 0; i < 50; i++) {
      assign(EPOCH, i, 1);
    }
    assertThat(table.get(PRODUCER).batches()).isEqualTo(50);
    table.persistedTo(nextOffset);
    assign(EPOCH, 50, 1);
    assertThat(table.get(PRODUCER).batches()).isEqualTo(5);
    assertThat(check(EPOCH, 47, 1)).isEqualTo(duplicate(147, 147));
  }

  @Test
  void shouldExpireIdleProducersButNotThoseInATransaction() {
    table.replay(1, EPOCH, 0, 0, 0, 1000);
    table.replay(2, EPOCH, 0, 1, 0, 2000);
    table.restore(ProducerState.restored(3, EPOCH, 0, 2, 0, 1000).withTransaction(1, 2));

    assertThat(table.removeExpired(1999, 1000)).isZero();
    assertThat(table.removeExpired(2000, 1000)).isEqualTo(1);
    assertThat(table.get(1)).isNull();
    assertThat(table.get(2)).isNotNull();
    assertThat(table.get(3)).isNotNull();
    assertThat(table.check(1, EPOCH, 55, 1)).isEqualTo(ACCEPT);
  }

  @Test
  void shouldForgetEverythingWhenCleared() {
    append(EPOCH, 0, 1);
    table.clear();
    assertThat(table.size()).isZero();
    assertThat(table.get(PRODUCER)).isNull();
  }

  @Test
  void shouldFindEachOfManyProducers() {
    for (int i = 0; i < 100_000; i++) {
      table.replay(i * 3L, EPOCH, i % 100, i, 0, i);
    }
    assertThat(table.size()).isEqualTo(100_000);
    int wrong = 0;
    for (int i = 0; i < 100_000; i++) {
      wrong += table.get(i * 3L).lastSequence() == i % 100 ? 0 : 1;
    }
    assertThat(wrong).isZero();
    assertThat(table.get(1)).isNull();
    assertThat(table.removeExpired(100_000, 50_001)).isEqualTo(50_000);
    Set<Long> left = new HashSet<>();
    table.forEach(state -> left.add(state.producerId));
    assertThat(left).hasSize(50_000).contains(50_000 * 3L).doesNotContain(49_999 * 3L);
    assertThat(table.get(99_999 * 3L)).isNotNull();
  }
}
