package io.millrace.coordinator.transaction;

import static io.millrace.coordinator.transaction.TransactionFixture.added;
import static io.millrace.coordinator.transaction.TransactionFixture.begun;
import static io.millrace.coordinator.transaction.TransactionFixture.ended;
import static io.millrace.coordinator.transaction.TransactionFixture.initRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class InitProducerTest {
  private final TransactionFixture shard = new TransactionFixture();

  @Test
  void shouldBeginAtEpochZeroWithAProducerIdOfItsOwn() {
    assertThat(begun(shard.init())).isEqualTo("1 0");
    assertThat(shard.state()).isEqualTo(TransactionState.EMPTY);
  }

  @Test
  void shouldRaiseTheEpochForTheNextInstance() {
    shard.init();
    assertThat(begun(shard.init())).isEqualTo("1 1");
  }

  @Test
  void shouldAskForAProducerIdOnlyIfOneIsNeeded() {
    Awaited<InitProducerIdResponseData> first =
        shard.ask(
            reply ->
                shard.shard.initProducerId(
                    initRequest(), (short) 6, TransactionShard.NO_PRODUCER_ID, reply));
    assertThat(first.failure()).isEqualTo(TransactionShard.NEEDS_PRODUCER_ID);
    shard.init();
    Awaited<InitProducerIdResponseData> second =
        shard.ask(
            reply ->
                shard.shard.initProducerId(
                    initRequest(), (short) 6, TransactionShard.NO_PRODUCER_ID, reply));
    assertThat(begun(second)).isEqualTo("1 1");
  }

  @Test
  void shouldRefuseATimeoutThatIsNotAllowed() {
    for (int timeoutMs : new int[] {-1, 0, 900_001}) {
      assertThat(begun(shard.init(initRequest().setTransactionTimeoutMs(timeoutMs), (short) 6)))
          .isEqualTo("INVALID_TRANSACTION_TIMEOUT");
    }
    assertThat(begun(shard.init(initRequest().setTransactionTimeoutMs(900_000), (short) 6)))
        .endsWith(" 0");
  }

  @Test
  void shouldRefuseAProducerIdWithoutEpoch() {
    assertThat(begun(shard.init(initRequest().setProducerId(1), (short) 6)))
        .isEqualTo("INVALID_REQUEST");
    assertThat(begun(shard.init(initRequest().setProducerEpoch((short) 1), (short) 6)))
        .isEqualTo("INVALID_REQUEST");
  }

  @Test
  void shouldRefuseAnEmptyId() {
    assertThat(begun(shard.init(initRequest().setTransactionalId(""), (short) 6)))
        .isEqualTo("INVALID_REQUEST");
  }

  @Test
  void shouldRefuseTwoPhaseCommitThatIsNotEnabled() {
    TransactionFixture plain =
        new TransactionFixture(
            new TransactionConfig(900_000, 604_800_000, 3_600_000, false, 1_000, 32));
    assertThat(begun(plain.init(initRequest().setEnable2Pc(true), (short) 6)))
        .isEqualTo("TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
    assertThat(begun(plain.init(initRequest().setKeepPreparedTxn(true), (short) 6)))
        .isEqualTo("UNSUPPORTED_VERSION");
  }

  @Test
  void shouldResumeWithTheCurrentEpoch() {
    shard.init();
    assertThat(begun(shard.init(1, 0))).isEqualTo("1 1");
  }

  @Test
  void shouldRepeatTheAnswerToOneThatResumedAndLostIt() {
    shard.init();
    shard.init(1, 0);
    assertThat(begun(shard.init(1, 0))).isEqualTo("1 1");
  }

  @Test
  void shouldRepeatTheAnswerAfterAFailover() {
    shard.init();
    shard.init(1, 0);
    shard.failOver();
    assertThat(begun(shard.init(1, 0))).isEqualTo("1 1");
  }

  @Test
  void shouldFenceAZombieThatResumes() {
    shard.init();
    shard.init();
    assertThat(begun(shard.init(1, 0))).isEqualTo("PRODUCER_FENCED");
    assertThat(begun(shard.init(2, 1))).isEqualTo("PRODUCER_FENCED");
  }

  @Test
  void shouldNameFencingAsOldClientsKnowIt() {
    shard.init();
    shard.init();
    assertThat(
            begun(
                shard.init(initRequest().setProducerId(1).setProducerEpoch((short) 0), (short) 3)))
        .isEqualTo("INVALID_PRODUCER_EPOCH");
  }

  @Test
  void shouldGiveAProducerIdToOneThatResumesAnIdThatIsForgotten() {
    assertThat(begun(shard.init(77, 5))).isEqualTo("1 0");
  }

  // ---- what the last instance has left open

  @Test
  void shouldAbortWhatTheLastInstanceHasLeftOpenAndAnswerWhenItIsAborted() {
    shard.init();
    shard.add(1, 0, "t-0");
    Awaited<InitProducerIdResponseData> next = shard.init();
    assertThat(begun(next)).isEqualTo("waits");
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_ABORT);
    assertThat(shard.marker().commits()).isFalse();
    assertThat(shard.marker().producerEpoch()).isEqualTo((short) 1);
    shard.written(TransactionFixture.ID);
    assertThat(begun(next)).isEqualTo("1 2");
    assertThat(ended(shard.commit(1, 0))).isEqualTo("PRODUCER_FENCED");
  }

  @Test
  void shouldFenceWithVersionOneAsWell() {
    shard.transactionVersion = 1;
    shard.init();
    shard.add(3, TransactionFixture.addRequest(1, 0, false, "t-0"));
    Awaited<InitProducerIdResponseData> next = shard.init();
    assertThat(shard.marker().producerEpoch()).isEqualTo((short) 1);
    assertThat(shard.marker().transactionVersion()).isZero();
    shard.written(TransactionFixture.ID);
    assertThat(begun(next)).isEqualTo("1 2");
  }

  @Test
  void shouldLetTheOwnerOfAnOpenTransactionResume() {
    shard.init();
    shard.add(1, 0, "t-0");
    Awaited<InitProducerIdResponseData> same = shard.init(1, 0);
    shard.written(TransactionFixture.ID);
    assertThat(begun(same)).isEqualTo("1 1");
  }

  @Test
  void shouldNotLetAZombieAbortTheTransactionOfItsSuccessor() {
    shard.init();
    shard.init();
    shard.add(1, 1, "t-0");
    assertThat(begun(shard.init(1, 0))).isEqualTo("PRODUCER_FENCED");
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
  }

  @Test
  void shouldWaitForATransactionThatIsBeingCompleted() {
    shard.init();
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    Awaited<InitProducerIdResponseData> next = shard.init();
    assertThat(begun(next)).isEqualTo("waits");
    shard.written(TransactionFixture.ID);
    assertThat(begun(next)).isEqualTo("1 2");
  }

  @Test
  void shouldLetTheFirstOfManyInstancesBeFencedByTheNext() {
    shard.init();
    shard.add(1, 0, "t-0");
    Awaited<InitProducerIdResponseData> first = shard.init();
    Awaited<InitProducerIdResponseData> second = shard.init();
    shard.written(TransactionFixture.ID);
    assertThat(begun(first)).isEqualTo("1 2");
    assertThat(begun(second)).isEqualTo("1 3");
    assertThat(added(shard.add(1, 2, "t-0"))).isEqualTo("PRODUCER_FENCED");
    assertThat(added(shard.add(1, 3, "t-0"))).isEqualTo("NONE");
  }

  // ---- epochs run out

  @Test
  void shouldTakeANewProducerIdWhenTheEpochsAreExhausted() {
    shard.init();
    shard.setEpoch(Short.MAX_VALUE - 1);
    assertThat(begun(shard.init())).isEqualTo("2 0");
    assertThat(shard.transaction().previousProducerId()).isEqualTo(1);
  }

  @Test
  void shouldRepeatTheNewProducerIdToOneThatLostTheAnswer() {
    shard.init();
    shard.setEpoch(Short.MAX_VALUE - 1);
    assertThat(begun(shard.init(1, Short.MAX_VALUE - 1))).isEqualTo("2 0");
    assertThat(begun(shard.init(1, Short.MAX_VALUE - 1))).isEqualTo("2 0");
    assertThat(begun(shard.init(1, Short.MAX_VALUE - 2))).isEqualTo("PRODUCER_FENCED");
  }

  @Test
  void shouldRepeatTheLastEpochToOneThatLostTheAnswer() {
    shard.init();
    shard.setEpoch(Short.MAX_VALUE - 1);
    assertThat(begun(shard.init(1, Short.MAX_VALUE - 2))).isEqualTo("1 32766");
  }

  @Test
  void shouldTakeANewProducerIdAfterFencingTheLastEpoch() {
    shard.init();
    shard.setEpoch(Short.MAX_VALUE - 1);
    shard.add(1, Short.MAX_VALUE - 1, "t-0");
    Awaited<InitProducerIdResponseData> next = shard.init();
    assertThat(shard.marker().producerEpoch()).isEqualTo(Short.MAX_VALUE);
    shard.written(TransactionFixture.ID);
    assertThat(begun(next)).isEqualTo("2 0");
  }

  @Test
  void shouldTakeANewProducerIdAfterTheLastEpochTimedOut() {
    shard.init();
    shard.setEpoch(Short.MAX_VALUE - 1);
    shard.add(1, Short.MAX_VALUE - 1, "t-0");
    shard.advance(TransactionFixture.TIMEOUT_MS);
    shard.written(TransactionFixture.ID);
    assertThat(begun(shard.init(1, Short.MAX_VALUE - 1))).isEqualTo("2 0");
    assertThat(begun(shard.init(1, Short.MAX_VALUE - 1))).isEqualTo("2 0");
  }

  @Test
  void shouldNeverGiveOutTheHighestEpoch() {
    shard.init();
    shard.setEpoch(Short.MAX_VALUE - 2);
    assertThat(begun(shard.init())).isEqualTo("1 32766");
    assertThat(begun(shard.init())).isEqualTo("3 0");
  }

  // ---- the log

  @Test
  void shouldAnswerOnlyWhenTheRecordIsCommitted() {
    shard.holdCommits();
    Awaited<InitProducerIdResponseData> first = shard.init();
    assertThat(begun(first)).isEqualTo("waits");
    shard.commit();
    assertThat(begun(first)).isEqualTo("1 0");
  }

  @Test
  void shouldChangeNothingWhenTheLogRefuses() {
    shard.refuseNext(Errors.COORDINATOR_NOT_AVAILABLE);
    assertThat(begun(shard.init())).isEqualTo("failed COORDINATOR_NOT_AVAILABLE");
    assertThat(shard.transaction()).isNull();
  }
}
