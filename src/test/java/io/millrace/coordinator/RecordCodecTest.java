package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RecordCodecTest {
  @Test
  void shouldWriteRecordsAsKafkaDoes() {
    CoordinatorRecord record = RegisterShard.record("g", 5L);

    assertThat(RecordCodec.key(record))
        .startsWith(0, 1, 0, 1)
        .contains("g".getBytes(StandardCharsets.UTF_8));
    assertThat(RecordCodec.value(record)).startsWith(0, 4, 0, 0, 0, 0, 0, 0, 0, 5);
    assertThat(RecordCodec.value(RegisterShard.record("g", null))).isNull();
  }
}
