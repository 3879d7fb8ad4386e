package io.millrace.coordinator.transaction;

import static io.millrace.coordinator.transaction.TransactionFixture.ID;
import static io.millrace.coordinator.transaction.TransactionFixture.addRequest;
import static io.millrace.coordinator.transaction.TransactionFixture.added;
import static io.millrace.coordinator.transaction.TransactionFixture.ended;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EndTransactionTest {
  private static final String NO_NEWS = "-1 -1";

  private final TransactionFixture shard = new TransactionFixture();

  @BeforeEach
  void begin() {
    shard.init();
  }

  // ---- both versions

  @Test
  void shouldAnswerAsSoonAsTheDecisionIsCommitted() {
    shard.add(1, 0, "t-0");
    shard.holdCommits();
    Awaited<EndTxnResponseData> end = shard.commit(1, 0);
    assertThat(ended(end)).isEqualTo("waits");
    assertThat(shard.ordered).isEmpty();
    shard.commit();
    assertThat(ended(end)).isEqualTo("1 1");
    assertThat(shard.ordered).containsKey(ID);
    assertThat(shard.state()).isEqualTo(TransactionState.PREPARE_COMMIT);
  }

  @Test
  void shouldRefuseWhomItDoesNotKnow() {
    for (int version = 0; version <= 5; version++) {
      assertThat(ended(shard.end(version, 2, 0, true))).isEqualTo("INVALID_PRODUCER_ID_MAPPING");
    }
    Awaited<EndTxnResponseData> other =
        shard.ask(
            reply ->
                shard.shard.endTxn(
                    new EndTxnRequestData().setTransactionalId("other"), (short) 5, -1, reply));
    assertThat(ended(other)).isEqualTo("INVALID_PRODUCER_ID_MAPPING");
  }

  @Test
  void shouldFenceEveryEpochButTheCurrent() {
    shard.add(1, 0, "t-0");
    for (int version = 0; version <= 5; version++) {
      assertThat(ended(shard.end(version, 1, 3, true)))
          .isEqualTo(version < 2 ? "INVALID_PRODUCER_EPOCH" : "PRODUCER_FENCED");
    }
  }

  @Test
  void shouldRefuseToCommitWhatHasNotBegun() {
    for (int version = 0; version <= 5; version++) {
      assertThat(ended(shard.end(version, 1, 0, true))).isEqualTo("INVALID_TXN_STATE");
    }
  }

  // ---- version 1

  @Test
  void shouldKeepTheEpochInVersionOne() {
    shard.add(3, addRequest(1, 0, false, "t-0"));
    assertThat(ended(shard.end(4, 1, 0, true))).isEqualTo(NO_NEWS);
    assertThat(shard.marker().producerEpoch()).isZero();
    assertThat(shard.marker().commits()).isTrue();
    assertThat(shard.marker().transactionVersion()).isZero();
    shard.written(ID);
    assertThat(shard.state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
    assertThat(added(shard.add(3, addRequest(1, 0, false, "t-0")))).isEqualTo("NONE");
  }

  @Test
  void shouldTellVersionOneAgainWhatIsDecided() {
    shard.add(3, addRequest(1, 0, false, "t-0"));
    shard.end(4, 1, 0, true);
    assertThat(ended(shard.end(4, 1, 0, true))).isEqualTo(NO_NEWS);
    assertThat(ended(shard.end(4, 1, 0, false))).isEqualTo("INVALID_TXN_STATE");
    shard.written(ID);
    assertThat(ended(shard.end(4, 1, 0, true))).isEqualTo(NO_NEWS);
    assertThat(ended(shard.end(4, 1, 0, false))).isEqualTo("INVALID_TXN_STATE");
  }

  @Test
  void shouldRefuseVersionOneToAbortWhatHasNotBegun() {
    assertThat(ended(shard.end(4, 1, 0, false))).isEqualTo("INVALID_TXN_STATE");
  }

  // ---- version 2

  @Test
  void shouldRaiseTheEpochWithEveryEnd() {
    shard.add(1, 0, "t-0");
    assertThat(ended(shard.commit(1, 0))).isEqualTo("1 1");
    assertThat(shard.marker().producerEpoch()).isEqualTo((short) 1);
    assertThat(shard.marker().transactionVersion()).isEqualTo(2);
    shard.written(ID);
    shard.add(1, 1, "t-0");
    assertThat(ended(shard.abort(1, 1))).isEqualTo("1 2");
    assertThat(shard.marker().commits()).isFalse();
    shard.written(ID);
    assertThat(shard.state()).isEqualTo(TransactionState.COMPLETE_ABORT);
  }

  @Test
  void shouldTellAgainWhatIsDecided() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    assertThat(ended(shard.commit(1, 0))).isEqualTo("1 1");
    assertThat(ended(shard.abort(1, 0))).isEqualTo("INVALID_TXN_STATE");
    shard.written(ID);
    assertThat(ended(shard.commit(1, 0))).isEqualTo("1 1");
    assertThat(ended(shard.abort(1, 0))).isEqualTo("INVALID_TXN_STATE");
    assertThat(shard.log).hasSize(4);
  }

  @Test
  void shouldTellAgainOnlyWhatIsCommitted() {
    shard.add(1, 0, "t-0");
    shard.holdCommits();
    shard.commit(1, 0);
    Awaited<EndTxnResponseData> again = shard.commit(1, 0);
    assertThat(ended(again)).isEqualTo("waits");
    shard.commit();
    assertThat(ended(again)).isEqualTo("1 1");
  }

  @Test
  void shouldAbortATransactionWithoutPartitionsAtOnce() {
    assertThat(ended(shard.abort(1, 0))).isEqualTo("1 1");
    assertThat(shard.state()).isEqualTo(TransactionState.COMPLETE_ABORT);
    assertThat(shard.orders).isZero();
    assertThat(ended(shard.abort(1, 0))).isEqualTo("1 1");
    assertThat(ended(shard.abort(1, 1))).isEqualTo("1 2");
  }

  @Test
  void shouldAbortAgainAfterACommit() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    shard.written(ID);
    assertThat(ended(shard.commit(1, 1))).isEqualTo("INVALID_TXN_STATE");
    assertThat(ended(shard.abort(1, 1))).isEqualTo("1 2");
  }

  @Test
  void shouldAbortTheNextTransactionWhileTheLastIsBeingCompleted() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    Awaited<EndTxnResponseData> next = shard.abort(1, 1);
    assertThat(ended(next)).isEqualTo("waits");
    shard.written(ID);
    assertThat(ended(next)).isEqualTo("1 2");
    assertThat(shard.state()).isEqualTo(TransactionState.COMPLETE_ABORT);
  }

  @Test
  void shouldFenceOldEpochsWhateverTheState() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    shard.written(ID);
    shard.add(1, 1, "t-0");
    assertThat(ended(shard.commit(1, 0))).isEqualTo("PRODUCER_FENCED");
    shard.commit(1, 1);
    assertThat(ended(shard.commit(1, 0))).isEqualTo("PRODUCER_FENCED");
    shard.written(ID);
    assertThat(ended(shard.commit(1, 0))).isEqualTo("PRODUCER_FENCED");
  }

  @Test
  void shouldGoOnUnderANewProducerIdWhenTheEpochsAreExhausted() {
    shard.setEpoch(Short.MAX_VALUE - 1);
    shard.add(1, Short.MAX_VALUE - 1, "t-0");
    long fresh = shard.nextProducerId;
    assertThat(ended(shard.commit(1, Short.MAX_VALUE - 1))).isEqualTo(fresh + " 0");
    assertThat(shard.marker().producerId()).isEqualTo(1);
    assertThat(shard.marker().producerEpoch()).isEqualTo(Short.MAX_VALUE);
    assertThat(ended(shard.commit(1, Short.MAX_VALUE - 1))).isEqualTo(fresh + " 0");
    Awaited<?> next = shard.add(fresh, 0, "t-0");
    assertThat(next.isDone()).isFalse();
    shard.written(ID);
    assertThat(next.isDone()).isTrue();
    assertThat(shard.transaction().producerId()).isEqualTo(fresh);
  }

  @Test
  void shouldTellTheNewProducerIdAgainAfterAFailover() {
    shard.setEpoch(Short.MAX_VALUE - 1);
    shard.add(1, Short.MAX_VALUE - 1, "t-0");
    long fresh = shard.nextProducerId;
    shard.commit(1, Short.MAX_VALUE - 1);
    shard.failOver();
    assertThat(ended(shard.commit(1, Short.MAX_VALUE - 1))).isEqualTo(fresh + " 0");
    shard.advance(0);
    shard.written(ID);
    assertThat(ended(shard.commit(1, Short.MAX_VALUE - 1))).isEqualTo(fresh + " 0");
  }

  @Test
  void shouldNotGiveOutTheEpochOfTheMarkerThatFencedTheLast() {
    shard.setEpoch(Short.MAX_VALUE - 1);
    shard.add(1, Short.MAX_VALUE - 1, "t-0");
    shard.advance(TransactionFixture.TIMEOUT_MS);
    assertThat(ended(shard.abort(1, Short.MAX_VALUE - 1))).isEqualTo("PRODUCER_FENCED");
    shard.written(ID);
    assertThat(ended(shard.abort(1, Short.MAX_VALUE - 1))).isEqualTo("PRODUCER_FENCED");
  }

  @Test
  void shouldAskForAProducerIdOnlyWhenTheEpochsAreExhausted() {
    shard.setEpoch(Short.MAX_VALUE - 1);
    shard.add(1, Short.MAX_VALUE - 1, "t-0");
    Awaited<EndTxnResponseData> end =
        shard.ask(
            reply ->
                shard.shard.endTxn(
                    new EndTxnRequestData()
                        .setTransactionalId(ID)
                        .setProducerId(1)
                        .setProducerEpoch((short) (Short.MAX_VALUE - 1))
                        .setCommitted(true),
                    (short) 5,
                    TransactionShard.NO_PRODUCER_ID,
                    reply));
    assertThat(end.failure()).isEqualTo(TransactionShard.NEEDS_PRODUCER_ID);
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
  }

  @Test
  void shouldRefuseAnEmptyId() {
    Awaited<EndTxnResponseData> end =
        shard.ask(reply -> shard.shard.endTxn(new EndTxnRequestData(), (short) 5, -1, reply));
    assertThat(end.value().errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
  }
}
