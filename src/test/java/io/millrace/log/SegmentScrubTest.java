package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LeaderEpochCache.EpochEntry;
import io.millrace.record.BatchBuilder;
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

/** What is found in a segment's file, whatever byte of it the disk has changed. */
class SegmentScrubTest {
  private static final long BASE = 1_000;

  @TempDir Path path;
  private ScrubReader reader;
  private final List<Integer> positions = new ArrayList<>();
  private final List<Long> offsets = new ArrayList<>();

  /** One epoch for each two batches. */
  private final List<EpochEntry> epochs = new ArrayList<>();

  private byte[] good;
  private long endOffset;

  @BeforeEach
  void open() {
    reader = new ScrubReader(SystemFileIo.INSTANCE, path);
  }

  @AfterEach
  void close() throws IOException {
    reader.close();
  }

  /** A segment of batches with records of these sizes; {@code gap} offsets missing before each. */
  private void segment(int gap, int... sizes) {
    ByteBuffer bytes = ByteBuffer.allocate(4 << 20);
    long next = BASE;
    for (int i = 0; i < sizes.length; i++) {
      BatchBuilder builder = new BatchBuilder();
      byte[] value = new byte[sizes[i]];
      new Random(i).nextBytes(value);
      builder.append(1_000 + i, null, value);
      builder.append(1_000 + i, null, new byte[3]);
      ByteBuffer batch = builder.build();
      next += gap;
      RecordBatch.setBaseOffset(batch, batch.position(), next);
      RecordBatch.setLeaderEpoch(batch, batch.position(), i / 2);
      if (i % 2 == 0) {
        epochs.add(new EpochEntry(i / 2, next - gap));
      }
      positions.add(bytes.position());
      offsets.add(next);
      next = RecordBatch.nextOffset(batch, batch.position());
      bytes.put(batch);
    }
    good = new byte[bytes.flip().remaining()];
    bytes.get(good);
    endOffset = next;
  }

  private List<BadRange> scrub(byte[] bytes) throws IOException {
    Path file = SegmentNames.file(path, BASE, SegmentNames.LOG);
    Files.write(file, bytes);
    SegmentIndexes.Source source =
        new SegmentIndexes.Source(new SegmentFile(null, file), BASE, endOffset, bytes.length);
    reader.open(file, bytes.length);
    SegmentScrub scrub =
        new SegmentScrub(
            new SegmentScrub.Target(source, epochs),
            reader,
            IndexCheck.of(SystemFileIo.INSTANCE, source));
    int steps = 0;
    while (scrub.step()) {
      assertThat(++steps).isLessThan(1_000);
    }
    return scrub.found();
  }

  private int batchOf(int position) {
    int batch = 0;
    while (batch + 1 < positions.size() && positions.get(batch + 1) <= position) {
      batch++;
    }
    return batch;
  }

  private void assertFound(List<BadRange> found, int first, int last, String what) {
    assertThat(found).as(what).hasSize(1);
    BadRange range = found.get(0);
    int end = last + 1 < positions.size() ? positions.get(last + 1) : good.length;
    assertThat(range.position()).as(what).isEqualTo((long) positions.get(first));
    assertThat(range.position() + range.length()).as(what).isEqualTo(end);
    assertThat(range.toOffset())
        .as(what)
        .isEqualTo(last + 1 < offsets.size() ? offsets.get(last + 1) : endOffset);
  }

  @Test
  void shouldFindNothingInGoodSegments() throws IOException {
    segment(0, 1, 50, 300_000, 7, 131_072, 700_000, 20);
    assertThat(scrub(good)).isEmpty();
  }

  @Test
  void shouldFindNothingInACompactedSegment() throws IOException {
    segment(5, 1, 50, 300, 7);
    assertThat(scrub(good)).isEmpty();
  }

