package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicatedBatchesTest {
  @TempDir Path path;
  private LogFixture f;
  private int released;

  @BeforeEach
  void open() {
    f = new LogFixture(path);
    f.open();
    f.loop.await(f.log.follow());
  }

  @AfterEach
  void close() {
    f.close();
  }

  /** A batch as a leader of this epoch has it. */
  private static ByteBuffer batch(long offset, int epoch) {
    ByteBuffer batch =
        new BatchBuilder().producer(42, (short) 0, 3).append(1, null, new byte[10]).build();
    RecordBatch.setBaseOffset(batch, 0, offset);
    RecordBatch.setLeaderEpoch(batch, 0, epoch);
    return batch;
  }

  private static ByteBuffer all(ByteBuffer... batches) {
    int size = 0;
    for (ByteBuffer batch : batches) {
      size += batch.remaining();
    }
    ByteBuffer joined = ByteBuffer.allocateDirect(size);
    for (ByteBuffer batch : batches) {
      joined.put(batch.duplicate());
    }
    return joined.flip();
  }

  private void replicate(ByteBuffer batches) {
    f.log.replicate(batches, () -> released++);
    f.log.write();
    f.loop.await(f.log.follow());
  }

  @Test
  void shouldKeepOffsetsAndEpochs() throws IOException {
    replicate(all(batch(0, 3), batch(1, 3), batch(2, 5)));

    assertThat(f.log.logEndOffset()).isEqualTo(3);
    assertThat(f.log.latestEpoch()).isEqualTo(5);
    assertThat(f.log.endOfEpoch(3).endOffset()).isEqualTo(2);
    assertThat(f.readAll(0, 500)).isEqualTo(List.of(0L, 1L, 2L));
    assertThat(released).isEqualTo(1);
  }

  @Test
  void shouldTakeTheGapsOfACompactedLog() {
    replicate(all(batch(7, 3), batch(20, 3)));

    assertThat(f.log.logEndOffset()).isEqualTo(21);
  }

  @Test
  void shouldNotVouchForAnEarlierEpochInAGap() {
    replicate(all(batch(0, 3), batch(7, 5), batch(9, 6)));
    assertThat(f.log.endOfEpoch(3).endOffset()).isEqualTo(1);
    assertThat(f.log.endOfEpoch(5).endOffset()).isEqualTo(8);

    // The batches that are left are read again.
    f.loop.await(f.log.truncateTo(9));
    assertThat(f.log.endOfEpoch(3).endOffset()).isEqualTo(1);
  }

  @Test
  void shouldNotVouchForAnEarlierEpochInAGapBetweenSegmentsAfterACrash(@TempDir Path copies)
      throws IOException {
    f.log.reconfigure(LogConfig.defaults().with().segmentBytes(100).build());
    replicate(all(batch(0, 3)));
    replicate(all(batch(7, 5)));
    assertThat(f.files(".log")).hasSize(2);

    try (LogFixture after = f.crashed(copies.resolve("after"))) {
      // It is written when a segment is closed, perhaps not yet.
      Files.deleteIfExists(after.logPath().resolve(LeaderEpochCheckpoint.FILE));
      after.open();
      assertThat(after.log.endOfEpoch(3).endOffset()).isEqualTo(1);
    }
  }

  @Test
  void shouldKnowTheProducersOfItsLeader() {
    replicate(all(batch(0, 3)));

    assertThat(f.log.activeProducers()).extracting("producerId").containsExactly(42L);
  }

  @Test
  void shouldTakeNothingFromTheFirstBadBatchOn() {
    ByteBuffer broken = batch(1, 3);
    broken.put(broken.limit() - 1, (byte) ~broken.get(broken.limit() - 1));

    assertThatThrownBy(() -> replicate(all(batch(0, 3), broken, batch(2, 3))))
        .isInstanceOf(ReplicationException.class)
        .hasMessageContaining("at offset 1: the leader sent a batch whose CRC is wrong");
    f.log.write();
    f.loop.await(f.log.follow());

    assertThat(f.log.nextOffset()).isEqualTo(1);
    assertThat(f.log.logEndOffset()).isEqualTo(1);
    assertThat(released).isEqualTo(1);
  }

  @Test
  void shouldRefuseWhatItHasAlready() {
    replicate(all(batch(0, 3)));

    assertThatThrownBy(() -> replicate(all(batch(0, 3))))
        .isInstanceOf(ReplicationException.class)
        .hasMessageContaining("a batch with the offsets 0 to 0");
    assertThat(released).isEqualTo(2);
  }

  @Test
  void shouldRefuseAPartOfABatch() {
    ByteBuffer batch = batch(0, 3);

    assertThatThrownBy(() -> replicate(batch.slice(0, batch.remaining() - 1)))
        .isInstanceOf(ReplicationException.class)
        .hasMessageContaining("no whole batch");
    assertThat(f.log.nextOffset()).isZero();
  }

  @Test
  void shouldForgetAnEpochInWhichItLedAndWroteNothing() {
    replicate(all(batch(0, 3)));
    f.log.startEpoch(4);

    f.loop.await(f.log.follow());

    assertThat(f.log.latestEpoch()).isEqualTo(3);
  }
}
