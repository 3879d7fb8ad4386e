package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.MetadataImage;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Commits whose transactions are verified elsewhere, and may end meanwhile. */
class CommitTicketTest {
  private static final OffsetConfig CONFIG =
      new OffsetConfig(10, TimeUnit.DAYS.toMillis(7), TimeUnit.MINUTES.toMillis(10));

  private final TestGroupCoordinator coordinator = new TestGroupCoordinator(CONFIG);
  private final GroupShard shard = coordinator.shard;

  CommitTicketTest() {
    shard.onLoaded(MetadataImage.EMPTY);
  }

  private CommitTicket ticket() {
    return ticket(coordinator);
  }

  private static CommitTicket ticket(TestGroupCoordinator of) {
    Said<CommitTicket> said = new Said<>();
    of.submit("g", GroupShard::ticket, said);
    return said.value;
  }

  /** In the transaction of producer 7. */
  private Errors commitWith(CommitTicket ticket) {
    TxnOffsetCommitRequestData request =
        new TxnOffsetCommitRequestData()
            .setTransactionalId("id")
            .setGroupId("g")
            .setProducerId(7)
            .setProducerEpoch((short) 3)
            .setGenerationId(-1)
            .setTopics(
                List.of(
                    new TxnOffsetCommitRequestTopic()
                        .setName("t")
                        .setPartitions(
                            List.of(
                                new TxnOffsetCommitRequestPartition()
                                    .setPartitionIndex(0)
                                    .setCommittedOffset(100)))));
    Said<TxnOffsetCommitResponseData> said = new Said<>();
    coordinator.submit(
        "g", (s, reply) -> s.commitOffsets(request, Map.of(), (short) 3, ticket, reply), said);
    return said.error;
  }

  @Test
  void shouldTakeACommitWhoseTransactionHasNotEndedSinceItsVerificationBegan() {
    coordinator.endTransaction(7, true);
    CommitTicket ticket = ticket();
    coordinator.endTransaction(8, true);

    assertThat(commitWith(ticket)).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldRefuseACommitWhoseTransactionHasEndedMeanwhile() {
    CommitTicket ticket = ticket();
    coordinator.endTransaction(7, false);

    assertThat(commitWith(ticket)).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
    assertThat(coordinator.records).isEmpty();
    assertThat(commitWith(ticket())).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldRefuseATicketOfAnotherShard() {
    CommitTicket elsewhere = ticket(new TestGroupCoordinator(CONFIG));

    assertThat(commitWith(elsewhere)).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
  }

  @Test
  void shouldForgetOldEndsAndTakeThemForAnybodys() {
    EndedTransactions ended = new EndedTransactions(2);
    long before = ended.count();
    ended.add(1);
    ended.add(2);
    assertThat(ended.endedAfter(before, 9)).isFalse();

    ended.add(3);

    assertThat(ended.endedAfter(before, 9)).isTrue();
    assertThat(ended.endedAfter(1, 9)).isFalse();
    assertThat(ended.endedAfter(1, 2)).isTrue();
    assertThat(ended.endedAfter(2, 2)).isFalse();
  }
}
