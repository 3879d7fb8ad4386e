package io.millrace.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.FileIo;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataCodec;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.HardState;
import io.millrace.quorum.state.SnapshotId;
import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a leader makes its followers' logs do. */
class ReplicatedLogTest {
  private static final int MAX_BYTES = 1 << 20;

  @TempDir Path temp;

  private Path directory() {
    return temp.resolve(QuorumConfig.DIRECTORY);
  }

  private static MetadataRecord record(long offset, int term) {
    return new Feature("feature-" + offset, term);
  }

  private static Entry entry(long offset, int term, int count) {
    List<MetadataRecord> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(record(offset + i, term));
    }
    return new Entry(offset, term, list);
  }

  private static MetadataLog open(Path directory, FileIo io) throws IOException {
    return MetadataLog.open(directory, io, LogContent.read(directory, io));
  }

  private MetadataLog open() throws IOException {
    return open(directory(), SystemFileIo.INSTANCE);
  }

  private MetadataLog openWithVote(FileIo io, int term) throws IOException {
    MetadataLog log = open(directory(), io);
    log.persist(HardState.ofNode(term, 1));
    return log;
  }

  /** One for each offset: the term and the record there. */
  private static List<String> flat(List<Entry> entries) {
    List<String> flat = new ArrayList<>();
    for (Entry entry : entries) {
      for (int i = 0; i < entry.records().size(); i++) {
        flat.add((entry.baseOffset() + i) + "@" + entry.term() + " " + entry.records().get(i));
      }
    }
    return flat;
  }

  private List<String> stored() throws IOException {
    return flat(LogContent.read(directory(), SystemFileIo.INSTANCE).entries());
  }

  private void wipe() throws IOException {
    if (Files.isDirectory(directory())) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory())) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void shouldCutBetweenBatches() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 2);
    log.append(List.of(entry(0, 1, 3)), 5);
    log.append(List.of(entry(3, 1, 4)), 5);
    log.truncateTo(3);
    log.append(List.of(entry(3, 2, 1)), 5);
    assertThat(log.endOffset()).isEqualTo(4);
    log.close();
    assertThat(stored()).isEqualTo(flat(List.of(entry(0, 1, 3), entry(3, 2, 1))));
  }

  @Test
  void shouldCutWithinABatch() throws IOException {
    for (int end = 1; end < 7; end++) {
      wipe();
      MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 2);
      log.append(List.of(entry(0, 1, 1)), 5);
      log.append(List.of(entry(1, 1, 6)), 5);
      log.truncateTo(end);
      log.append(List.of(entry(end, 2, 2)), 5);
      assertThat(flat(log.read(0, end + 2, MAX_BYTES)))
          .as("cut to %d", end)
          .isEqualTo(
              flat(end == 1 ? List.of(entry(0, 1, 1), entry(1, 2, 2)) : List.of(entry(0, 1, 1))));
      log.close();
      assertThat(stored())
          .as("cut to %d", end)
          .isEqualTo(flat(List.of(entry(0, 1, end), entry(end, 2, 2))));
    }
  }

  @Test
  void shouldCutWithinTheFirstBatch() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 2);
    log.append(List.of(entry(0, 1, 6)), 5);
    log.truncateTo(2);
    log.append(List.of(entry(2, 2, 2)), 5);
    log.close();
    assertThat(stored()).isEqualTo(flat(List.of(entry(0, 1, 2), entry(2, 2, 2))));
  }

  @Test
  void shouldCutSeveralSegments() throws IOException {
    for (int end = 0; end <= 6; end++) {
      wipe();
      MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 2);
      log.append(List.of(entry(0, 1, 2)), 5);
      log.roll();
      log.append(List.of(entry(2, 1, 2)), 5);
      log.roll();
      log.append(List.of(entry(4, 1, 2)), 5);
      log.roll();
      log.truncateTo(end);
      log.append(List.of(entry(end, 2, 1)), 5);
      log.close();
      assertThat(stored())
          .as("cut to %d", end)
          .isEqualTo(
              flat(
                  end == 0
                      ? List.of(entry(0, 2, 1))
                      : List.of(entry(0, 1, end), entry(end, 2, 1))));
    }
  }

  @Test
  void shouldKeepWhatIsBeforeACutWhereverItCrashes() throws IOException {
    List<String> whole = flat(List.of(entry(0, 1, 8)));
    for (int end = 1; end < 8; end++) {
      boolean crashed = true;
      for (int operations = 0; crashed; operations++) {
        wipe();
        CrashingIo io = new CrashingIo();
        MetadataLog log = openWithVote(io, 2);
        log.append(List.of(entry(0, 1, 2)), 5);
        log.roll();
        log.append(List.of(entry(2, 1, 1)), 5);
        log.append(List.of(entry(3, 1, 3)), 5);
        log.roll();
        log.append(List.of(entry(6, 1, 2)), 5);
        io.crashAfter(operations);
        try {
          log.truncateTo(end);
          log.append(List.of(entry(end, 2, 1)), 5);
        } catch (AppendFailure expected) {
          // A crash: what is on the disk is what the next start finds.
        }
        crashed = io.hasCrashed();
        log.close();
        List<String> found = stored();
        assertThat(found.subList(0, end))
            .as("cut to %d, crash after %d", end, operations)
            .isEqualTo(whole.subList(0, end));
        MetadataLog again = openWithVote(SystemFileIo.INSTANCE, 3);
        again.append(List.of(entry(again.endOffset(), 3, 1)), 5);
        again.close();
        assertThat(stored().size()).isEqualTo(found.size() + 1);
      }
    }
  }

  @Test
  void shouldNeverCutWhatIsCommitted() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 1);
    log.append(List.of(entry(0, 1, 5)), 5);
    log.onCommitted(3);
    assertThatThrownBy(() -> log.truncateTo(2)).isInstanceOf(IllegalStateException.class);
    log.truncateTo(3);
    log.close();
    assertThat(stored()).isEqualTo(flat(List.of(entry(0, 1, 3))));
  }

  @Test
  void shouldReadAnyRange() throws IOException {
    Random random = new Random(11);
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 9);
    List<Entry> all = new ArrayList<>();
    Set<Long> ends = new HashSet<>();
    long end = 0;
    int term = 1;
    for (int i = 0; i < 300; i++) {
      Entry next = entry(end, term, 1 + random.nextInt(i % 50 == 0 ? 4_000 : 40));
      log.append(List.of(next), 5);
      all.add(next);
      end = next.endOffset();
      ends.add(end);
      if (i % 70 == 0) {
        log.roll();
        term++;
      }
    }
    List<String> flat = flat(all);
    for (int i = 0; i < 2_000; i++) {
      long from = random.nextLong(end);
      long to = from + 1 + random.nextLong(end - from);
      List<Entry> read = log.read(from, to, 1 + random.nextInt(200_000));
      assertThat(read).isNotEmpty();
      List<String> got = flat(read);
      assertThat(got).isEqualTo(flat.subList((int) from, (int) from + got.size()));
      assertThat(ends).contains(from + got.size());
      assertThat(read.size() == 1 || from + got.size() <= to).isTrue();
    }
    assertThat(log.read(end, end + 1, MAX_BYTES)).isEmpty();
    log.close();
    MetadataLog again = open();
    assertThat(flat(again.read(end - 1, end, MAX_BYTES)))
        .isEqualTo(flat.subList((int) end - 1, (int) end));
    again.close();
  }

  @Test
  void shouldNotReadHalfOfAGroup() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 1);
    log.append(List.of(entry(0, 1, 5)), 5);
    assertThat(log.read(0, 3, MAX_BYTES)).containsExactly(entry(0, 1, 5));
    assertThat(log.read(0, 5, 1)).containsExactly(entry(0, 1, 5));
    log.close();
  }

  @Test
  void shouldKnowTheGroupsThatShareABatch() throws IOException {
    List<Entry> groups = List.of(entry(0, 1, 1), entry(1, 1, 3), entry(4, 1, 1));
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 1);
    log.append(groups, 5);
    assertThat(log.read(0, 5, MAX_BYTES)).isEqualTo(groups);
    assertThat(log.read(0, 3, MAX_BYTES)).containsExactly(entry(0, 1, 1));
    assertThat(log.read(1, 3, MAX_BYTES)).containsExactly(entry(1, 1, 3));
    assertThat(log.read(2, 5, MAX_BYTES)).containsExactly(entry(2, 1, 2), entry(4, 1, 1));
    log.close();
    assertThat(LogContent.read(directory(), SystemFileIo.INSTANCE).entries()).isEqualTo(groups);
  }

  @Test
  void shouldKnowTheGroupsOfABatchThatWasCut() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 1);
    log.append(List.of(entry(0, 1, 1), entry(1, 1, 3), entry(4, 1, 1)), 5);
    log.truncateTo(4);
    log.close();
    assertThat(LogContent.read(directory(), SystemFileIo.INSTANCE).entries())
        .containsExactly(entry(0, 1, 1), entry(1, 1, 3));
  }

  @Test
  void shouldTakeABatchOfAnOlderVersionForOneGroup() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 1);
    log.close();
    BatchBuilder batch = new BatchBuilder().leaderEpoch(1);
    for (MetadataRecord record : entry(0, 1, 4).records()) {
      batch.append(5, null, MetadataCodec.encode(record));
    }
    Path file = directory().resolve("00000000000000000000.log");
    ByteBuffer bytes = batch.build();
    byte[] older = new byte[bytes.remaining()];
    bytes.get(older);
    Files.write(file, older);
    assertThat(LogContent.read(directory(), SystemFileIo.INSTANCE).entries())
        .containsExactly(entry(0, 1, 4));
    wipe();
    log = openWithVote(SystemFileIo.INSTANCE, 1);
    log.append(List.of(entry(0, 1, 4)), 5);
    log.close();
    assertThat(file).hasBinaryContent(older); // and one group is what it was
  }

  private static Entry large(long offset, int bytes) {
    return new Entry(
        offset,
        1,
        List.of(new MetadataRecord.Config(ConfigResource.topic("t"), "k", "v".repeat(bytes))));
  }

  @Test
  void shouldNotMakeBatchesOfAnySize() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 1);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      entries.add(large(i, 100_000));
    }
    log.append(entries, 5);
    log.close();
    ByteBuffer file =
        ByteBuffer.wrap(Files.readAllBytes(directory().resolve("00000000000000000000.log")));
    int position = 0;
    int batches = 0;
    while (position < file.limit()) {
      assertThat(RecordBatch.sizeInBytes(file, position)).isLessThan(MAX_BYTES + 10_000);
      position += RecordBatch.sizeInBytes(file, position);
      batches++;
    }
    assertThat(batches).isEqualTo(3);
  }

  @Test
  void shouldSayThatWhatASnapshotStandsForIsGone() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 1);
    log.append(List.of(entry(0, 1, 5)), 5);
    log.roll();
    log.append(List.of(entry(5, 1, 1)), 5);
    log.snapshot(4, List.of(record(0, 1)), 5);
    assertThat(log.read(4, 6, MAX_BYTES)).isEmpty();
    assertThat(log.read(5, 6, MAX_BYTES)).containsExactly(entry(5, 1, 1));
    log.close();
  }

  @Test
  void shouldRememberWhatIsCommitted() throws IOException {
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 1);
    log.append(List.of(entry(0, 1, 5)), 5);
    log.onCommitted(3);
    log.rememberCommitted();
    log.onCommitted(4);
    log.rememberCommitted();
    assertThat(directory().resolve(CommittedEndFile.NAME))
        .hasContent("00000000000000000004 8b4198b7\n");
    log.close();
    assertThat(LogContent.read(directory(), SystemFileIo.INSTANCE).committedEnd()).isEqualTo(4);
    Files.writeString(
        directory().resolve(CommittedEndFile.NAME), "00000000000000000005 8b4198b7\n");
    assertThat(LogContent.read(directory(), SystemFileIo.INSTANCE).committedEnd()).isZero();
  }

  private static List<MetadataRecord> records(int count) {
    return entry(0, 1, count).records();
  }

  /** Sends a snapshot from one log to another in pieces. */
  private static List<MetadataRecord> send(
      MetadataLog from, MetadataLog to, SnapshotId id, int pieceBytes) throws IOException {
    long position = 0;
    while (true) {
      SnapshotSource.Piece piece = from.readSnapshot(id, position, pieceBytes);
      to.receive(id, position, piece.bytes().duplicate());
      position += piece.bytes().remaining();
      if (position == piece.totalBytes()) {
        return to.install();
      }
    }
  }

  private MetadataLog leaderWithSnapshot(SnapshotId id, int count) throws IOException {
    Path other = temp.resolve("leader");
    MetadataLog leader = open(other, SystemFileIo.INSTANCE);
    leader.persist(HardState.ofNode(id.term(), 1));
    leader.append(List.of(entry(0, id.term(), (int) id.endOffset())), 5);
    leader.snapshot(id.endOffset() - 1, records(count), 5);
    return leader;
  }

  @Test
  void shouldBeginAnewBehindAReceivedSnapshot() throws IOException {
    SnapshotId id = new SnapshotId(100, 3);
    MetadataLog leader = leaderWithSnapshot(id, 500);
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 3);
    log.append(List.of(entry(0, 1, 5)), 5);
    assertThat(send(leader, log, id, 1_000)).isEqualTo(records(500));
    assertThat(log.endOffset()).isEqualTo(100);
    log.append(List.of(entry(100, 3, 2)), 5);
    log.close();
    leader.close();
    LogContent content = LogContent.read(directory(), SystemFileIo.INSTANCE);
    assertThat(content.snapshotRecords()).isEqualTo(records(500));
    assertThat(content.committedEnd()).isEqualTo(100);
    assertThat(content.entries()).containsExactly(entry(100, 3, 2));
    assertThat(content.segments()).hasSize(1);
  }

  @Test
  void shouldHaveTheOldLogOrTheNewWhereverAnInstallCrashes() throws IOException {
    SnapshotId id = new SnapshotId(100, 3);
    MetadataLog leader = leaderWithSnapshot(id, 500);
    boolean crashed = true;
    boolean sawOld = false;
    boolean sawNew = false;
    for (int operations = 0; crashed; operations++) {
      wipe();
      CrashingIo io = new CrashingIo();
      MetadataLog log = openWithVote(io, 3);
      log.append(List.of(entry(0, 1, 2)), 5);
      log.roll();
      log.append(List.of(entry(2, 1, 3)), 5);
      log.snapshot(3, records(7), 5);
      io.crashAfter(operations);
      try {
        send(leader, log, id, 5_000);
      } catch (AppendFailure expected) {
        // What is on the disk is what the next start finds.
      }
      crashed = io.hasCrashed();
      io.crashAfter(0);
      assertThatThrownBy(() -> throwAfter(log)).isInstanceOf(IOException.class);
      open().close();
      LogContent content = LogContent.read(directory(), SystemFileIo.INSTANCE);
      if (content.endOffset() == 100) {
        sawNew = true;
        assertThat(content.snapshotRecords()).isEqualTo(records(500));
        assertThat(content.entries()).isEmpty();
      } else {
        sawOld = true;
        assertThat(content.snapshotRecords()).isEqualTo(records(7));
        assertThat(content.entries()).containsExactly(entry(4, 1, 1));
      }
    }
    leader.close();
    assertThat(sawOld && sawNew).isTrue();
  }

  /** A dead process closes its files, and nothing else happens. */
  private static void throwAfter(MetadataLog log) throws IOException {
    log.close();
    throw new IOException("dead");
  }

  @Test
  void shouldThrowAwayASnapshotThatIsNotWhole() throws IOException {
    SnapshotId id = new SnapshotId(100, 3);
    MetadataLog leader = leaderWithSnapshot(id, 500);
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 3);
    log.append(List.of(entry(0, 1, 5)), 5);
    ByteBuffer half = leader.readSnapshot(id, 0, 3_000).bytes();
    log.receive(id, 0, half);
    assertThat(log.install()).isNull();
    assertThat(log.endOffset()).isEqualTo(5);
    assertThat(send(leader, log, id, 100_000)).hasSize(500);
    log.close();
    leader.close();
  }

  @Test
  void shouldReadASnapshotToItsEndAlthoughANewerOneCame() throws IOException {
    SnapshotId id = new SnapshotId(100, 3);
    MetadataLog leader = leaderWithSnapshot(id, 500);
    MetadataLog log = openWithVote(SystemFileIo.INSTANCE, 3);
    SnapshotSource.Piece first = leader.readSnapshot(id, 0, 1_000);
    log.receive(id, 0, first.bytes());
    leader.append(List.of(entry(100, 3, 1)), 5);
    leader.snapshot(100, records(3), 5);
    int left = (int) first.totalBytes() - 1_000;
    log.receive(id, 1_000, leader.readSnapshot(id, 1_000, left).bytes());
    assertThat(log.install()).hasSize(500);
    assertThat(leader.readSnapshot(new SnapshotId(50, 3), 0, 10)).isNull();
    assertThat(leader.readSnapshot(id, 1_000 + left + 1, 10)).isNull();
    log.close();
    leader.close();
  }
}
