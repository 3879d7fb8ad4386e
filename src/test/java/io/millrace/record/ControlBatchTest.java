package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TransactionMarker;
import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlBatchTest {
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldWriteMarkersAsKafkaReadsThem(boolean commits) {
    TransactionMarker marker = new TransactionMarker(4_711, (short) 3, commits, 9, 0);

    ByteBuffer batch = ControlBatch.of(marker, 1_000);

    assertThat(ControlBatch.read(batch, batch.position())).isEqualTo(marker);
    RecordBatch read = MemoryRecords.readableRecords(batch.duplicate()).batches().iterator().next();
    assertThat(read.isValid()).isTrue();
    assertThat(read.isControlBatch()).isTrue();
    assertThat(read.isTransactional()).isTrue();
    assertThat(read.producerId()).isEqualTo(4_711);
    assertThat(read.producerEpoch()).isEqualTo((short) 3);
    Record record = read.iterator().next();
    EndTransactionMarker theirs = EndTransactionMarker.deserialize(record);
    assertThat(theirs.controlType().name()).isEqualTo(commits ? "COMMIT" : "ABORT");
    assertThat(theirs.coordinatorEpoch()).isEqualTo(9);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldReadMarkersAsKafkaWritesThem(boolean commits) {
    MemoryRecords theirs =
        MemoryRecords.withEndTransactionMarker(
            4_711,
            (short) 3,
            new EndTransactionMarker(
                commits
                    ? org.apache.kafka.common.record.internal.ControlRecordType.COMMIT
                    : org.apache.kafka.common.record.internal.ControlRecordType.ABORT,
                9));

    assertThat(ControlBatch.read(theirs.buffer(), 0))
        .isEqualTo(new TransactionMarker(4_711, (short) 3, commits, 9, 0));
  }
}
