package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BatchIteratorTest {
  /** Three header-only batches of 61, 70 and 61 bytes, after 5 bytes that are not theirs. */
  private static ByteBuffer threeBatches() {
    ByteBuffer buffer = ByteBuffer.allocate(5 + 61 + 70 + 61);
    int at = 5;
    for (int size : new int[] {61, 70, 61}) {
      buffer.putLong(at, at);
      buffer.putInt(at + RecordBatch.LENGTH_AT, size - RecordBatch.LOG_OVERHEAD);
      buffer.put(at + RecordBatch.MAGIC_AT, RecordBatch.MAGIC);
      at += size;
    }
    return buffer.position(5);
  }

  @Test
  void shouldVisitEveryWholeBatch() {
    ByteBuffer buffer = threeBatches();
    BatchIterator batches = new BatchIterator(buffer);

    StringBuilder seen = new StringBuilder();
    while (batches.next()) {
      seen.append(batches.position()).append('+').append(batches.sizeInBytes()).append(' ');
    }

    assertThat(seen).hasToString("5+61 66+70 136+61 ");
    assertThat(batches.stop()).isEqualTo(BatchIterator.Stop.END);
    assertThat(batches.end()).isEqualTo(buffer.limit());
    assertThat(buffer.position()).isEqualTo(5);
  }

  @Test
  void shouldStopBeforeABatchThatIsCut() {
    BatchIterator batches = new BatchIterator();
    ByteBuffer buffer = threeBatches();
    for (int limit = 67; limit < 136; limit++) {
      batches.reset(buffer, 5, limit);

      assertThat(batches.next()).isTrue();
      assertThat(batches.next()).isFalse();
      assertThat(batches.stop()).isEqualTo(BatchIterator.Stop.INCOMPLETE);
      assertThat(batches.end()).isEqualTo(66);
    }
  }

  @Test
  void shouldCallALengthBelowTheHeaderCorrupt() {
    for (int length : new int[] {48, 0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      ByteBuffer buffer = threeBatches();
      buffer.putInt(66 + RecordBatch.LENGTH_AT, length);
      BatchIterator batches = new BatchIterator(buffer);

      assertThat(batches.next()).isTrue();
      assertThat(batches.next()).isFalse();
      assertThat(batches.stop()).as("length %d", length).isEqualTo(BatchIterator.Stop.CORRUPT);
    }
  }

  @Test
  void shouldCallAnotherMagicCorrupt() {
    ByteBuffer buffer = threeBatches();
    buffer.put(5 + RecordBatch.MAGIC_AT, (byte) 1);
    BatchIterator batches = new BatchIterator(buffer);

    assertThat(batches.next()).isFalse();
    assertThat(batches.stop()).isEqualTo(BatchIterator.Stop.CORRUPT);
    assertThat(batches.next()).isFalse();
  }
}
