package io.millrace.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.FileIo;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.HardState;
import io.millrace.record.RecordBatch;
import io.millrace.simulation.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetadataLogTest {
  private static final String FIRST_SEGMENT = "00000000000000000000.log";

  @TempDir Path temp;

  private Path directory() {
    return temp.resolve(QuorumConfig.DIRECTORY);
  }

  private static Entry entry(long offset, int term, int records) {
    List<MetadataRecord> list = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      list.add(new Feature("feature-" + (offset + i), 1));
    }
    return new Entry(offset, term, list);
  }

  private LogContent read() throws IOException {
    return LogContent.read(directory(), SystemFileIo.INSTANCE);
  }

  private MetadataLog open(FileIo io) throws IOException {
    return MetadataLog.open(directory(), io, LogContent.read(directory(), io));
  }

  private MetadataLog open() throws IOException {
    return open(SystemFileIo.INSTANCE);
  }

  /** Three batches: offsets 0; 1 to 3; 4. */
  private byte[] writeThreeBatches() throws IOException {
    MetadataLog log = open();
    log.persist(HardState.ofNode(1, 1));
    log.append(List.of(entry(0, 1, 1)), 5);
    log.append(List.of(entry(1, 1, 3)), 5);
    log.append(List.of(entry(4, 1, 1)), 5);
    log.close();
    return Files.readAllBytes(directory().resolve(FIRST_SEGMENT));
  }

  private static int endOfBatch(byte[] file, int number) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    int position = 0;
    for (int i = 0; i <= number; i++) {
      position += RecordBatch.sizeInBytes(bytes, position);
    }
    return position;
  }

  @Test
  void shouldReadBackWhatWasAppended() throws IOException {
    writeThreeBatches();
    LogContent content = read();
    assertThat(content.entries()).containsExactly(entry(0, 1, 1), entry(1, 1, 3), entry(4, 1, 1));
    assertThat(content.endOffset()).isEqualTo(5);
    assertThat(content.hardState()).isEqualTo(HardState.ofNode(1, 1));
  }

  @Test
  void shouldStartEmpty() throws IOException {
    LogContent content = read();
    assertThat(content.hardState()).isEqualTo(HardState.INITIAL);
    assertThat(content.entries()).isEmpty();
    assertThat(content.endOffset()).isZero();
  }

  @Test
  void shouldWriteEntriesThatWaitTogetherWithOneFsync() throws IOException {
    UnsyncedLossIo io = new UnsyncedLossIo();
    MetadataLog log = open(io);
    log.persist(HardState.ofNode(1, 1));
    int before = io.forces();
    log.append(List.of(entry(0, 1, 1), entry(1, 1, 2), entry(3, 1, 1)), 5);
    assertThat(io.forces() - before).isEqualTo(1);
    log.close();
    assertThat(read().entries()).containsExactly(entry(0, 1, 1), entry(1, 1, 2), entry(3, 1, 1));
  }

  @Test
  void shouldNotMixTermsInABatch() throws IOException {
    MetadataLog log = open();
    log.persist(HardState.ofNode(2, 1));
    log.append(List.of(entry(0, 1, 1), entry(1, 2, 1)), 5);
    log.close();
    assertThat(read().entries()).containsExactly(entry(0, 1, 1), entry(1, 2, 1));
  }

  @Test
  void shouldCutALastBatchTornAtAnyByte() throws IOException {
    byte[] whole = writeThreeBatches();
    int lastStart = endOfBatch(whole, 1);
    for (int length = lastStart; length < whole.length; length++) {
      Files.write(directory().resolve(FIRST_SEGMENT), Arrays.copyOf(whole, length));
      MetadataLog log = open();
      assertThat(log.endOffset()).as("cut to %d bytes", length).isEqualTo(4);
      log.append(List.of(entry(4, 1, 2)), 5);
      log.close();
      assertThat(read().entries())
          .as("after a cut to %d bytes", length)
          .containsExactly(entry(0, 1, 1), entry(1, 1, 3), entry(4, 1, 2));
    }
  }

  @Test
  void shouldCutALastBatchWhosePagesWereNotWritten() throws IOException {
    byte[] whole = writeThreeBatches();
    Arrays.fill(whole, endOfBatch(whole, 1) + 20, whole.length, (byte) 0);
    Files.write(directory().resolve(FIRST_SEGMENT), whole);
    assertThat(read().endOffset()).isEqualTo(4);
  }

  @Test
  void shouldRefuseAFlippedBitBeforeTheLastBatch() throws IOException {
    byte[] whole = writeThreeBatches();
    int end = endOfBatch(whole, 1);
    for (int bit = 0; bit < end * 8; bit++) {
      int at = bit / 8;
      byte[] flipped = whole.clone();
      flipped[at] ^= (byte) (1 << (bit % 8));
      Files.write(directory().resolve(FIRST_SEGMENT), flipped);
      assertThatThrownBy(this::read)
          .as("bit %d of byte %d", bit % 8, at)
          .isInstanceOf(MetadataLogException.class)
          .hasMessageContaining(FIRST_SEGMENT);
      assertThat(Files.readAllBytes(directory().resolve(FIRST_SEGMENT))).isEqualTo(flipped);
    }
  }

  @Test
  void shouldRefuseATornBatchBeforeTheLastSegment() throws IOException {
    writeThreeBatches();
    MetadataLog log = open();
    log.roll();
    log.append(List.of(entry(5, 1, 1)), 5);
    log.close();
    Path first = directory().resolve(FIRST_SEGMENT);
    byte[] bytes = Files.readAllBytes(first);
    Files.write(first, Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(this::read).isInstanceOf(MetadataLogException.class);
  }

  @Test
  void shouldRefuseAMissingSegment() throws IOException {
    writeThreeBatches();
    MetadataLog log = open();
    log.roll();
    log.append(List.of(entry(5, 1, 1)), 5);
    log.close();
    Files.delete(directory().resolve(FIRST_SEGMENT));
    assertThatThrownBy(this::read)
        .isInstanceOf(MetadataLogException.class)
        .hasMessageContaining("starts at offset 5");
  }

  @Test
  void shouldRefuseALogWhoseVoteIsLost() throws IOException {
    writeThreeBatches();
    Files.delete(directory().resolve(HardStateFile.NAME));
    assertThatThrownBy(this::read)
        .isInstanceOf(MetadataLogException.class)
        .hasMessageContaining(HardStateFile.NAME);
  }

  @Test
  void shouldRefuseATermOlderThanTheLog() throws IOException {
    writeThreeBatches();
    HardStateFile.write(SystemFileIo.INSTANCE, directory(), HardState.ofNode(0, 1));
    assertThatThrownBy(this::read).isInstanceOf(MetadataLogException.class);
  }

  @Test
  void shouldRefuseADamagedVote() throws IOException {
    writeThreeBatches();
    Files.writeString(directory().resolve(HardStateFile.NAME), "version=0\nterm=x\nvotedFor=1\n");
    assertThatThrownBy(this::read)
        .isInstanceOf(MetadataLogException.class)
        .hasMessageContaining("term is x");
  }

  @Test
  void shouldWriteTermAndVoteAsText() throws IOException {
    writeThreeBatches();
    assertThat(directory().resolve(HardStateFile.NAME))
        .hasContent("version=0\nterm=1\nvotedFor=1\n");
  }

  @Test
  void shouldKeepWhatWasFsyncedWhenThePowerGoes() throws IOException {
    for (int seed = 0; seed < 50; seed++) {
      Random random = Seeds.random(seed);
      UnsyncedLossIo io = new UnsyncedLossIo();
      long start = Files.exists(directory()) ? read().endOffset() : 0;
      MetadataLog log = open(io);
      log.persist(HardState.ofNode(seed + 1, 1));
      log.append(List.of(entry(start, seed + 1, 1)), 5);
      long acknowledged = log.endOffset();
      // Written, but the power goes before the fsync.
      io.failNextForce(new IOException("power"));
      long next = acknowledged;
      int term = seed + 1;
      assertThatThrownBy(() -> log.append(List.of(entry(next, term, 3)), 5))
          .isInstanceOf(AppendFailure.class);
      io.losePower(random);
      log.close();
      assertThat(read().endOffset()).as("seed %d", seed).isIn(acknowledged, acknowledged + 3);
    }
  }

  @Test
  void shouldCutBackAWriteThatFoundTheDiskFull() throws IOException {
    UnsyncedLossIo io = new UnsyncedLossIo();
    MetadataLog log = open(io);
    log.persist(HardState.ofNode(1, 1));
    log.append(List.of(entry(0, 1, 1)), 5);
    long size = Files.size(directory().resolve(FIRST_SEGMENT));
    io.failNextWrite(30, new IOException("No space left on device"));
    assertThatThrownBy(() -> log.append(List.of(entry(1, 1, 1)), 5))
        .isInstanceOfSatisfying(
            AppendFailure.class, failure -> assertThat(failure.retriable()).isTrue());
    assertThat(directory().resolve(FIRST_SEGMENT)).hasSize(size);
    log.append(List.of(entry(1, 1, 2)), 5);
    log.close();
    assertThat(read().entries()).containsExactly(entry(0, 1, 1), entry(1, 1, 2));
  }

  @Test
  void shouldNotRetryAFailedFsync() throws IOException {
    UnsyncedLossIo io = new UnsyncedLossIo();
    MetadataLog log = open(io);
    io.failNextForce(new IOException("No space left on device"));
    assertThatThrownBy(() -> log.append(List.of(entry(0, 1, 1)), 5))
        .isInstanceOfSatisfying(
            AppendFailure.class, failure -> assertThat(failure.retriable()).isFalse());
    log.close();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory())) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void shouldDropTheLogThatASnapshotStandsFor() throws IOException {
    writeThreeBatches();
    MetadataLog log = open();
    log.roll();
    log.append(List.of(entry(5, 1, 1)), 5);
    log.snapshot(4, entry(0, 1, 2).records(), 5);
    log.close();
    assertThat(files())
        .containsExactly(
            "00000000000000000005-0000000001.checkpoint",
            "00000000000000000005.log",
            "quorum-state");
    LogContent content = read();
    assertThat(content.snapshotRecords()).isEqualTo(entry(0, 1, 2).records());
    assertThat(content.snapshot().endOffset()).isEqualTo(5);
    assertThat(content.entries()).containsExactly(entry(5, 1, 1));
  }

  @Test
  void shouldReplaceAnOlderSnapshot() throws IOException {
    writeThreeBatches();
    MetadataLog log = open();
    log.snapshot(0, entry(0, 1, 1).records(), 5);
    log.snapshot(3, entry(0, 1, 2).records(), 5);
    log.close();
    assertThat(files())
        .containsExactly(
            FIRST_SEGMENT, "00000000000000000004-0000000001.checkpoint", "quorum-state");
    assertThat(read().entries()).containsExactly(entry(4, 1, 1));
  }

  @Test
  void shouldStartTheLogAgainAtTheSnapshot() throws IOException {
    writeThreeBatches();
    MetadataLog log = open();
    log.roll();
    log.snapshot(4, entry(0, 1, 2).records(), 5);
    log.close();
    log = open();
    assertThat(log.endOffset()).isEqualTo(5);
    log.append(List.of(entry(5, 1, 1)), 5);
    log.close();
    assertThat(read().entries()).containsExactly(entry(5, 1, 1));
  }

  @Test
  void shouldForgetASnapshotThatWasNotFinished() throws IOException {
    writeThreeBatches();
    Path part = directory().resolve("00000000000000000005-0000000001.checkpoint.part");
    Files.writeString(part, "half");
    LogContent content = read();
    assertThat(content.snapshot()).isNull();
    assertThat(content.entries()).hasSize(3);
    assertThat(part).doesNotExist();
  }

  @Test
  void shouldFinishADeletionThatACrashInterrupted() throws IOException {
    writeThreeBatches();
    MetadataLog log = open();
    log.snapshot(0, entry(0, 1, 1).records(), 5);
    log.roll();
    log.close();
    SnapshotFile.write(SystemFileIo.INSTANCE, directory(), 5, 1, entry(0, 1, 2).records(), 5);
    open().close();
    assertThat(files())
        .containsExactly(
            "00000000000000000005-0000000001.checkpoint",
            "00000000000000000005.log",
            "quorum-state");
    assertThat(read().endOffset()).isEqualTo(5);
  }

  @Test
  void shouldOutliveADeletionThatKeptTheOldest() throws IOException {
    writeThreeBatches();
    byte[] oldest = Files.readAllBytes(directory().resolve(FIRST_SEGMENT));
    MetadataLog log = open();
    log.roll();
    log.append(List.of(entry(5, 1, 1)), 5);
    log.roll();
    log.append(List.of(entry(6, 1, 1)), 5);
    log.snapshot(5, entry(0, 1, 2).records(), 5);
    log.close();
    Files.write(directory().resolve(FIRST_SEGMENT), oldest); // as if its deletion was not synced
    assertThat(read().entries()).containsExactly(entry(6, 1, 1));
    assertThat(directory().resolve(FIRST_SEGMENT)).doesNotExist();
  }

  @Test
  void shouldGoOnInTheOldSegmentWhenANewOneCannotBe() throws IOException {
    UnsyncedLossIo io = new UnsyncedLossIo();
    MetadataLog log = open(io);
    log.persist(HardState.ofNode(1, 1));
    log.append(List.of(entry(0, 1, 1)), 5);
    io.failNextDirectorySync(new IOException("No space left on device"));
    assertThat(log.roll()).isFalse();
    log.append(List.of(entry(1, 1, 1)), 5);
    log.close();
    assertThat(files()).containsExactly(FIRST_SEGMENT, "quorum-state");
    assertThat(read().entries()).containsExactly(entry(0, 1, 1), entry(1, 1, 1));
  }

  @Test
  void shouldRefuseADamagedSnapshot() throws IOException {
    writeThreeBatches();
    MetadataLog log = open();
    log.snapshot(4, entry(0, 1, 2).records(), 5);
    log.close();
    Path snapshot = directory().resolve("00000000000000000005-0000000001.checkpoint");
    byte[] whole = Files.readAllBytes(snapshot);
    for (int length = 0; length < whole.length; length++) {
      Files.write(snapshot, Arrays.copyOf(whole, length));
      assertThatThrownBy(this::read)
          .as("cut to %d bytes", length)
          .isInstanceOf(MetadataLogException.class)
          .hasMessageContaining("checkpoint");
    }
  }
}
