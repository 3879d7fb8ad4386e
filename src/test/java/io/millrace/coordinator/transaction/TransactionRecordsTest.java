package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.coordinator.shard.CoordinatorRecord;
import java.nio.ByteBuffer;
import java.util.Set;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TransactionRecordsTest {
  private static Transaction transaction(TransactionState state) {
    return new Transaction(
        "id",
        5,
        4,
        6,
        (short) 12,
        (short) 11,
        (short) 3,
        60_000,
        state,
        state == TransactionState.EMPTY
            ? Set.of()
            : TransactionFixture.partitions("t-0", "t-7", "u-1"),
        1_000,
        2_000,
        (short) 2);
  }

  private static Transaction readBack(CoordinatorRecord record) {
    TransactionLogValue value = new TransactionLogValue();
    value.read(
        MessageUtil.toByteBufferAccessor(record.value(), record.valueVersion()),
        record.valueVersion());
    return TransactionRecords.read((TransactionLogKey) record.key(), value);
  }

  @ParameterizedTest
  @EnumSource(TransactionState.class)
  void shouldReadWhatItWrites(TransactionState state) {
    Transaction written = transaction(state);
    assertThat(readBack(TransactionRecords.of(written, 2))).isEqualTo(written);
  }

  @Test
  void shouldWriteTheFirstVersionWhileNoTransactionVersionIsFinalized() {
    CoordinatorRecord record =
        TransactionRecords.of(transaction(TransactionState.PREPARE_COMMIT), 0);
    assertThat(record.valueVersion()).isZero();
    Transaction read = readBack(record);
    assertThat(read.partitions()).isEqualTo(TransactionFixture.partitions("t-0", "t-7", "u-1"));
    assertThat(read.previousProducerId()).isEqualTo(-1);
    assertThat(read.lastProducerEpoch()).isEqualTo((short) -1);
    assertThat(read.clientVersion()).isZero();
  }

  @ParameterizedTest
  @EnumSource(TransactionState.class)
  void shouldWriteWhatKafkaReads(TransactionState state) {
    for (int version = 0; version <= 2; version++) {
      Transaction written = transaction(state);
      CoordinatorRecord record = TransactionRecords.of(written, version);
      TransactionLog.ReadResult read =
          TransactionLog.read(
              ByteBuffer.wrap(MessageUtil.toCoordinatorTypePrefixedBytes(record.key())),
              ByteBuffer.wrap(
                  MessageUtil.toVersionPrefixedBytes(record.valueVersion(), record.value())));
      assertThat(read).isInstanceOf(TransactionLog.TxnRecord.class);
      TransactionMetadata kafkas = ((TransactionLog.TxnRecord) read).metadata();
      assertThat(kafkas.transactionalId()).isEqualTo("id");
      assertThat(kafkas.state().name()).isEqualTo(state.name());
      assertThat(kafkas.state().stateName()).isEqualTo(state.shown());
      assertThat(kafkas.producerId()).isEqualTo(5);
      assertThat(kafkas.producerEpoch()).isEqualTo((short) 12);
      assertThat(kafkas.txnTimeoutMs()).isEqualTo(60_000);
      assertThat(kafkas.topicPartitions()).hasSameSizeAs(written.partitions());
      assertThat(kafkas.prevProducerId()).isEqualTo(version == 0 ? -1 : 4);
    }
  }

  @Test
  void shouldRefuseAStateThatIsNotKnown() {
    TransactionLogValue value = new TransactionLogValue().setTransactionStatus((byte) 8);
    assertThatThrownBy(() -> TransactionRecords.read(TransactionRecords.key("id"), value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("8");
  }

  @Test
  void shouldKnowOneTypeOfRecords() {
    TransactionRecordTypes types = new TransactionRecordTypes();
    assertThat(types.newKey((short) 0)).isInstanceOf(TransactionLogKey.class);
    assertThat(types.newValue((short) 0)).isInstanceOf(TransactionLogValue.class);
    assertThat(types.newKey((short) 1)).isNull();
    assertThat(types.newKey((short) -1)).isNull();
  }
}
