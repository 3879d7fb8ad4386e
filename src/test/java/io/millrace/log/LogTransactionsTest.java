package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TransactionMarker;
import io.millrace.record.BatchBuilder;
import io.millrace.record.ControlBatch;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTransactionsTest {
  @TempDir Path path;
  private LogFixture fixture;

  @BeforeEach
  void open() {
    fixture = new LogFixture(path.resolve("log")).open();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private long append(long producerId, int epoch, int sequence) {
    return fixture.append(batch(producerId, epoch, sequence, true));
  }

  private ByteBuffer batch(long producerId, int epoch, int sequence, boolean transactional) {
    BatchBuilder builder = new BatchBuilder();
    if (transactional) {
      builder.transactional();
    }
    return LogFixture.direct(
        builder
            .producer(producerId, (short) epoch, sequence)
            .append(fixture.clock.wallMs, null, new byte[10])
            .build());
  }

  private AppendOutcome tryEnd(long producerId, int epoch, boolean commits, int by, int version) {
    TransactionMarker marker =
        new TransactionMarker(producerId, (short) epoch, commits, by, version);
    AppendOutcome outcome =
        fixture.log.assignOwn(
            ControlBatch.of(marker, fixture.clock.wallMs),
            0,
            version,
            fixture.clock.wallMs,
            () -> {});
    fixture.log.write();
    return outcome;
  }

  private void end(long producerId, int epoch, boolean commits) {
    AppendOutcome.Assigned assigned =
        (AppendOutcome.Assigned) tryEnd(producerId, epoch, commits, 1, 0);
    fixture.loop.await(() -> fixture.log.logEndOffset() > assigned.lastOffset());
  }

  private long stable() {
    return fixture.log.lastStableOffset(fixture.log.logEndOffset());
  }

  private static Errors refusal(AppendOutcome outcome) {
    return ((AppendOutcome.Refused) outcome).error();
  }

  @Test
  void shouldHoldTheStableOffsetAtTheFirstOpenTransaction() {
    append(1, 0, 0);
    append(2, 0, 0);
    append(1, 0, 1);
    assertThat(stable()).isZero();
    end(1, 0, true);
    assertThat(stable()).isEqualTo(1);
    end(2, 0, false);
    assertThat(stable()).isEqualTo(5);
  }

  @Test
  void shouldHoldItUntilTheMarkerIsCommitted() {
    append(1, 0, 0);
    end(1, 0, true);
    assertThat(fixture.log.lastStableOffset(1)).isZero();
    assertThat(fixture.log.lastStableOffset(2)).isEqualTo(2);
  }

  @Test
  void shouldNameAbortedTransactionsOnly() {
    append(1, 0, 0);
    append(2, 0, 0);
    end(1, 0, false);
    end(2, 0, true);
    append(1, 0, 1);
    end(1, 0, false);
    assertThat(fixture.log.abortedTransactions(0, stable()))
        .containsExactly(new AbortedTransaction(1, 0), new AbortedTransaction(1, 4));
    assertThat(fixture.log.abortedTransactions(3, stable()))
        .containsExactly(new AbortedTransaction(1, 4));
    assertThat(fixture.log.abortedTransactions(0, 4)).containsExactly(new AbortedTransaction(1, 0));
  }

  @Test
  void shouldRefuseABatchOutsideOfTheTransaction() {
    append(1, 0, 0);
    assertThat(refusal(fixture.assign(batch(1, 0, 1, false)))).isEqualTo(Errors.INVALID_TXN_STATE);
  }

  @Test
  void shouldRefuseAMarkerOfAnOldEpoch() {
    append(1, 5, 0);
    assertThat(refusal(tryEnd(1, 4, false, 1, 0))).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
  }

  @Test
  void shouldRefuseAMarkerOfTheTransactionsOwnEpochFromVersion2On() {
    append(1, 5, 0);
    assertThat(refusal(tryEnd(1, 5, false, 1, 2))).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(tryEnd(1, 6, false, 1, 2)).isInstanceOf(AppendOutcome.Assigned.class);
    assertThat(tryEnd(1, 6, false, 1, 2)).isInstanceOf(AppendOutcome.Assigned.class);
  }

  @Test
  void shouldRefuseAMarkerOfAnOldCoordinator() {
    append(1, 0, 0);
    tryEnd(1, 0, true, 7, 0);
    assertThat(refusal(tryEnd(1, 0, true, 6, 0))).isEqualTo(Errors.TRANSACTION_COORDINATOR_FENCED);
  }

  @Test
  void shouldStartAtSequence0AfterAMarkerOfANewEpoch() {
    append(1, 0, 0);
    tryEnd(1, 1, true, 1, 2);
    assertThat(refusal(fixture.assign(batch(1, 0, 1, true))))
        .isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    assertThat(refusal(fixture.assign(batch(1, 1, 1, true))))
        .isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    append(1, 1, 0);
  }

  @Test
  void shouldTakeACoordinatorsBatchesWithoutSequence() {
    append(1, 0, -1);
    append(1, 0, -1);
    assertThat(stable()).isZero();
    end(1, 0, true);
    assertThat(stable()).isEqualTo(3);
  }

  @Test
  void shouldBeTheSameAfterARestartAndACrash() throws Exception {
    fixture.close();
    fixture.config = fixture.config.with().segmentBytes(300).build();
    fixture.open();
    for (int i = 0; i < 10; i++) {
      append(1, 0, i);
      append(2, i, 0);
      end(2, i, i % 2 == 0);
    }
    var aborted = fixture.log.abortedTransactions(0, Long.MAX_VALUE);
    var producers = fixture.log.activeProducers();
    assertThat(aborted).hasSize(5);
    try (LogFixture after = fixture.crashed(path.resolve("crashed")).open()) {
      assertThat(after.log.abortedTransactions(0, Long.MAX_VALUE)).isEqualTo(aborted);
      assertThat(after.log.activeProducers()).containsExactlyInAnyOrderElementsOf(producers);
      assertThat(after.log.lastStableOffset(30)).isZero();
    }
    fixture.restart();
    assertThat(fixture.log.abortedTransactions(0, Long.MAX_VALUE)).isEqualTo(aborted);
    assertThat(fixture.log.activeProducers()).containsExactlyInAnyOrderElementsOf(producers);
    assertThat(stable()).isZero();
  }

  @Test
  void shouldOpenATransactionAgainWhoseMarkerIsCutOff() {
    append(1, 0, 0);
    append(2, 0, 0);
    end(1, 0, false);
    end(2, 0, false);
    fixture.loop.await(fixture.log.truncateTo(3));
    assertThat(stable()).isEqualTo(1);
    assertThat(fixture.log.abortedTransactions(0, 10))
        .containsExactly(new AbortedTransaction(1, 0));
    fixture.loop.await(fixture.log.truncateTo(2));
    assertThat(stable()).isZero();
    assertThat(fixture.log.abortedTransactions(0, 10)).isEmpty();
  }

  @Test
  void shouldNameWithARecordOnlyWhatIsAbortedThere() throws Exception {
    for (int i = 0; i < 20; i++) {
      append(1, 0, i);
      end(1, 0, false);
    }
    ReadResult.Data tail = (ReadResult.Data) fixture.read(4, 1);
    tail.slice().release();
    assertThat(tail.endOffset()).isEqualTo(5);
    assertThat(fixture.log.abortedTransactions(4, tail.endOffset())).hasSize(1);
  }
}
