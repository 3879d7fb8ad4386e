package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerSnapshotTest {
  private static final short EPOCH = 3;

  @TempDir Path directory;
  private Path file;
  private final FaultyFileIo io = new FaultyFileIo();
  private final ProducerStateTable table = new ProducerStateTable();

  @BeforeEach
  void fillTable() {
    file = directory.resolve("00000000000000000200.snapshot");
    table.replay(1, EPOCH, 0, 100, 4, 1000);
    table.replay(1, EPOCH, 5, 105, 9, 1500);
    table.replay(2, (short) 0, Integer.MAX_VALUE, 115, 1, -1);
    table.restore(
        ProducerState.restored(9_000_000_000L, EPOCH, -1, -1, 0, 3000).withTransaction(4, 150));
  }

  private void write(long endOffset) throws IOException {
    ProducerSnapshot.write(io, file, ProducerSnapshot.encode(table, endOffset), true);
  }

  private ProducerStateTable read() throws IOException {
    ProducerStateTable read = new ProducerStateTable();
    ProducerSnapshot.read(file).forEach(read::restore);
    return read;
  }

  @Test
  void shouldKeepTheBatchesByWhichDuplicatesAreKnown() throws IOException {
    write(200);
    ProducerStateTable read = read();
    assertThat(read.size()).isEqualTo(3);
    assertThat(read.check(1, EPOCH, 0, 5)).isEqualTo(new SequenceCheck.Duplicate(100, 104, 1000));
    assertThat(read.check(1, EPOCH, 5, 10)).isEqualTo(new SequenceCheck.Duplicate(105, 114, 1500));
    assertThat(read.check(1, EPOCH, 15, 1)).isEqualTo(SequenceCheck.Accept.INSTANCE);
    assertThat(read.get(1).lastTimestamp()).isEqualTo(1500);
    assertThat(read.check(2, (short) 0, 1, 1)).isEqualTo(SequenceCheck.Accept.INSTANCE);
    assertThat(read.check(2, (short) 0, Integer.MAX_VALUE, 2))
        .isEqualTo(new SequenceCheck.Duplicate(115, 116, -1));
    ProducerState inTransaction = read.get(9_000_000_000L);
    assertThat(inTransaction.batches()).isZero();
    assertThat(inTransaction.lastSequence()).isEqualTo(-1);
    assertThat(inTransaction.coordinatorEpoch()).isEqualTo(4);
    assertThat(inTransaction.currentTxnFirstOffset()).isEqualTo(150);
  }

  @Test
  void shouldKeepNoMoreThanFiveBatches() throws IOException {
    for (int i = 0; i < 10; i++) {
      table.update(7, EPOCH, i, 120 + i, 0, i); // none persisted yet: the table keeps all
    }
    write(200);
    assertThat(ProducerSnapshot.read(file)).filteredOn(s -> s.producerId == 7).hasSize(5);
    assertThat(read().check(7, EPOCH, 5, 1)).isEqualTo(new SequenceCheck.Duplicate(125, 125, 5));
    assertThat(read().check(7, EPOCH, 4, 1)).isInstanceOf(SequenceCheck.Refused.class);
  }

  @Test
  void shouldLeaveOutWhatCameLater() throws IOException {
    table.persistedTo(117);
    table.update(1, EPOCH, 15, 200, 0, 5000);
    table.update(2, (short) 0, 1, 201, 0, 5000);
    table.update(77, EPOCH, 0, 202, 0, 5000);
    write(200);
    ProducerStateTable read = read();
    assertThat(read.size()).isEqualTo(3);
    assertThat(read.get(77)).isNull();
    assertThat(read.check(1, EPOCH, 15, 1)).isEqualTo(SequenceCheck.Accept.INSTANCE);
    assertThat(read.get(1).lastTimestamp()).isEqualTo(1500);
    assertThat(read.check(2, (short) 0, 1, 1)).isEqualTo(SequenceCheck.Accept.INSTANCE);
  }

  @Test
  void shouldLeaveOutATransactionThatBeganLater() throws IOException {
    table.restore(ProducerState.restored(5, EPOCH, 0, 220, 0, 1).withTransaction(1, 220));
    write(200);
    assertThat(read().get(5).currentTxnFirstOffset()).isEqualTo(-1);
  }

  @Test
  void shouldBeReadByKafka() throws IOException {
    write(200);
    Map<Long, ProducerStateEntry> entries = new HashMap<>();
    ProducerStateManager.readSnapshot(file.toFile())
        .forEach(entry -> entries.put(entry.producerId(), entry));

    assertThat(entries).containsOnlyKeys(1L, 2L, 9_000_000_000L);
    assertThat(entries.get(1L).producerEpoch()).isEqualTo(EPOCH);
    assertThat(entries.get(1L).lastTimestamp()).isEqualTo(1500);
    assertThat(entries.get(1L).coordinatorEpoch()).isEqualTo(-1);
    assertThat(entries.get(1L).currentTxnFirstOffset()).isEmpty();
    assertThat(entries.get(1L).batchMetadata())
        .containsExactly(new BatchMetadata(14, 114, 9, 1500));
    assertThat(entries.get(2L).batchMetadata()).containsExactly(new BatchMetadata(0, 116, 1, -1));
    assertThat(entries.get(2L).batchMetadata().iterator().next().firstSeq())
        .isEqualTo(Integer.MAX_VALUE);
    assertThat(entries.get(9_000_000_000L).batchMetadata()).isEmpty();
    assertThat(entries.get(9_000_000_000L).coordinatorEpoch()).isEqualTo(4);
    assertThat(entries.get(9_000_000_000L).currentTxnFirstOffset()).isEqualTo(OptionalLong.of(150));
  }

  @Test
  void shouldBeDumpedByKafka() throws IOException {
    write(200);
    DumpLog.Output output = DumpLog.run(file);
    assertThat(output.err()).isEmpty();
    assertThat(output.out())
        .contains(
            "producerId: 1 producerEpoch: 3 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty"
                + " lastTimestamp: 1500 firstSequence: 5 lastSequence: 14 lastOffset: 114 offsetDelta: 9"
                + " timestamp: 1500");
  }

  @Test
  void shouldReadWhatKafkaWrote() throws IOException {
    write(200);
    Map<Long, ProducerStateEntry> entries = new HashMap<>();
    ProducerStateManager.readSnapshot(file.toFile())
        .forEach(entry -> entries.put(entry.producerId(), entry));
    Path kafkas = directory.resolve("00000000000000000201.snapshot");
    ProducerStateManager.writeSnapshot(kafkas.toFile(), entries, true);

    List<ProducerState> states = ProducerSnapshot.read(kafkas);
    assertThat(states).hasSize(3);
    ProducerState first =
        states.stream().filter(state -> state.producerId == 1).findFirst().orElseThrow();
    assertThat(first.epoch()).isEqualTo(EPOCH);
    assertThat(first.lastSequence()).isEqualTo(14);
    assertThat(first.lastOffset(0)).isEqualTo(114);
    assertThat(first.offsetDelta(0)).isEqualTo(9);
    assertThat(first.lastTimestamp()).isEqualTo(1500);
  }

  @Test
  void shouldWriteAnEmptyTable() throws IOException {
    table.clear();
    write(200);
    assertThat(ProducerSnapshot.read(file)).isEmpty();
    assertThat(ProducerStateManager.readSnapshot(file.toFile())).isEmpty();
  }

  @Test
  void shouldNoticeEveryFlippedBitAndEveryMissingByte() throws IOException {
    write(200);
    byte[] good = Files.readAllBytes(file);
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 0x10;
      Files.write(file, bad);
      assertThatThrownBy(() -> ProducerSnapshot.read(file))
          .isInstanceOf(CorruptSnapshotException.class)
          .hasMessageContaining(file.toString());
      Files.write(file, Arrays.copyOf(good, at));
      assertThatThrownBy(() -> ProducerSnapshot.read(file))
          .isInstanceOf(CorruptSnapshotException.class);
    }
  }

  @Test
  void shouldSayWhenThereIsNoSnapshot() {
    assertThatThrownBy(() -> ProducerSnapshot.read(file)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void shouldKeepTheOldSnapshotWhenTheDiskIsFull() throws IOException {
    write(200);
    byte[] before = Files.readAllBytes(file);
    table.replay(50, EPOCH, 0, 180, 0, 1);
    io.limitSpace(40);
    assertThatThrownBy(() -> write(200)).hasMessageContaining("No space left");
    assertThat(file).hasBinaryContent(before);
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void shouldFsyncOnlyWhenItMustBeDurable() throws IOException {
    ProducerSnapshot.write(io, file, ProducerSnapshot.encode(table, 200), false);
    assertThat(io.count(FaultyFileIo.Operation.FORCE, FaultyFileIo.any())).isZero();
    assertThat(io.count(FaultyFileIo.Operation.FSYNC_DIRECTORY, FaultyFileIo.any())).isZero();
    assertThat(read().size()).isEqualTo(3);
  }
}
