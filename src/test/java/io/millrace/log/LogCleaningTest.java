package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.clean.CompactionConfig;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  private long checkpoint() throws IOException {
    return OffsetCheckpoint.read(path, OffsetCheckpoint.CLEANER)
        .getOrDefault(LogFixture.ID.topicPartition(), -1L);
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
    assertThat(checkpoint()).isEqualTo(5);
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
    assertThat(checkpoint()).isEqualTo(secondSegment - 1);
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
    assertThat(f.log.dirtyRatio()).isBetween(0.01, 0.5);
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
    assertThat(checkpoint()).isEqualTo(f.log.logEndOffset() - 1);
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

  private void transactional(long producerId, int sequence, String key, String value) {
    c.append(
        new BatchBuilder().producer(producerId, (short) 0, sequence).transactional(), key, value);
  }

  private void marker(long producerId, boolean commits) {
    ByteBuffer key = ByteBuffer.allocate(4).putShort((short) 0).putShort((short) (commits ? 1 : 0));
    ByteBuffer batch =
        new BatchBuilder()
            .producer(producerId, (short) 0, RecordBatch.NO_SEQUENCE)
            .transactional()
            .control()
            .append(f.clock.wallMs, key.array(), new byte[6])
            .build();
    f.append(LogFixture.direct(batch));
  }

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
    transactional(5, 0, "a", "aborted");
    marker(5, false);
    c.roll();
    c.clean();
    assertThat(c.read().get(0L)).isNotNull();
    assertThat(c.read().get(1L)).isNull();
    assertThat(markers()).containsExactly(2L);
  }

  @Test
  void shouldKeepAMarkerUntilItsHorizonAfterItsTransactionIsGone() throws IOException {
    transactional(5, 0, "a", "aborted");
    transactional(5, 1, "b", "aborted");
    marker(5, false);
    c.roll();
    c.clean();
    // The empty last batch of the producer keeps the marker, too.
    assertThat(markers()).containsExactly(2L);
    transactional(5, 2, "c", "committed");
    marker(5, true);
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
    transactional(5, 0, "a", "3");
    c.roll();
    marker(5, false);
    assertThat(c.clean()).isEqualTo(1);
    assertThat(checkpoint()).isEqualTo(2);
    assertThat(c.read().keySet()).contains(1L, 2L);
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.read().keySet()).contains(1L).doesNotContain(2L);
  }

  @Test
  void shouldCarryTheTransactionIndex() throws IOException {
    c.append(Codec.NONE, "x", "1");
    transactional(5, 0, "a", "aborted");
    marker(5, false);
    c.roll();
    transactional(6, 0, "a", "aborted");
    marker(6, false);
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

  // ---- files and offsets

  @Test
  void shouldJoinSmallSegments() throws IOException {
    c.appendRandom(new Random(5), 300, 10);
    c.roll();
    c.clean();
    int before = f.files(".log").size();
    c.roll();
    c.clean();
    assertThat(f.files(".log").size()).isLessThan(before / 2);
    c.assertClean();
    c.assertRight();
    assertThat(f.log.sizeInBytes())
        .isEqualTo(
            f.files(".log").stream()
                .mapToLong(n -> f.logPath().resolve(n).toFile().length())
                .sum());
    f.loop.await(() -> f.files(".deleted").isEmpty());
  }

  @Test
  void shouldLeaveASegmentAloneOfWhichNothingGoes() throws IOException {
    c.appendRandom(new Random(7), 100, 1_000_000_000);
    c.roll();
    f.log.reconfigure(f.config.with().segmentBytes(100).build());
    c.clean(); // gives tombstones their time
    c.roll();
    List<String> before = f.files(".log");
    long size = f.log.sizeInBytes();
    c.clean();
    c.clean();
    assertThat(f.files(".log")).isEqualTo(before);
    assertThat(f.log.sizeInBytes()).isGreaterThanOrEqualTo(size);
    c.assertRight();
  }

  @Test
  void shouldKeepItsStartWhenNothingIsLeftOfTheFirstSegment() throws IOException {
    c.append(Codec.NONE, "a", "1");
    f.log.reconfigure(f.config.with().segmentBytes(80).build());
    c.append(Codec.NONE, "a", "2");
    c.append(Codec.NONE, "a", "3");
    c.append(Codec.NONE, "a", "4");
    c.awaitSealed();
    c.clean();
    assertThat(c.read().keySet()).containsExactly(2L, 3L);
    assertThat(f.files(".log")).startsWith("00000000000000000000.log");
    f.restart();
    c.assertRight();
    assertThat(f.log.recoveryPoint()).isEqualTo(4);
    assertThat(f.read(0, 1000)).isInstanceOf(ReadResult.Data.class);
    LogFixture after = f.crashed(path.resolveSibling(path.getFileName() + "-after"));
    after.open();
    assertThat(after.log.logStartOffset()).isZero();
    assertThat(after.log.logEndOffset()).isEqualTo(4);
    after.close();
  }

  @Test
  void shouldFindRecordsByTimeAfterwards() throws IOException {
    for (int i = 0; i < 100; i++) {
      f.clock.wallMs += 10;
      c.append(Codec.NONE, "key" + i % 20, "value" + i);
    }
    c.roll();
    c.clean();
    long start = f.clock.wallMs - 2000;
    var found = f.loop.await(f.log.offsetForTimestamp(start, Long.MAX_VALUE)).get();
    assertThat(found.offset()).isEqualTo(80);
    f.restart();
    found = f.loop.await(f.log.offsetForTimestamp(found.timestamp() + 1, Long.MAX_VALUE)).get();
    assertThat(found.offset()).isEqualTo(81);
    assertThat(f.loop.await(f.log.offsetOfMaxTimestamp(100)).get().offset()).isEqualTo(99);
  }

  @Test
  void shouldFindTheLargestTimestampBesideAnEmptiedBatch() throws IOException {
    c.append(Codec.NONE, "b", "1");
    f.clock.wallMs += 10;
    c.append(Codec.NONE, "a", "1");
    f.clock.wallMs += 10_000;
    c.append(new BatchBuilder().producer(7, (short) 1, 0), "c", "1");
    f.clock.wallMs -= 5_000;
    c.append(Codec.NONE, "c", "2");
    f.clock.wallMs -= 4_900;
    c.roll();
    c.clean();
    assertThat(RecordBatch.count(c.batches().get(2), 0)).isZero();
    assertThat(f.loop.await(f.log.offsetOfMaxTimestamp(Long.MAX_VALUE)).get().offset())
        .isEqualTo(3);
  }

  @Test
  void shouldApplyRetentionToACleanedLog() throws IOException {
    c.appendRandom(new Random(8), 100, 5);
    c.roll();
    c.clean();
    f.log.reconfigure(f.config.with().deletes(true).retentionMs(500).build());
    f.clock.wallMs += 10_000;
    long active = f.log.logEndOffset() - 1;
    f.loop.await(
        () -> {
          f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
          return f.log.logStartOffset() > active && f.files(".log").size() == 1;
        });
  }

  @Test
  void shouldBeginAgainAtTheStartOfTheLog() throws IOException {
    c.appendRandom(new Random(9), 50, 5);
    c.roll();
    c.clean();
    long end = f.log.logEndOffset();
    f.loop.await(f.log.deleteRecordsBefore(end - 1));
    c.appendRandom(new Random(10), 50, 5);
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(f.log.logStartOffset()).isEqualTo(end - 1);
  }

  @Test
  void shouldForgetHowFarItWasWhenTheLogIsCut() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    c.append(Codec.NONE, "b", "1");
    c.roll();
    c.clean();
    assertThat(checkpoint()).isEqualTo(4);
    f.loop.await(f.log.truncateTo(2));
    f.told.persisted = -1;
    assertThat(checkpoint()).isEqualTo(2);
    c.written.tailMap(2L).clear();
    c.append(Codec.NONE, "a", "other");
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.read().keySet()).doesNotContain(1L);
    c.written.remove(0L);
    assertThat(c.table()).isEqualTo(c.model());
  }

  @Test
  void shouldForgetHowFarItWasWhenTheLogIsDeleted() throws IOException {
    c.append(Codec.NONE, "a", "1", "a", "2");
    c.roll();
    c.clean();
    f.loop.await(f.log.delete());
    f.openLog();
    c.written.clear();
    c.append(Codec.NONE, "a", "1", "a", "2", "a", "3", "a", "4");
    c.roll();
    assertThat(c.clean()).isEqualTo(1);
    assertThat(c.read().keySet()).containsExactly(3L, 4L);
  }

  // ---- readers

  @Test
  void shouldLeaveRepliesTheirFiles() throws IOException {
    c.appendRandom(new Random(11), 60, 3);
    c.roll();
    ReadResult.Data data = (ReadResult.Data) f.read(0, 1500);
    ByteBuffer before = LogFixture.bytes(data.slice());
    c.clean();
    f.loop.await(() -> f.files(".deleted").isEmpty());
    assertThat(LogFixture.bytes(data.slice())).isEqualTo(before);
    data.slice().release();
    f.loop.await(() -> !data.slice().channel().isOpen());
    c.assertRight();
  }

  @Test
  void shouldServeReadersWhileItCleans() throws IOException {
    Random random = new Random(12);
    for (int round = 0; round < 5; round++) {
      c.appendRandom(random, 120, 30);
      c.roll();
      Future<Boolean> cleaning = f.log.clean(c.resources);
      int reads = 0;
      while (!cleaning.isComplete() || reads < 3) {
        c.assertRight();
        reads++;
        int[] turns = {0};
        f.loop.await(() -> turns[0]++ > 0);
      }
      assertThat(cleaning.result()).isTrue();
    }
    c.assertClean();
  }

  @Test
  void shouldAnswerReadsThatWereUnderwayToReplacedSegments() throws IOException {
    c.appendRandom(new Random(13), 200, 20);
    c.roll();
    f.restart();
    Future<Boolean> cleaning = f.log.clean(c.resources);
    List<Future<ReadResult>> reads = new ArrayList<>();
    for (long offset = 0; offset < f.log.logEndOffset(); offset += 3) {
      ReadResult result = f.log.read(offset, Long.MAX_VALUE, 100, true);
      reads.add(
          result instanceof ReadResult.Later later
              ? later.result()
              : Future.succeededFuture(result));
    }
    long asked = 0;
    for (Future<ReadResult> read : reads) {
      ReadResult.Data data = (ReadResult.Data) f.loop.await(read);
      ByteBuffer bytes = LogFixture.bytes(data.slice());
      data.slice().release();
      assertThat(RecordBatch.isCrcValid(bytes, 0)).isTrue();
      assertThat(RecordBatch.lastOffset(bytes, 0)).isGreaterThanOrEqualTo(asked);
      asked += 3;
    }
    assertThat(f.loop.await(cleaning)).isTrue();
  }

  @Test
  void shouldEndARoundWhenTheLogIsClosed() throws IOException {
    c.appendRandom(new Random(14), 300, 20);
    c.roll();
    Future<Boolean> cleaning = f.log.clean(c.resources);
    f.stop();
    assertThat(cleaning.isComplete()).isTrue();
    assertThat(f.files(SegmentNames.CLEANED)).isEmpty();
    assertThat(f.files(SegmentNames.SWAP)).isEmpty();
    f.open();
    c.assertRight();
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

  // ---- Kafka's own tool

  @Test
  void shouldBeCleanForKafkasOwnTool() throws IOException {
    for (int i = 0; i < 8; i++) {
      c.appendRandom(new Random(i), 80, 40);
      c.append(new BatchBuilder().producer(3, (short) 0, i), "a", "1");
      c.append(Codec.NONE, "a", "2");
      transactional(5, i, "t" + i, "value");
      marker(5, i % 2 == 0);
      c.roll();
      c.clean();
      f.clock.wallMs += 4000;
    }
    int records = c.batches().stream().mapToInt(batch -> RecordBatch.count(batch, 0)).sum();
    f.stop();
    int found = 0;
    for (String name : f.files(".log")) {
      DumpLog.Output dump =
          DumpLog.run(f.logPath().resolve(name), "--deep-iteration", "--print-data-log");
      // The tool takes gaps, which compaction makes, for news.
      assertThat(dump.err().lines())
          .as(name)
          .allMatch(l -> l.startsWith("Non-consecutive offsets in") || l.startsWith("  "));
      assertThat(dump.out()).doesNotContain("invalid bytes").doesNotContain("isvalid: false");
      found += dump.out().split("\\| offset: ", -1).length - 1;
    }
    assertThat(found).isEqualTo(records);
    for (String suffix : new String[] {".index", ".timeindex"}) {
      for (String name : f.files(suffix)) {
        Path index = f.logPath().resolve(name);
        DumpLog.Output sanity = DumpLog.run(index, "--index-sanity-check");
        assertThat(sanity.err()).as(name).isEmpty();
        assertThat(sanity.out()).containsAnyOf("passed sanity check", "is empty");
        DumpLog.Output dump = DumpLog.run(index, "--verify-index-only");
        assertThat(dump.err()).as(name).isEmpty();
        assertThat(dump.out())
            .as(name)
            .doesNotContain("Mismatches")
            .doesNotContain("Found")
            .doesNotContain("not found");
      }
    }
    f.open();
  }

  @Test
  void shouldWriteRecordsThatReadersCanIterate() throws IOException {
    c.appendRandom(new Random(20), 200, 10);
    c.roll();
    c.clean();
    Map<Long, LogRecord> records = c.read();
    for (ByteBuffer batch : c.batches()) {
      assertThat(RecordReader.readAll(batch, 0)).allMatch(r -> records.containsKey(r.offset()));
    }
  }
}
