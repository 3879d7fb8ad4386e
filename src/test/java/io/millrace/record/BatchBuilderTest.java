package io.millrace.record;

import static io.millrace.record.Batches.NOW;
import static io.millrace.record.Batches.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchBuilderTest {
  private static MutableRecordBatch asKafka(ByteBuffer batch) {
    return MemoryRecords.readableRecords(batch.duplicate()).batches().iterator().next();
  }

  @ParameterizedTest
  @EnumSource
  void shouldWriteAHeaderThatKafkaReads(Codec codec) {
    ByteBuffer batch =
        new BatchBuilder()
            .codec(codec)
            .baseOffset(70)
            .leaderEpoch(8)
            .producer(99, (short) 2, 50)
            .transactional()
            .control()
            .append(NOW + 5, bytes("k"), bytes("v"))
            .append(NOW, bytes("k"), bytes("v"))
            .build();

    MutableRecordBatch kafka = asKafka(batch);
    kafka.ensureValid();
    assertThat(kafka.baseOffset()).isEqualTo(70);
    assertThat(kafka.lastOffset()).isEqualTo(71);
    assertThat(kafka.partitionLeaderEpoch()).isEqualTo(8);
    assertThat(kafka.producerId()).isEqualTo(99);
    assertThat(kafka.producerEpoch()).isEqualTo((short) 2);
    assertThat(kafka.baseSequence()).isEqualTo(50);
    assertThat(kafka.lastSequence()).isEqualTo(51);
    assertThat(kafka.isTransactional()).isTrue();
    assertThat(kafka.isControlBatch()).isTrue();
    assertThat(kafka.countOrNull()).isEqualTo(2);
    assertThat(kafka.maxTimestamp()).isEqualTo(NOW + 5);
    assertThat(kafka.sizeInBytes()).isEqualTo(batch.remaining());
    assertThat(kafka.compressionType().name).isEqualTo(codec.configName());
  }

  @Test
  void shouldGoOnAfterABuild() {
    BatchBuilder builder = new BatchBuilder().append(NOW, null, bytes("a"));
    ByteBuffer first = builder.build();
    ByteBuffer second = builder.append(NOW, null, bytes("b")).build();

    assertThat(RecordReader.readAll(first, 0)).hasSize(1);
    assertThat(RecordReader.readAll(second, 0)).hasSize(2);
  }

  @Test
  void shouldNotMoveTheBuffersItIsGiven() {
    ByteBuffer key = ByteBuffer.wrap(bytes("xkey")).position(1);

    ByteBuffer batch = new BatchBuilder().append(NOW, key, null, java.util.List.of()).build();

    assertThat(key.position()).isEqualTo(1);
    assertThat(RecordReader.readAll(batch, 0).get(0).key())
        .isEqualTo(ByteBuffer.wrap(bytes("key")));
  }

  @Test
  void shouldNotBuildAnEmptyBatch() {
    assertThatThrownBy(() -> new BatchBuilder().build()).isInstanceOf(IllegalStateException.class);
  }
}