  @Test
  void shouldFindEveryFlippedBit() throws IOException {
    segment(0, 10, 30, 1, 20, 5);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      int batch = batchOf(bit / 8);
      assertFound(scrub(bad), batch, batch, "bit " + bit + " in batch " + batch);
    }
  }

  @Test
  void shouldFindEveryFlippedBitOfHeadersInACompactedSegment() throws IOException {
    segment(3, 10, 30, 1, 20);
    for (int batch = 0; batch < positions.size(); batch++) {
      int from = positions.get(batch) + RecordBatch.LENGTH_AT;
      for (int bit = from * 8; bit < (from + RecordBatch.HEADER_SIZE) * 8; bit++) {
        byte[] bad = good.clone();
        bad[bit / 8] ^= (byte) (1 << bit % 8);
        assertFound(scrub(bad), batch, batch, "bit " + bit + " in batch " + batch);
      }
    }
  }

  @Test
  void shouldFindFlippedBytesOfLargeBatches() throws IOException {
    segment(0, 20, 300_000, 50, 700_000, 20);
    Random random = new Random(7);
    for (int i = 0; i < 60; i++) {
      byte[] bad = good.clone();
      int at = random.nextInt(bad.length);
      bad[at] ^= 0x10;
      assertFound(scrub(bad), batchOf(at), batchOf(at), "byte " + at);
    }
  }

  @Test
  void shouldTakeALostPieceOfTheDiskForOneRange() throws IOException {
    segment(0, 100, 100, 100, 100, 100, 100);
    byte[] bad = good.clone();
    java.util.Arrays.fill(bad, positions.get(1) + 20, positions.get(3) + 70, (byte) 0);
    assertFound(scrub(bad), 1, 3, "batches 1 to 3");
  }

  @Test
  void shouldTellBadPlacesApart() throws IOException {
    segment(0, 100, 100, 100, 100, 100, 100);
    byte[] bad = good.clone();
    bad[positions.get(1) + 80] ^= 1;
    bad[positions.get(4) + 9] ^= 1;
    assertThat(scrub(bad))
        .extracting(BadRange::position)
        .containsExactly((long) positions.get(1), (long) positions.get(4));
  }

  @Test
  void shouldSayThatTheEndIsMissing() throws IOException {
    segment(0, 100, 100, 100);
    byte[] bad = java.util.Arrays.copyOf(good, good.length - 30);
    assertThat(scrub(bad)).extracting(BadRange::position).containsExactly((long) positions.get(2));
  }

  @Test
  void shouldFindEveryFlippedBitOfTheIndexes() throws IOException {
    segment(0, 100, 100, 100, 100, 100, 100);
    SegmentIndexes.Source source =
        new SegmentIndexes.Source(
            new SegmentFile(
                new ChannelPool(SystemFileIo.INSTANCE, new LogWorker("scrub", 1), 10),
                SegmentNames.file(path, BASE, SegmentNames.LOG)),
            BASE,
            endOffset,
            good.length);
    Files.write(source.file().path(), good);
    SegmentIndexes.rebuild(SystemFileIo.INSTANCE, source, 150);
    for (Path file : List.of(source.offsetIndex(), source.timeIndex())) {
      byte[] right = Files.readAllBytes(file);
      assertThat(right).isNotEmpty();
      for (int bit = 0; bit < right.length * 8; bit++) {
        if (file.equals(source.timeIndex()) && bit % (12 * 8) == 11 * 8) {
          // It then names the other record of the batch, which is right as well.
          continue;
        }
        byte[] bad = right.clone();
        bad[bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(file, bad);
        assertThat(indexProblem(source)).as("bit %d of %s", bit, file).isNotNull();
      }
      Files.write(file, right);
      assertThat(indexProblem(source)).isNull();
    }
  }

  private String indexProblem(SegmentIndexes.Source source) throws IOException {
    reader.open(source.file().path(), source.size());
    SegmentScrub scrub =
        new SegmentScrub(
            new SegmentScrub.Target(source, epochs),
            reader,
            IndexCheck.of(SystemFileIo.INSTANCE, source));
    while (scrub.step()) {
      // Goes on.
    }
    assertThat(scrub.found()).isEmpty();
    return scrub.indexProblem();
  }
}
