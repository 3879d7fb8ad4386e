package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LeaderEpochCache.EpochEntry;
import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What of another replica may be written over what is bad here. */
class RangeRepairTest {
  private static final List<EpochEntry> EPOCHS = List.of(new EpochEntry(3, 0));

  private static ByteBuffer batches(String... values) {
    ByteBuffer all = ByteBuffer.allocate(10_000);
    long offset = 10;
    for (String value : values) {
      if (value != null) {
        BatchBuilder builder = new BatchBuilder();
        builder.append(1, null, value.getBytes(StandardCharsets.UTF_8));
        ByteBuffer batch = builder.build();
        RecordBatch.setBaseOffset(batch, batch.position(), offset);
        RecordBatch.setLeaderEpoch(batch, batch.position(), 3);
        all.put(batch);
      }
      offset++;
    }
    return all.flip();
  }

  private static ByteBuffer flipped(ByteBuffer good, int... positions) {
    ByteBuffer bad = ByteBuffer.allocate(good.remaining()).put(good.duplicate()).flip();
    for (int position : positions) {
      bad.put(position, (byte) (bad.get(position) ^ 1));
    }
    return bad;
  }

  private static String problem(ByteBuffer copy, ByteBuffer bad, long to, boolean compacted) {
    BadRange range = new BadRange(0, bad.remaining(), 10, to, "a wrong CRC");
    return RangeRepair.problem(copy, range, bad, EPOCHS, compacted);
  }

  @Test
  void shouldTakeTheSameBatches() {
    ByteBuffer good = batches("one", "two");
    assertThat(problem(good, flipped(good, 3, 70, 80, 100), 12, false)).isNull();
  }

  @Test
  void shouldNotTakeBatchesOfAnotherLength() {
    assertThat(problem(batches("longer"), batches("one"), 11, false)).contains("bytes");
  }

  @Test
  void shouldNotTakeWhatIsDamagedOnTheWay() {
    ByteBuffer good = batches("one");
    assertThat(problem(flipped(good, 65), flipped(good, 70), 11, false)).contains("no good batch");
  }

  @Test
  void shouldNotTakeOtherOffsets() {
    ByteBuffer later = batches(null, "one");
    assertThat(problem(later, flipped(later, 20), 11, false)).contains("offsets 11 to 11");
  }

  @Test
  void shouldNotTakeAnotherLeaderEpoch() {
    ByteBuffer good = batches("one");
    ByteBuffer other = flipped(good);
    RecordBatch.setLeaderEpoch(other, 0, 2);
    assertThat(problem(other, flipped(good, 70), 11, false)).contains("leader epoch 2");
  }

  @Test
  void shouldTakeTheBatchOfACompactedLogWhoseCrcIsLeft() {
    ByteBuffer good = batches("one");
    assertThat(problem(good, flipped(good, 64, 70), 11, true)).isNull();
  }

  @Test
  void shouldTakeTheBatchOfACompactedLogOfWhichOnlyTheHeadIsBad() {
    ByteBuffer good = batches("one");
    assertThat(problem(good, flipped(good, 5, 9, 14, 18), 11, true)).isNull();
  }

  /** The other replica may have kept another record there. */
  @Test
  void shouldNotTakeAnotherBatchIntoACompactedLog() {
    ByteBuffer good = batches("one");
    assertThat(problem(batches("two"), flipped(good, 70), 11, true)).contains("compacted");
    assertThat(problem(good, flipped(good, 18, 70), 11, true)).contains("compacted");
  }

  @Test
  void shouldAskForProofWhereOffsetsAreMissing() {
    ByteBuffer good = batches("one", null, "two");
    assertThat(problem(good, flipped(good, 18, 70), 13, false)).contains("compacted");
    assertThat(problem(good, flipped(good, 70), 13, false)).isNull();
  }

  @Test
  void shouldSayWhenTheOtherReplicaHasTheSameBytes() {
    ByteBuffer good = batches("one");
    assertThat(problem(good, flipped(good), 11, false)).contains("same bytes");
  }
}
