package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.EpochEnd;
import io.millrace.model.TopicId;
import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogRecoveryTest {
  private static final LogConfig SMALL =
      LogConfig.defaults().with().segmentBytes(1000).indexIntervalBytes(150).build();

  @TempDir Path path;
  @TempDir Path copies;
  private LogFixture before;
  private LogFixture after;

  @BeforeEach
  void open() {
    before = new LogFixture(path);
    before.config = SMALL;
    before.open();
  }

  @AfterEach
  void close() {
    before.close();
    if (after != null) {
      after.close();
    }
  }

  private void crash() throws IOException {
    after = before.crashed(copies.resolve("after"));
  }

  private void shouldHold(long end) throws IOException {
    assertThat(after.log.logEndOffset()).isEqualTo(end);
    assertThat(after.log.nextOffset()).isEqualTo(end);
    assertThat(after.readAll(0, 500)).isEqualTo(LongStream.range(0, end).boxed().toList());
    assertThat(after.append("next")).isEqualTo(end);
    assertThat(after.readAll(end, 500)).containsExactly(end);
  }

  private static void append(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes, StandardOpenOption.APPEND);
  }

  private static void truncate(Path file, long bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - bytes);
    }
  }

  @Test
  void shouldKeepEverythingThatWasWritten() throws IOException {
    before.appendUpTo(100, "value");
    crash();
    after.open();
    shouldHold(100);
  }

  @Test
  void shouldCutATornBatch() throws IOException {
    before.appendUpTo(50, "value");
    crash();
    truncate(after.lastSegment(), 1);
    after.open();
    shouldHold(49);
  }

  @Test
  void shouldCutATornHeader() throws IOException {
    before.appendUpTo(50, "value");
    crash();
    append(after.lastSegment(), new byte[10]);
    after.open();
    shouldHold(50);
  }

  @Test
  void shouldCutAGarbageTail() throws IOException {
    before.appendUpTo(50, "value");
    Random random = new Random(7);
    for (int size : List.of(1, 61, 100, 5000)) {
      byte[] garbage = new byte[size];
      random.nextBytes(garbage);
      after = before.crashed(copies.resolve("after" + size));
      append(after.lastSegment(), garbage);
      after.open();
      shouldHold(50);
      after.close();
    }
  }

  @Test
  void shouldCutATailOfZeros() throws IOException {
    before.appendUpTo(50, "value");
    crash();
    append(after.lastSegment(), new byte[4096]);
    after.open();
    shouldHold(50);
  }

  @Test
  void shouldCutAtEveryPossibleTear() throws IOException {
    before.append("a");
    before.append("b");
    int size = LogFixture.batch(1, "a").remaining();
    for (int torn = 1; torn < size; torn++) {
      after = before.crashed(copies.resolve("torn" + torn));
      truncate(after.lastSegment(), torn);
      after.open();
      assertThat(after.log.logEndOffset()).as("torn by %d", torn).isEqualTo(1);
      after.close();
    }
  }

  @Test
  void shouldCutAtAFlippedBit() throws IOException {
    before.appendUpTo(8, "value");
    long size = Files.size(before.lastSegment());
    int batch = LogFixture.batch(1, "value0").remaining();
    Random random = new Random(11);
    for (int i = 0; i < 40; i++) {
      long at = random.nextLong(size);
      after = before.crashed(copies.resolve("flip" + i));
      try (RandomAccessFile file = new RandomAccessFile(after.lastSegment().toFile(), "rw")) {
        file.seek(at);
        int old = file.read();
        file.seek(at);
        file.write(old ^ (1 << random.nextInt(8)));
      }
      after.open();
      // Base offset and leader epoch are outside the CRC; a wrong offset that still grows is kept.
      long inBatch = at % batch;
      if (inBatch >= RecordBatch.MAGIC_AT) {
        assertThat(after.log.logEndOffset()).as("bit at %d", at).isEqualTo(at / batch);
      }
      after.close();
    }
  }

  @Test
  void shouldRemoveSegmentsBehindACut() throws IOException {
    before.appendUpTo(100, "value");
    crash();
    List<String> segments = after.files(".log");
    assertThat(segments).hasSizeGreaterThan(4);
    Path second = after.logPath().resolve(segments.get(1));
    truncate(second, 1);
    after.open();
    long end = SegmentNames.offset(segments.get(2), ".log") - 1;
    shouldHold(end);
    assertThat(after.files(".log")).hasSize(2);
  }

  @Test
  void shouldNotReadSegmentsBelowTheRecoveryPoint() throws IOException {
    before.appendUpTo(100, "value");
    before.loop.await(before.log.flush());
    before.loop.await(() -> before.log.recoveryPoint() == 100);
    before.close();
    crash();
    after.open();
    assertThat(after.directory.clean()).isFalse();
    assertThat(after.directory.progress()).isEqualTo(new RecoveryProgress(false, 1, 1, 1, 1));
    shouldHold(100);
  }

  @Test
  void shouldNotPassSegmentsWhoseIndexesAreNotWritten() {
    LogFixture f = before;
    f.appendUpTo(100, "value");
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == 100);
    assertThat(f.files(".index")).hasSize(f.files(".log").size() - 1);
  }

  @Test
  void shouldRebuildMissingIndexes() throws IOException {
    before.appendUpTo(100, "value");
    before.stop();
    crash();
    for (String suffix : List.of(".index", ".timeindex")) {
      for (String name : after.files(suffix)) {
        Files.delete(after.logPath().resolve(name));
      }
    }
    after.open();
    assertThat(after.directory.clean()).isTrue();
    shouldHold(100);
  }

  @Test
  void shouldRebuildDamagedIndexes() throws IOException {
    before.appendUpTo(100, "value");
    before.stop();
    Random random = new Random(3);
    for (String how : List.of("half", "empty", "cut", "garbage", "zeros")) {
      after = before.crashed(copies.resolve(how));
      for (String suffix : List.of(".index", ".timeindex")) {
        for (String name : after.files(suffix)) {
          Path index = after.logPath().resolve(name);
          byte[] bytes = Files.readAllBytes(index);
          switch (how) {
            case "half" -> bytes = Arrays.copyOf(bytes, bytes.length / 2 + 1);
            case "empty" -> bytes = new byte[0];
            case "cut" -> bytes = Arrays.copyOf(bytes, suffix.equals(".index") ? 8 : 12);
            case "garbage" -> random.nextBytes(bytes);
            default -> bytes = new byte[bytes.length];
          }
          Files.write(index, bytes);
        }
      }
      after.open();
      shouldHold(100);
      after.close();
    }
  }

  @Test
  void shouldKnowProducersAfterACrash() throws IOException {
    for (int i = 0; i < 60; i++) {
      before.append(producerBatch(i));
    }
    crash();
    after.open();
    for (int i = 55; i < 60; i++) {
      assertThat(after.assign(producerBatch(i)))
          .as("sequence %d", i)
          .isEqualTo(new AppendOutcome.Duplicate(i, i, -1));
    }
    assertThat(after.append(producerBatch(60))).isEqualTo(60);
  }

  private static ByteBuffer producerBatch(int sequence) {
    return LogFixture.direct(
        new BatchBuilder()
            .producer(42, (short) 1, sequence)
            .append(1000 + sequence, null, new byte[20])
            .build());
  }

  @Test
  void shouldTakeAnOlderSnapshotIfTheNewestIsCorrupt() throws IOException {
    for (int i = 0; i < 60; i++) {
      before.append(producerBatch(i));
    }
    before.loop.await(before.log.flush());
    before.loop.await(() -> before.log.recoveryPoint() == 60);
    before.close();
    crash();
    List<String> snapshots = after.files(".snapshot");
    assertThat(snapshots).hasSize(2);
    Files.write(after.logPath().resolve(snapshots.get(1)), new byte[30]);
    after.open();
    assertThat(after.assign(producerBatch(59))).isEqualTo(new AppendOutcome.Duplicate(59, 59, -1));
    assertThat(after.append(producerBatch(60))).isEqualTo(60);
  }

  @Test
  void shouldKnowEpochsAfterACrash() throws IOException {
    for (int i = 0; i < 60; i++) {
      before.log.assign(LogFixture.batch(1, "value"), i / 10, 0, () -> {});
    }
    before.log.write();
    before.loop.await(() -> before.log.logEndOffset() == 60);
    crash();
    truncate(after.lastSegment(), 1);
    after.open();
    assertThat(after.log.latestEpoch()).isEqualTo(5);
    for (int epoch = 0; epoch < 5; epoch++) {
      assertThat(after.log.endOfEpoch(epoch)).isEqualTo(new EpochEnd(epoch, 10L * epoch + 10));
    }
    assertThat(after.log.endOfEpoch(5)).isEqualTo(new EpochEnd(5, 59));
  }

  @Test
  void shouldRecoverIfTheMarkOfAStopInOrderLies() throws IOException {
    before.appendUpTo(50, "value");
    before.stop();
    crash();
    Files.delete(after.path.resolve(OffsetCheckpoint.RECOVERY_POINT));
    after.open();
    shouldHold(50);
  }

  @Test
  void shouldSurviveMalformedCheckpoints() throws IOException {
    before.appendUpTo(50, "value");
    before.stop();
    crash();
    Files.writeString(after.path.resolve(OffsetCheckpoint.RECOVERY_POINT), "garbage");
    Files.writeString(after.path.resolve(OffsetCheckpoint.LOG_START_OFFSET), "0\n5\n");
    Files.writeString(after.logPath().resolve(LeaderEpochCheckpoint.FILE), "\0\0\0\0");
    Files.write(after.logPath().resolve(PartitionMetadata.FILE), new byte[0]);
    after.open();
    shouldHold(50);
    assertThat(after.log.latestEpoch()).isZero();
    assertThat(PartitionMetadata.read(after.logPath())).contains(LogFixture.ID.topicId());
  }

  @Test
  void shouldNotBeCleanAfterACrashOfTheNextStart() throws IOException {
    before.appendUpTo(50, "value");
    before.restart();
    assertThat(before.directory.clean()).isTrue();
    crash();
    after.open();
    assertThat(after.directory.clean()).isFalse();
    shouldHold(50);
  }

  @Test
  void shouldStayUncleanWhileALogIsNotRecovered() throws IOException {
    before.appendUpTo(50, "value");
    crash();
    after.directory =
        after.loop.await(
            LogDirectory.open(after.path, after.options, after.io, after.clock, after.loop));
    after.close();
    after.open();
    assertThat(after.directory.clean()).isFalse();
    shouldHold(50);
  }

  @Test
  void shouldPutALogOfAnotherTopicAside() throws IOException {
    before.appendUpTo(5, "value");
    before.stop();
    crash();
    PartitionMetadata.write(SystemFileIo.INSTANCE, after.logPath(), new TopicId(8, 9), false);
    after.open();
    assertThat(after.log.logEndOffset()).isZero();
    assertThat(after.path.toFile().list((d, n) -> n.matches("events-0\\.[0-9a-f]{32}-delete")))
        .hasSize(1);
  }
}
