package io.millrace.cli.dump;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DumpCommandTest {
  private static final String BASE = "00000000000000000010";

  @TempDir Path dir;
  private Path segment;

  /** Two batches: 10 and 11 uncompressed, 12 in zstd by an idempotent producer. */
  @BeforeEach
  void writeSegment() throws IOException {
    segment = dir.resolve(BASE + ".log");
    append(
        segment,
        new BatchBuilder()
            .baseOffset(10)
            .leaderEpoch(3)
            .append(1_000, bytes("k"), bytes("first"))
            .append(2_000, null, bytes("second"))
            .build());
    append(
        segment,
        new BatchBuilder()
            .baseOffset(12)
            .leaderEpoch(4)
            .codec(Codec.ZSTD)
            .producer(77, (short) 5, 9)
            .append(3_000, bytes("k"), null)
            .build());
  }

  @Test
  void shouldShowBatchesAndTheirSum() {
    var result = dump(segment);

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.lines()).hasSize(4);
    assertThat(result.lines().get(0)).isEqualTo(segment.toString());
    assertThat(result.lines().get(1))
        .startsWith("batch  baseOffset: 10  lastOffset: 11  count: 2  position: 0")
        .contains("leaderEpoch: 3  codec: none")
        .endsWith("valid: true")
        .doesNotContain("producerId");
    assertThat(result.lines().get(2))
        .contains("codec: zstd")
        .contains("producerId: 77  producerEpoch: 5  baseSequence: 9  lastSequence: 9");
    assertThat(result.lines().get(3))
        .startsWith("segment  firstOffset: 10  lastOffset: 12  batches: 2  records: 3")
        .contains("codecs: none,zstd")
        .contains("maxTimestamp: 1970-01-01T00:00:03Z");
  }

  @Test
  void shouldShowRecordsWithoutTheirContent() {
    var result = dump(segment, "--records");

    assertThat(result.lines()).filteredOn(line -> line.startsWith("record")).hasSize(3);
    assertThat(result.out())
        .contains(
            "offset: 12  timestamp: 1970-01-01T00:00:03Z  keySize: 1  valueSize: -1  sequence: 9")
        .doesNotContain("'first'");
  }

  @Test
  void shouldShowContentIfTold() {
    assertThat(dump(segment, "--values").out())
        .contains("key: 'k'  value: 'first'")
        .contains("key: null  value: 'second'")
        .contains("key: 'k'  value: null");
  }

  @Test
  void shouldBeginAtAnOffset() {
    assertThat(dump(segment, "--values", "--offset", "11").out())
        .doesNotContain("'first'")
        .contains("'second'")
        .contains("batches: 2");
  }

  @Test
  void shouldShowOnlySoManyBatchesButCheckAll() throws IOException {
    damage(segment, Files.size(segment) - 1);

    var result = dump(segment, "--max-batches", "1");

    assertThat(result.lines()).filteredOn(line -> line.startsWith("batch")).hasSize(1);
    assertThat(result.exit()).isEqualTo(ExitCode.CORRUPT);
  }

  @Test
  void shouldWriteAnObjectOnEachLine() {
    assertThat(dump(segment, "--values", "-o", "json").lines())
        .hasSize(6)
        .allSatisfy(line -> assertThat(line).startsWith("{\"type\":").endsWith("}"))
        .anySatisfy(
            line -> assertThat(line).contains("\"offset\":11").contains("\"value\":\"second\""));
  }

  @Test
  void shouldFindAWrongCrc() throws IOException {
    damage(segment, 70);

    var result = dump(segment);

    assertThat(result.exit()).isEqualTo(ExitCode.CORRUPT);
    assertThat(result.out())
        .contains("DAMAGE in " + segment + ": wrong CRC of the batch at offset 10, position 0")
        .contains("valid: false")
        .contains("baseOffset: 12");
    assertThat(result.err()).isEqualTo("millrace: damage found\n");
  }

  @Test
  void shouldFindATornTail() throws IOException {
    try (var channel = Files.newByteChannel(segment, StandardOpenOption.WRITE)) {
      channel.truncate(Files.size(segment) - 3);
    }

    var result = dump(segment);

    assertThat(result.exit()).isEqualTo(ExitCode.CORRUPT);
    assertThat(result.out()).contains("are no whole batch").contains("lastOffset: 11  batches: 1");
  }

  @Test
  void shouldFindGarbage() throws IOException {
    Files.write(segment, new byte[100], StandardOpenOption.APPEND);

    var result = dump(segment);

    assertThat(result.exit()).isEqualTo(ExitCode.CORRUPT);
    assertThat(result.out()).contains("DAMAGE");
  }

  @Test
  void shouldFindOffsetsThatGoBack() throws IOException {
    append(segment, new BatchBuilder().baseOffset(12).append(1, null, bytes("x")).build());

    assertThat(dump(segment).out()).contains("offset 12 at position").contains("follows offset 12");
  }

  @Test
  void shouldNameTheTypeOfControlRecords() throws IOException {
    append(
        segment,
        new BatchBuilder()
            .baseOffset(13)
            .producer(77, (short) 5, -1)
            .transactional()
            .control()
            .append(1, new byte[] {0, 0, 0, 1}, new byte[6])
            .build());

    assertThat(dump(segment, "--records").out()).contains("control: COMMIT");
  }

  @Test
  void shouldReadAnOffsetIndex() throws IOException {
    Path index = dir.resolve(BASE + ".index");
    // Kafka preallocates: zeros behind the last entry are no entries.
    Files.write(index, ByteBuffer.allocate(80).putInt(2).putInt(secondBatch()).array());

    var result = dump(index);

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.lines())
        .containsExactly(
            index.toString(),
            "offset  offset: 12  position: " + secondBatch(),
            "index  entries: 1");
  }

  @Test
  void shouldFindAnIndexEntryThatPointsIntoABatch() throws IOException {
    Path index = dir.resolve(BASE + ".index");
    Files.write(index, ByteBuffer.allocate(8).putInt(2).putInt(secondBatch() + 1).array());

    var result = dump(index);

    assertThat(result.exit()).isEqualTo(ExitCode.CORRUPT);
    assertThat(result.out()).contains("no batch for offset 12");
  }

  @Test
  void shouldFindAnIndexThatGoesBack() throws IOException {
    Path index = dir.resolve(BASE + ".index");
    Files.write(
        index, ByteBuffer.allocate(16).putInt(2).putInt(secondBatch()).putInt(1).putInt(0).array());

    assertThat(dump(index).exit()).isEqualTo(ExitCode.CORRUPT);
  }

  @Test
  void shouldReadATimeIndex() throws IOException {
    Path index = dir.resolve(BASE + ".timeindex");
    Files.write(
        index, ByteBuffer.allocate(36).putLong(2_000).putInt(1).putLong(3_000).putInt(2).array());

    assertThat(dump(index).lines())
        .containsExactly(
            index.toString(),
            "time  timestamp: 1970-01-01T00:00:02Z  offset: 11",
            "time  timestamp: 1970-01-01T00:00:03Z  offset: 12",
            "index  entries: 2");
  }

  @Test
  void shouldReadATransactionIndex() throws IOException {
    Path index = dir.resolve(BASE + ".txnindex");
    Files.write(
        index,
        ByteBuffer.allocate(34)
            .putShort((short) 0)
            .putLong(7)
            .putLong(10)
            .putLong(12)
            .putLong(13)
            .array());

    assertThat(dump(index).out())
        .contains("aborted  producerId: 7  firstOffset: 10  lastOffset: 12  lastStableOffset: 13");
  }

  @Test
  void shouldReadAProducerSnapshot() throws IOException {
    Path snapshot = dir.resolve("00000000000000000013.snapshot");
    Files.write(snapshot, snapshot());

    assertThat(dump(snapshot).lines())
        .containsExactly(
            snapshot.toString(),
            "producer  producerId: 77  producerEpoch: 5  lastSequence: 9  lastOffset: 12"
                + "  offsetDelta: 0  timestamp: 1970-01-01T00:00:03Z  coordinatorEpoch: -1"
                + "  currentTransactionFirstOffset: -1",
            "snapshot  producers: 1");
  }

  @Test
  void shouldFindADamagedProducerSnapshot() throws IOException {
    Path snapshot = dir.resolve("00000000000000000013.snapshot");
    Files.write(snapshot, snapshot());
    damage(snapshot, 20);

    var result = dump(snapshot);

    assertThat(result.exit()).isEqualTo(ExitCode.CORRUPT);
    assertThat(result.out()).contains("wrong CRC");
  }

  @Test
  void shouldReadCheckpoints() throws IOException {
    Path epochs = dir.resolve("leader-epoch-checkpoint");
    Files.writeString(epochs, "0\n2\n3 10\n4 12\n");

    assertThat(dump(epochs).lines())
        .containsExactly(
            epochs.toString(),
            "checkpoint  leaderEpoch: 3  startOffset: 10",
            "checkpoint  leaderEpoch: 4  startOffset: 12");
  }

  @Test
  void shouldFindACheckpointWithTheWrongCount() throws IOException {
    Path offsets = dir.resolve("recovery-point-offset-checkpoint");
    Files.writeString(offsets, "0\n2\norders 0 10\n");

    var result = dump(offsets);

    assertThat(result.exit()).isEqualTo(ExitCode.CORRUPT);
    assertThat(result.out())
        .contains("topic: orders  partition: 0  offset: 10")
        .contains("it says 2 lines, but has 1");
  }

  @Test
  void shouldSumUpADirectory() throws IOException {
    Files.writeString(dir.resolve("partition.metadata"), "version: 0\ntopic_id: abc\n");
    Files.writeString(dir.resolve("something.else"), "x");

    var result = dump(dir.getParent().resolve(dir.getFileName()));

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.lines())
        .contains("topic_id: abc")
        .anyMatch(line -> line.startsWith("segment  firstOffset: 10"))
        .noneMatch(line -> line.startsWith("batch"))
        .noneMatch(line -> line.contains("something.else"));
  }

  @Test
  void shouldNameAMissingFile() {
    var result = dump(dir.resolve("nope"));

    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).startsWith("millrace: no such file or directory: ");
  }

  @Test
  void shouldRefuseAFileOfAnotherKind() throws IOException {
    Path other = Files.writeString(dir.resolve("hello.txt"), "x");

    assertThat(dump(other).exit()).isEqualTo(ExitCode.FAILED);
  }

  private int secondBatch() throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(segment)).getInt(8) + 12;
  }

  private static byte[] snapshot() {
    ByteBuffer snapshot = ByteBuffer.allocate(56);
    snapshot.putShort((short) 1).putInt(0).putInt(1);
    snapshot.putLong(77).putShort((short) 5).putInt(9).putLong(12).putInt(0).putLong(3_000);
    snapshot.putInt(-1).putLong(-1);
    CRC32C crc = new CRC32C();
    crc.update(snapshot.array(), 6, 50);
    return snapshot.putInt(2, (int) crc.getValue()).array();
  }

  private static CommandLineFixture.Result dump(Path path, String... options) {
    var args = new java.util.ArrayList<>(List.of("dump", path.toString()));
    args.addAll(List.of(options));
    return new CommandLineFixture().run(args.toArray(String[]::new));
  }

  private static void append(Path file, ByteBuffer batch) throws IOException {
    byte[] bytes = new byte[batch.remaining()];
    batch.get(bytes);
    Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static void damage(Path file, long position) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) position] ^= 1;
    Files.write(file, bytes);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
