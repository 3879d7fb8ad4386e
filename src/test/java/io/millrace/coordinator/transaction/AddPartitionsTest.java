package io.millrace.coordinator.transaction;

import static io.millrace.coordinator.transaction.TransactionFixture.ID;
import static io.millrace.coordinator.transaction.TransactionFixture.addRequest;
import static io.millrace.coordinator.transaction.TransactionFixture.added;
import static io.millrace.coordinator.transaction.TransactionFixture.partition;
import static io.millrace.coordinator.transaction.TransactionFixture.partitions;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AddPartitionsTest {
  private final TransactionFixture shard = new TransactionFixture();

  @BeforeEach
  void begin() {
    shard.init();
  }

  @Test
  void shouldBeginATransactionWithTheFirstPartitions() {
    assertThat(added(shard.add(1, 0, "t-0", "u-1"))).isEqualTo("NONE");
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    assertThat(shard.transaction().partitions()).isEqualTo(partitions("t-0", "u-1"));
    assertThat(shard.transaction().startMs()).isEqualTo(shard.nowMs);
    assertThat(shard.transaction().clientVersion()).isEqualTo((short) 2);
  }

  @Test
  void shouldKeepTheStartWhenMoreJoin() {
    shard.add(1, 0, "t-0");
    shard.advance(10);
    shard.add(1, 0, "t-1");
    assertThat(shard.transaction().startMs()).isEqualTo(shard.nowMs - 10);
    assertThat(shard.transaction().updatedMs()).isEqualTo(shard.nowMs);
    assertThat(shard.transaction().partitions()).isEqualTo(partitions("t-0", "t-1"));
  }

  @Test
  void shouldWriteNothingForPartitionsThatTakePartAlready() {
    shard.add(1, 0, "t-0", "t-1");
    int records = shard.log.size();
    assertThat(added(shard.add(1, 0, "t-1"))).isEqualTo("NONE");
    assertThat(shard.log).hasSize(records);
  }

  @Test
  void shouldRefuseWhomItDoesNotKnow() {
    assertThat(added(shard.add(2, 0, "t-0"))).isEqualTo("INVALID_PRODUCER_ID_MAPPING");
    AddPartitionsToTxnResult other =
        shard.add(5, addRequest(1, 0, false, "t-0").setTransactionalId("other")).value();
    assertThat(other.topicResults().find("t").resultsByPartition().find(0).partitionErrorCode())
        .isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING.code());
  }

  @Test
  void shouldRefuseAnEmptyId() {
    assertThat(added(shard.add(3, addRequest(1, 0, false, "t-0").setTransactionalId(""))))
        .isEqualTo("INVALID_REQUEST");
  }

  @Test
  void shouldFenceEveryEpochButTheCurrent() {
    assertThat(added(shard.add(1, 1, "t-0"))).isEqualTo("PRODUCER_FENCED");
    assertThat(added(shard.add(3, addRequest(1, 1, false, "t-0")))).isEqualTo("PRODUCER_FENCED");
    assertThat(added(shard.add(1, addRequest(1, 1, false, "t-0"))))
        .isEqualTo("INVALID_PRODUCER_EPOCH");
  }

  @Test
  void shouldJoinTheNextTransactionInTheBatchThatCompletesTheLast() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    Awaited<AddPartitionsToTxnResult> next = shard.add(1, 1, "t-1");
    assertThat(added(next)).isEqualTo("waits");
    shard.holdCommits();
    shard.written(ID);
    assertThat(added(next)).isEqualTo("waits");
    assertThat(shard.state()).isEqualTo(TransactionState.ONGOING);
    shard.commit();
    assertThat(added(next)).isEqualTo("NONE");
    assertThat(shard.transaction().partitions()).isEqualTo(partitions("t-1"));
  }

  @Test
  void shouldTellWhoMustNotWaitToComeAgain() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    Awaited<AddPartitionsToTxnResult> next = addAtOnce("t-1");
    assertThat(added(next)).isEqualTo("CONCURRENT_TRANSACTIONS");
    shard.written(ID);
    assertThat(added(addAtOnce("t-1"))).isEqualTo("NONE");
  }

  private Awaited<AddPartitionsToTxnResult> addAtOnce(String partition) {
    return shard.ask(
        reply ->
            shard.shard.addPartitions(addRequest(1, 1, false, partition), (short) 5, false, reply));
  }

  @Test
  void shouldKnowVersionOneByItsRequest() {
    shard.add(3, addRequest(1, 0, false, "t-0"));
    assertThat(shard.transaction().clientVersion()).isZero();
  }

  @Test
  void shouldAddThePartitionOfAGroupsOffsets() {
    Awaited<Errors> reply =
        shard.ask(
            answer ->
                shard.shard.addOffsets(
                    ID, 1, (short) 0, partition("__consumer_offsets-4"), (short) 3, answer));
    assertThat(reply.value()).isEqualTo(Errors.NONE);
    assertThat(shard.transaction().partitions()).isEqualTo(partitions("__consumer_offsets-4"));
  }

  @Test
  void shouldNameFencingOfOffsetsAsOldClientsKnowIt() {
    for (short version = 0; version < 5; version++) {
      short asked = version;
      Awaited<Errors> reply =
          shard.ask(
              answer ->
                  shard.shard.addOffsets(
                      ID, 1, (short) 9, partition("__consumer_offsets-4"), asked, answer));
      assertThat(reply.value())
          .isEqualTo(version < 2 ? Errors.INVALID_PRODUCER_EPOCH : Errors.PRODUCER_FENCED);
    }
  }

  @Test
  void shouldVerifyWithoutAdding() {
    shard.add(1, 0, "t-0");
    assertThat(added(shard.verify(1, 0, "t-0"))).isEqualTo("NONE");
    assertThat(added(shard.verify(1, 0, "t-0", "t-1"))).isEqualTo("NONE TRANSACTION_ABORTABLE");
    assertThat(shard.transaction().partitions()).isEqualTo(partitions("t-0"));
  }

  @Test
  void shouldNameWhatIsMissingAsOldBrokersKnowIt() {
    assertThat(added(shard.add(4, addRequest(1, 0, true, "t-0")))).isEqualTo("INVALID_TXN_STATE");
  }

  @Test
  void shouldFindNothingInATransactionThatIsOver() {
    shard.add(1, 0, "t-0");
    shard.commit(1, 0);
    shard.written(ID);
    assertThat(added(shard.verify(1, 1, "t-0"))).isEqualTo("TRANSACTION_ABORTABLE");
    assertThat(added(shard.verify(1, 0, "t-0"))).isEqualTo("PRODUCER_FENCED");
  }
}
