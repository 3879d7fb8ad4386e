package io.millrace.coordinator.transaction;

import static io.millrace.coordinator.transaction.TransactionFixture.ID;
import static io.millrace.coordinator.transaction.TransactionFixture.addRequest;
import static io.millrace.coordinator.transaction.TransactionFixture.added;
import static io.millrace.coordinator.transaction.TransactionFixture.begun;
import static io.millrace.coordinator.transaction.TransactionFixture.ended;
import static io.millrace.coordinator.transaction.TransactionFixture.initRequest;
import static io.millrace.coordinator.transaction.TransactionFixture.partitions;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Markers, timeouts, waiting and failover. */
class EndingsTest {
  private final TransactionFixture shard = new TransactionFixture();

  @BeforeEach
  void begin() {
    shard.init();
  }

  // ---- markers

  @Test
  void shouldCompleteWhenTheLastPartitionIsDone() {
    shard.add(1, 0, "t-0", "t-1");
    shard.commit(1, 0);
    TransactionMarker marker = shard.marker();
    assertThat(shard.report(ID, marker, partitions("t-0")).value()).isEqualTo(Errors.NONE);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_COMMIT);
    shard.report(ID, marker, partitions("t-1"));
    assertThat(shard.state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
    assertThat(shard.transaction().partitions()).isEmpty();
  }

