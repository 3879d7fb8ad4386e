package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.clean.CompactionConfig;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which records cleaning keeps. */
@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
class LogCleaningTest {
  @TempDir Path path;
  private CleaningFixture c;
  private LogFixture f;

  @BeforeEach
  void open() {
    c = new CleaningFixture(path).open();
    f = c.f;
  }

  @AfterEach
  void close() {
    c.close();
  }

  private void reopen(LogConfig config) {
    f.stop();
    f.config = config;
    f.open();
  }

  // ---- what is left

  @Test
  void shouldKeepTheLastValueOfEachKey() throws IOException {
    c.append(Codec.NONE, "a", "1", "b", "1", "a", "2");
    c.append(Codec.NONE, "b", "2", "c", "1");
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.read().keySet()).containsExactly(2L, 3L, 4L, 5L);
    c.assertRight();
    assertThat(c.checkpoint()).isEqualTo(5);
  }

  @Test
  void shouldNotCleanTheActiveSegment() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.awaitSealed();
    assertThat(c.clean()).isZero();
    assertThat(c.read()).hasSize(2);
  }

  @Test
  void shouldNotCleanWithoutThePolicy() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    f.log.reconfigure(f.config.with().compacts(false).deletes(true).build());
    assertThat(c.clean()).isZero();
    assertThat(f.log.cleaningDueMs()).isEqualTo(Long.MAX_VALUE);
    f.log.reconfigure(f.config);
    assertThat(f.log.cleaningDueMs()).isZero();
    assertThat(c.clean()).isEqualTo(1);
  }

  @Test
  void shouldNotCleanWhatIsNotCommitted() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    long secondSegment = f.log.logEndOffset();
    c.append(Codec.NONE, "a", "3");
    c.roll();
    f.told.stableEnd = secondSegment;
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.checkpoint()).isEqualTo(secondSegment - 1);
    assertThat(c.read().keySet()).contains(1L, 2L, 3L);
    f.told.stableEnd = Long.MAX_VALUE;
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.read().keySet()).doesNotContain(1L);
  }

  @Test
  void shouldKeepWhatIsTooYoung() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    CompactionConfig lag =
        new CompactionConfig(0, CleaningFixture.DELETE_RETENTION_MS, 60_000, Long.MAX_VALUE);
    f.log.reconfigure(f.config.with().compaction(lag).build());
    assertThat(c.clean()).isZero();
    assertThat(f.log.cleaningDueMs()).isBetween(f.clock.wallMs + 50_000, f.clock.wallMs + 60_000);
    f.clock.wallMs += 60_000;
    assertThat(c.clean()).isEqualTo(1);
  }

  @Test
  void shouldLearnTheAgeOfRecordsFromTheDiskAfterARestart() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    CompactionConfig lag = new CompactionConfig(1, 0, 1_000, 100_000);
    reopen(f.config.with().compaction(lag).build());
    f.clock.wallMs += 100_000;
    f.loop.await(() -> c.clean() == 1);
    assertThat(c.read().keySet()).containsExactly(1L, 2L);
  }

  @Test
  void shouldWaitUntilTheDirtyShareIsLargeEnough() throws IOException {
    c.appendRandom(new Random(1), 200, 1_000_000);
    c.roll();
    f.log.reconfigure(
        f.config.with().compaction(new CompactionConfig(0.5, 0, 0, Long.MAX_VALUE)).build());
    assertThat(c.clean()).isEqualTo(1);
    c.appendRandom(new Random(2), 20, 1_000_000);
    c.roll();
    assertThat(c.clean()).isZero();
    assertThat(f.log.compaction().dirtyRatio()).isBetween(0.01, 0.5);
    c.appendRandom(new Random(3), 400, 1_000_000);
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    c.assertRight();
  }

  @Test
  void shouldDropRecordsWithoutKey() throws IOException {
    c.append(Codec.NONE, null, "nobody's", "a", "1");
    c.roll();
    c.clean();
    assertThat(c.read().keySet()).containsExactly(1L, 2L);
  }

  @Test
  void shouldCleanInSeveralPassesWhenTheMemoryIsSmall() throws IOException {
    c.resources = CleaningFixture.resources(24 * 30);
    c.appendRandom(new Random(4), 200, 150);
    c.roll();
    assertThat(c.clean()).isGreaterThan(5);
    c.assertRight();
    assertThat(c.checkpoint()).isEqualTo(f.log.logEndOffset() - 1);
    assertThat(c.read().size()).isLessThan(200);
  }

  // ---- tombstones

  @Test
  void shouldKeepATombstoneForItsTime() throws IOException {
    c.append(Codec.NONE, "a", "1");
    c.append(Codec.NONE, "a", null, "b", "1");
    c.roll();
    c.clean();
    assertThat(c.read().keySet()).containsExactly(1L, 2L, 3L);
    long horizon = RecordBatch.deleteHorizonMs(c.batches().get(0), 0);
    assertThat(horizon).isEqualTo(f.clock.wallMs + CleaningFixture.DELETE_RETENTION_MS);
    f.clock.wallMs = horizon - 1001;
    c.roll();
    c.clean();
    assertThat(c.read().keySet()).as("just before the horizon").contains(1L);
    f.clock.wallMs = horizon;
    c.roll();
    c.clean();
    assertThat(c.read().keySet()).doesNotContain(1L).contains(2L);
    c.assertRight();
  }

  @Test
  void shouldNotStartATombstonesTimeBeforeItIsCleaned() throws IOException {
    c.resources = CleaningFixture.resources(24 * 3);
    c.append(Codec.NONE, "a", "1", "b", "1", "c", "1", "a", null);
    c.roll();
    assertThat(f.loop.await(f.log.clean(c.resources))).isTrue();
    assertThat(RecordBatch.hasDeleteHorizon(c.batches().get(0), 0)).isFalse();
    c.clean();
    assertThat(RecordBatch.hasDeleteHorizon(c.batches().get(0), 0)).isTrue();
    c.assertRight();
  }

  // ---- producers

  @Test
  void shouldKnowProducersAfterACrash() throws IOException {
    for (int i = 0; i < 10; i++) {
      c.append(new BatchBuilder().producer(7, (short) 1, i), "a", "value" + i);
    }
    c.append(Codec.NONE, "a", "last");
    c.roll();
    c.clean();
    List<ByteBuffer> batches = c.batches();
    assertThat(RecordBatch.count(batches.get(0), 0)).isZero();
    assertThat(RecordBatch.baseSequence(batches.get(0), 0)).isEqualTo(9);
    LogFixture after = f.crashed(path.resolveSibling(path.getFileName() + "-after"));
    for (String snapshot : after.files(".snapshot")) {
      Files.delete(after.logPath().resolve(snapshot));
    }
    after.open();
    assertThat(after.log.activeProducers())
        .singleElement()
        .satisfies(
            producer -> {
              assertThat(producer.producerId()).isEqualTo(7);
              assertThat(producer.producerEpoch()).isEqualTo((short) 1);
              assertThat(producer.lastSequence()).isEqualTo(9);
            });
    after.close();
  }

  @Test
  void shouldForgetTheBatchesOfExpiredProducers() throws IOException {
    c.append(new BatchBuilder().producer(7, (short) 1, 0), "a", "1");
    c.append(Codec.NONE, "a", "2");
    f.clock.wallMs += f.config.producerIdExpirationMs() + 1;
    c.roll();
    f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
    c.clean();
    assertThat(RecordBatch.baseOffset(c.batches().get(0), 0)).isEqualTo(1);
  }

  // ---- transactions

  /** Offsets of the batches with a transaction's end. */
  private List<Long> markers() throws IOException {
    List<Long> offsets = new ArrayList<>();
    for (ByteBuffer batch : c.batches()) {
      if (RecordBatch.isControl(batch, 0)) {
        offsets.add(RecordBatch.baseOffset(batch, 0));
      }
    }
    return offsets;
  }

  @Test
  void shouldNotLetAnAbortedRecordHideACommittedOne() throws IOException {
    c.append(Codec.NONE, "a", "committed");
    c.transactional(5, 0, "a", "aborted");
    c.marker(5, false);
    c.roll();
    c.clean();
    assertThat(c.read().get(0L)).isNotNull();
    assertThat(c.read().get(1L)).isNull();
    assertThat(markers()).containsExactly(2L);
  }

  @Test
  void shouldKeepAMarkerUntilItsHorizonAfterItsTransactionIsGone() throws IOException {
    c.transactional(5, 0, "a", "aborted");
    c.transactional(5, 1, "b", "aborted");
    c.marker(5, false);
    c.roll();
    c.clean();
    // The empty last batch of the producer keeps the marker, too.
    assertThat(markers()).containsExactly(2L);
    c.transactional(5, 2, "c", "committed");
    c.marker(5, true);
    c.roll();
    c.clean();
    assertThat(markers()).containsExactly(2L, 5L);
    c.roll();
    c.clean();
    assertThat(markers()).as("the first cleaning without the rest").containsExactly(2L, 5L);
    f.clock.wallMs += CleaningFixture.DELETE_RETENTION_MS;
    c.roll();
    c.clean();
    assertThat(markers()).containsExactly(5L);
    assertThat(c.table()).containsEntry("c", "committed").containsKey("roll").hasSize(2);
  }

  @Test
  void shouldNotPassATransactionThatIsNotDecidedInClosedSegments() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.transactional(5, 0, "a", "3");
    c.roll();
    c.marker(5, false);
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.checkpoint()).isEqualTo(2);
    assertThat(c.read().keySet()).contains(1L, 2L);
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.read().keySet()).contains(1L).doesNotContain(2L);
  }

  @Test
  void shouldCarryTheTransactionIndex() throws IOException {
    c.append(Codec.NONE, "x", "1");
    c.transactional(5, 0, "a", "aborted");
    c.marker(5, false);
    c.roll();
    c.transactional(6, 0, "a", "aborted");
    c.marker(6, false);
    c.roll();
    var kept = new TransactionIndexFile.Entry(6, 4, 5, 4);
    Path second = f.logPath().resolve("00000000000000000003.txnindex");
    TransactionIndexFile.write(
        SystemFileIo.INSTANCE,
        f.logPath().resolve("00000000000000000000.txnindex"),
        List.of(new TransactionIndexFile.Entry(9, 0, 1, 1)));
    TransactionIndexFile.write(SystemFileIo.INSTANCE, second, List.of(kept));
    c.clean();
    assertThat(f.files(".txnindex")).containsExactly("00000000000000000000.txnindex");
    assertThat(
            TransactionIndexFile.read(
                SystemFileIo.INSTANCE, f.logPath().resolve("00000000000000000000.txnindex")))
        .containsExactly(kept);
  }

  // ---- any sequence

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void shouldKeepTheTableThroughAnySequence(long seed) throws IOException {
    Random random = new Random(seed);
    c.resources = CleaningFixture.resources(random.nextBoolean() ? 1 << 20 : 24 * 40);
    f.log.reconfigure(f.config.with().segmentBytes(600 + random.nextInt(4000)).build());
    for (int step = 0; step < 30; step++) {
      switch (random.nextInt(6)) {
        case 0, 1 -> c.appendRandom(random, 1 + random.nextInt(40), 1 + random.nextInt(60));
        case 2 -> {
          c.roll();
          c.clean();
        }
        case 3 -> {
          c.awaitSealed();
          c.clean();
        }
        case 4 -> {
          f.restart();
          c.awaitSealed();
        }
        default -> f.clock.wallMs += random.nextInt(8000);
      }
      if (!c.written.isEmpty()) {
        c.assertRight();
      }
    }
    c.roll();
    c.clean();
    c.assertRight();
    c.assertClean();
  }
}