  @Test
  void shouldIgnoreReportsOfATransactionThatIsOver() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    TransactionMarker old = shard.marker();
    shard.written(ID);
    shard.add(1, 1, "t-0");
    shard.commit(1, 1);
    assertThat(shard.report(ID, old, partitions("t-0")).value()).isEqualTo(Errors.NONE);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_COMMIT);
    assertThat(shard.report("other", old, partitions("t-0")).value()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldSendTheCoordinatorsEpochWithTheMarkers() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    assertThat(shard.marker().coordinatorEpoch()).isEqualTo(7);
  }

  @Test
  void shouldOrderTheMarkersLaterIfTheCommitOfTheDecisionTakesLong() {
    shard.add(1, 0, "t-0");
    shard.holdCommits();
    Awaited<EndTxnResponseData> end = shard.commit(1, 0);
    shard.timeOutCommits();
    assertThat(ended(end)).isEqualTo("failed COORDINATOR_NOT_AVAILABLE");
    shard.advance(1_000);
    assertThat(shard.ordered).isEmpty();
    shard.commit();
    assertThat(shard.ordered).containsKey(ID);
  }

  @Test
  void shouldCompleteLaterIfTheLogRefusesTheRecord() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    Awaited<AddPartitionsToTxnResult> next = shard.add(1, 1, "t-0");
    shard.refuseNext(Errors.COORDINATOR_NOT_AVAILABLE);
    shard.written(ID);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_COMMIT);
    assertThat(added(next)).isEqualTo("failed COORDINATOR_NOT_AVAILABLE");
    shard.advance(1_000);
    assertThat(shard.state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
    assertThat(shard.orders).isEqualTo(1);
  }

  // ---- failover

  @Test
  void shouldGoOnWithWhatWasDecidedBeforeAFailover() {
    shard.add(1, 0, "t-0", "t-1");
    shard.commit(1, 0);
    shard.report(ID, shard.marker(), partitions("t-0"));
    shard.failOver();
    assertThat(shard.ordered).isEmpty();
    shard.advance(0);
    assertThat(shard.ordered.get(ID).partitions()).isEqualTo(partitions("t-0", "t-1"));
    assertThat(shard.marker())
        .isEqualTo(new TransactionMarker(1, (short) 1, true, shard.coordinatorEpoch, 2));
    shard.written(ID);
    assertThat(shard.state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
  }

  @Test
  void shouldForgetADecisionThatWasNotCommitted() {
    shard.add(1, 0, "t-0");
    shard.holdCommits();
    Awaited<EndTxnResponseData> end = shard.commit(1, 0);
    shard.failOver();
    shard.commit();
    assertThat(ended(end)).isEqualTo("failed NOT_COORDINATOR");
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    assertThat(ended(shard.abort(1, 0))).isEqualTo("1 1");
  }

  @Test
  void shouldAbortWhatWasBeingFencedIfALogSaysSo() {
    shard.add(1, 0, "t-0");
    Transaction ongoing = shard.transaction();
    CoordinatorRecord record = TransactionRecords.of(ongoing, 2);
    ((org.apache.kafka.coordinator.transaction.generated.TransactionLogValue) record.value())
        .setTransactionStatus(TransactionState.PREPARE_EPOCH_FENCE.id());
    shard.log.set(shard.log.size() - 1, record);
    shard.failOver();
    shard.advance(0);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_ABORT);
    assertThat(shard.marker().producerEpoch()).isEqualTo((short) 1);
  }

  @Test
  void shouldFailWhatWaitsWhenTheShardEnds() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    Awaited<AddPartitionsToTxnResult> next = shard.add(1, 1, "t-0");
    Awaited<InitProducerIdResponseData> other = shard.init();
    shard.failOver();
    assertThat(added(next)).isEqualTo("failed NOT_COORDINATOR");
    assertThat(begun(other)).isEqualTo("failed NOT_COORDINATOR");
  }

  // ---- timeouts

  @Test
  void shouldAbortATransactionThatOutlivesItsTimeout() {
    shard.add(1, 0, "t-0");
    shard.advance(TransactionFixture.TIMEOUT_MS - 1);
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    shard.advance(1);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_ABORT);
    assertThat(shard.marker()).isEqualTo(new TransactionMarker(1, (short) 1, false, 7, 2));
    assertThat(ended(shard.commit(1, 0))).isEqualTo("INVALID_TXN_STATE");
    assertThat(ended(shard.abort(1, 0))).isEqualTo("1 1");
  }

  @Test
  void shouldFenceAProducerOfVersionOneThatTimedOut() {
    shard.transactionVersion = 1;
    shard.add(3, addRequest(1, 0, false, "t-0"));
    shard.advance(TransactionFixture.TIMEOUT_MS);
    shard.written(ID);
    assertThat(ended(shard.end(4, 1, 0, true))).isEqualTo("PRODUCER_FENCED");
    assertThat(begun(shard.init(1, 0))).isEqualTo("PRODUCER_FENCED");
    assertThat(begun(shard.init())).isEqualTo("1 2");
  }

  @Test
  void shouldCountTheTimeoutFromTheStartOfEachTransaction() {
    shard.add(1, 0, "t-0");
    shard.advance(50_000);
    shard.commit(1, 0);
    shard.written(ID);
    shard.add(1, 1, "t-0");
    shard.advance(59_999);
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    shard.advance(1);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_ABORT);
  }

  @Test
  void shouldAbortWhatTimedOutDuringAFailover() {
    shard.add(1, 0, "t-0");
    shard.nowMs += TransactionFixture.TIMEOUT_MS;
    shard.failOver();
    shard.advance(0);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_ABORT);
  }

  @Test
  void shouldTryToAbortAgainIfTheLogRefuses() {
    shard.add(1, 0, "t-0");
    shard.refuseNext(Errors.COORDINATOR_NOT_AVAILABLE);
    shard.advance(TransactionFixture.TIMEOUT_MS);
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    shard.advance(1_000);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_ABORT);
  }

  @Test
  void shouldNeverAbortAPreparedTransactionOfTwoPhaseCommit() {
    shard.init(initRequest().setEnable2Pc(true), (short) 6);
    shard.add(1, 1, "t-0");
    shard.advance(Integer.MAX_VALUE);
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
  }

  // ---- waiting

  @Test
  void shouldNotLetAProducerWaitForLong() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    Awaited<AddPartitionsToTxnResult> first = shard.add(1, 1, "t-0");
    shard.advance(400);
    Awaited<AddPartitionsToTxnResult> second = shard.add(1, 1, "t-0");
    shard.advance(600);
    assertThat(added(first)).isEqualTo("CONCURRENT_TRANSACTIONS");
    assertThat(added(second)).isEqualTo("waits");
    shard.advance(400);
    assertThat(added(second)).isEqualTo("CONCURRENT_TRANSACTIONS");
    shard.written(ID);
    assertThat(added(shard.add(1, 1, "t-0"))).isEqualTo("NONE");
  }

  @Test
  void shouldLetOnlySoManyWait() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    List<Awaited<AddPartitionsToTxnResult>> waiting = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      waiting.add(shard.add(1, 1, "t-" + i));
    }
    assertThat(added(shard.add(1, 1, "t-99"))).isEqualTo("CONCURRENT_TRANSACTIONS");
    shard.written(ID);
    assertThat(waiting).allSatisfy(one -> assertThat(added(one)).isEqualTo("NONE"));
    assertThat(shard.transaction().partitions()).hasSize(32);
  }

  @Test
  void shouldNotWaitAtAllIfItIsSetSo() {
    TransactionFixture impatient =
        new TransactionFixture(new TransactionConfig(900_000, 604_800_000, 3_600_000, true, 0, 32));
    impatient.init();
    impatient.add(1, 0, "t-0");
    impatient.commit(1, 0);
    assertThat(added(impatient.add(1, 1, "t-0"))).isEqualTo("CONCURRENT_TRANSACTIONS");
    assertThat(begun(impatient.init())).isEqualTo("CONCURRENT_TRANSACTIONS");
  }

  @Test
  void shouldRefuseAZombieWithoutLettingItWait() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    assertThat(added(shard.add(1, 0, "t-0"))).isEqualTo("PRODUCER_FENCED");
  }

  // ---- expiry

  @Test
  void shouldForgetAnIdThatNobodyHasUsedForLong() {
    shard.advance(604_800_000 + 3_600_000);
    assertThat(shard.transaction()).isNull();
    assertThat(shard.log.get(shard.log.size() - 1).value()).isNull();
    assertThat(ended(shard.abort(1, 0))).isEqualTo("INVALID_PRODUCER_ID_MAPPING");
  }

  @Test
  void shouldKeepAnIdThatHasAnOpenTransaction() {
    shard.init(initRequest().setEnable2Pc(true), (short) 6);
    shard.add(1, 1, "t-0");
    shard.advance(2 * 604_800_000L);
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    shard.commit(1, 1);
    shard.advance(2 * 604_800_000L);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_COMMIT);
    shard.written(ID);
    shard.advance(2 * 604_800_000L);
    assertThat(shard.transaction()).isNull();
  }

  // ---- two-phase commit (KIP-939)

  private Awaited<InitProducerIdResponseData> takeOver() {
    return shard.init(initRequest().setEnable2Pc(true).setKeepPreparedTxn(true), (short) 6);
  }

  @Test
  void shouldHandOverAPreparedTransaction() {
    shard.add(1, 0, "t-0");
    InitProducerIdResponseData taken = takeOver().value();
    assertThat(taken.producerId()).isEqualTo(1);
    assertThat(taken.producerEpoch()).isEqualTo((short) 1);
    assertThat(taken.ongoingTxnProducerId()).isEqualTo(1);
    assertThat(taken.ongoingTxnProducerEpoch()).isZero();
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    assertThat(ended(shard.commit(1, 0))).isEqualTo("PRODUCER_FENCED");
    assertThat(added(shard.add(1, 0, "t-1"))).isEqualTo("PRODUCER_FENCED");
    assertThat(added(shard.add(1, 1, "t-1"))).isEqualTo("INVALID_TXN_STATE");
    assertThat(ended(shard.commit(1, 1))).isEqualTo("1 2");
    assertThat(shard.marker().producerEpoch()).isEqualTo((short) 2);
    shard.written(ID);
    assertThat(added(shard.add(1, 2, "t-1"))).isEqualTo("NONE");
  }

  @Test
  void shouldHandOverAgainAfterAFailover() {
    shard.add(1, 0, "t-0");
    takeOver();
    shard.failOver();
    InitProducerIdResponseData taken = takeOver().value();
    assertThat(taken.producerEpoch()).isEqualTo((short) 2);
    assertThat(taken.ongoingTxnProducerEpoch()).isZero();
    assertThat(ended(shard.abort(1, 1))).isEqualTo("PRODUCER_FENCED");
    assertThat(ended(shard.abort(1, 2))).isEqualTo("1 3");
    assertThat(ended(shard.abort(1, 2))).isEqualTo("1 3");
  }

  @Test
  void shouldHandOverUnderANewProducerIdWhenTheEpochsAreExhausted() {
    shard.setEpoch(Short.MAX_VALUE - 1);
    shard.add(1, Short.MAX_VALUE - 1, "t-0");
    InitProducerIdResponseData taken = takeOver().value();
    assertThat(taken.producerId()).isEqualTo(2);
    assertThat(taken.producerEpoch()).isZero();
    assertThat(taken.ongoingTxnProducerId()).isEqualTo(1);
    assertThat(ended(shard.commit(2, 0))).isEqualTo("2 1");
    assertThat(shard.marker().producerId()).isEqualTo(1);
    assertThat(shard.marker().producerEpoch()).isEqualTo(Short.MAX_VALUE);
    assertThat(ended(shard.commit(2, 0))).isEqualTo("2 1");
    shard.written(ID);
    assertThat(ended(shard.commit(2, 0))).isEqualTo("2 1");
    assertThat(added(shard.add(2, 1, "t-0"))).isEqualTo("NONE");
  }

  @Test
  void shouldBeginAsUsualIfThereIsNothingToHandOver() {
    InitProducerIdResponseData taken = takeOver().value();
    assertThat(taken.producerEpoch()).isEqualTo((short) 1);
    assertThat(taken.ongoingTxnProducerId()).isEqualTo(-1);
    assertThat(taken.ongoingTxnProducerEpoch()).isEqualTo((short) -1);
  }

  @Test
  void shouldAbortWhatWasHandedOverIfTheNextDoesNotKeepIt() {
    shard.add(1, 0, "t-0");
    takeOver();
    Awaited<InitProducerIdResponseData> next = shard.init();
    assertThat(shard.marker()).isEqualTo(new TransactionMarker(1, (short) 2, false, 7, 2));
    shard.written(ID);
    assertThat(begun(next)).isEqualTo("1 3");
  }

  @Test
  void shouldShowNothingAsUnused() {
    assertThat(shard.shard.countByState()).containsOnlyKeys(TransactionState.EMPTY);
    assertThat(shard.shard.all()).hasSize(1);
    assertThat(Set.copyOf(shard.shard.all())).containsExactly(shard.transaction());
  }

  @Test
  void shouldNotWaitForTheLongerTimeoutOfTheProducerBefore() {
    shard.add(1, 0, "t-0");
    shard.abort(1, 0);
    shard.written(ID);
    shard.init(TransactionFixture.initRequest().setTransactionTimeoutMs(100), (short) 6);
    shard.add(1, 2, "t-0");
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    shard.advance(101);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_ABORT);
  }
}
