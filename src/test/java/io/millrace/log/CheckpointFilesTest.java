package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.LeaderEpochCache.EpochEntry;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointFilesTest {
  @TempDir Path directory;
  private final FaultyFileIo io = new FaultyFileIo();

  private void write(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content.replace("|", "\n"));
  }

  private Map<TopicPartition, Long> readOffsets() throws IOException {
    return OffsetCheckpoint.read(directory, OffsetCheckpoint.RECOVERY_POINT);
  }

  private OffsetCheckpointFile kafkasOffsets() throws IOException {
    return new OffsetCheckpointFile(
        directory.resolve(OffsetCheckpoint.RECOVERY_POINT).toFile(), new LogDirFailureChannel(1));
  }

  @Test
  void shouldReadTheOffsetsItWrote() throws IOException {
    Map<TopicPartition, Long> offsets =
        Map.of(new TopicPartition("a.b_c-1", 0), 0L, new TopicPartition("x", 12), Long.MAX_VALUE);
    OffsetCheckpoint.write(io, directory, OffsetCheckpoint.RECOVERY_POINT, offsets);
    assertThat(readOffsets()).isEqualTo(offsets);
    assertThat(OffsetCheckpoint.read(directory, OffsetCheckpoint.HIGH_WATERMARK)).isEmpty();
  }

  @Test
  void shouldWriteOffsetsThatKafkaReads() throws IOException {
    OffsetCheckpoint.write(
        io, directory, OffsetCheckpoint.RECOVERY_POINT, Map.of(new TopicPartition("t", 3), 42L));
    assertThat(directory.resolve(OffsetCheckpoint.RECOVERY_POINT)).hasContent("0\n1\nt 3 42\n");
    assertThat(kafkasOffsets().read())
        .isEqualTo(Map.of(new org.apache.kafka.common.TopicPartition("t", 3), 42L));
  }

  @Test
  void shouldReadOffsetsThatKafkaWrote() throws IOException {
    Map<org.apache.kafka.common.TopicPartition, Long> offsets = new HashMap<>();
    for (int i = 0; i < 1000; i++) {
      offsets.put(new org.apache.kafka.common.TopicPartition("topic", i), i * 7L);
    }
    kafkasOffsets().write(offsets);
    assertThat(readOffsets()).hasSize(1000).containsEntry(new TopicPartition("topic", 999), 6993L);
  }

  @Test
  void shouldReadAnEmptyFileAsNoOffsets() throws IOException {
    write(OffsetCheckpoint.RECOVERY_POINT, "");
    assertThat(readOffsets()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1|0; line 1: '1'; allowed is version 0",
        "0; line 2: the file ends; allowed is the number of entries",
        "0|many|t 0 1; line 2: 'many'",
        "0|-1; line 2: '-1'",
        "0|2|t 0 1; line 2: '2'; allowed is the number of entries, which is 1",
        "0|1|t 0 1|t 1 1; line 2: '1'",
        "0|1|t 0; line 3: 't 0'; allowed is 'topic partition offset'",
        "0|2|t 0 1|t 0 1 2; line 4: 't 0 1 2'",
        "0|1|t x 1; line 3: 't x 1'",
        "0|1|t 0 9223372036854775808; line 3:",
        "0|1|t -1 5; line 3:",
        "0|1|t 1 -5; line 3:",
        "0|1|; line 2:",
      })
  void shouldSayWhatIsWrongWithOffsets(String content, String message) throws IOException {
    write(OffsetCheckpoint.RECOVERY_POINT, content);
    assertThatThrownBy(this::readOffsets)
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(directory.resolve(OffsetCheckpoint.RECOVERY_POINT).toString())
        .hasMessageContaining(message);
  }

  @Test
  void shouldKeepTheOldOffsetsWhenTheDiskIsFull() throws IOException {
    Map<TopicPartition, Long> offsets = Map.of(new TopicPartition("t", 0), 5L);
    OffsetCheckpoint.write(io, directory, OffsetCheckpoint.RECOVERY_POINT, offsets);
    io.limitSpace(3);
    assertThatThrownBy(
            () -> OffsetCheckpoint.write(io, directory, OffsetCheckpoint.RECOVERY_POINT, Map.of()))
        .hasMessageContaining("No space");
    assertThat(readOffsets()).isEqualTo(offsets);
  }

  @Test
  void shouldReadTheEpochsItWrote() throws IOException {
    List<EpochEntry> entries = List.of(new EpochEntry(0, 0), new EpochEntry(7, 1042));
    LeaderEpochCheckpoint.write(io, directory, entries);
    assertThat(LeaderEpochCheckpoint.read(directory)).isEqualTo(entries);
  }

  @Test
  void shouldFindNoEpochsWithoutAFile() throws IOException {
    assertThat(LeaderEpochCheckpoint.read(directory)).isEmpty();
  }

  @Test
  void shouldExchangeEpochsWithKafka() throws IOException {
    LeaderEpochCheckpoint.writeUnsynced(
        io, directory, List.of(new EpochEntry(0, 0), new EpochEntry(7, 1042)));
    LeaderEpochCheckpointFile kafkas =
        new LeaderEpochCheckpointFile(
            LeaderEpochCheckpointFile.newFile(directory.toFile()), new LogDirFailureChannel(1));
    assertThat(kafkas.read().stream().map(e -> e.epoch() + " " + e.startOffset()))
        .containsExactly("0 0", "7 1042");
    kafkas.write(List.of(new org.apache.kafka.storage.internals.log.EpochEntry(9, 2000)));
    assertThat(LeaderEpochCheckpoint.read(directory)).containsExactly(new EpochEntry(9, 2000));
  }

  @ParameterizedTest
  @CsvSource({"0|1|-1 0", "0|1|0 -1", "0|1|1", "0|1|1 2 3", "0|1|a b"})
  void shouldSayWhatIsWrongWithEpochs(String content) throws IOException {
    write(LeaderEpochCheckpoint.FILE, content);
    assertThatThrownBy(() -> LeaderEpochCheckpoint.read(directory))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("line 3: ")
        .hasMessageContaining("allowed is 'epoch startOffset'");
  }

  @Test
  void shouldExchangePartitionMetadataWithKafka() throws IOException {
    TopicId id = TopicId.random();
    PartitionMetadata.write(io, directory, id, true);
    assertThat(PartitionMetadata.read(directory)).contains(id);
    assertThat(kafkasPartitionMetadata().read().topicId().toString()).isEqualTo(id.toString());

    Uuid other = Uuid.randomUuid();
    Files.delete(directory.resolve(PartitionMetadata.FILE));
    PartitionMetadataFile kafkas = kafkasPartitionMetadata();
    kafkas.record(other);
    kafkas.maybeFlush();
    assertThat(PartitionMetadata.read(directory)).contains(TopicId.parse(other.toString()));
  }

  private PartitionMetadataFile kafkasPartitionMetadata() {
    return new PartitionMetadataFile(
        PartitionMetadataFile.newFile(directory.toFile()), new LogDirFailureChannel(1));
  }

  @Test
  void shouldNotFsyncPartitionMetadataThatNeedNotBeDurable() throws IOException {
    TopicId id = TopicId.random();
    PartitionMetadata.write(io, directory, id, false);
    assertThat(PartitionMetadata.read(directory)).contains(id);
    assertThat(io.count(FaultyFileIo.Operation.FORCE, FaultyFileIo.any())).isZero();
  }

  @Test
  void shouldFindNoTopicIdWithoutAFile() throws IOException {
    assertThat(PartitionMetadata.read(directory)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "''; line 1: the file ends",
        "version: 1|topic_id: abcdefghijklmnopqrstuQ; line 1: 'version: 1'",
        "version: 0; line 2: the file ends",
        "version: 0|topic_id: short; line 2: 'topic_id: short'",
        "version: 0|topic_id: !!; line 2:",
        "version: 0|topic_id: AAAAAAAAAAAAAAAAAAAAAA; line 2:",
        "version: 0|topic_id: abcdefghijklmnopqrstuQ|more; line 2:",
      })
  void shouldSayWhatIsWrongWithPartitionMetadata(String content, String message)
      throws IOException {
    write(PartitionMetadata.FILE, content);
    assertThatThrownBy(() -> PartitionMetadata.read(directory))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(PartitionMetadata.FILE)
        .hasMessageContaining(message);
  }

  @Test
  void shouldExchangeMetaPropertiesWithKafka() throws IOException {
    MetaProperties ours = new MetaProperties("a=b:c #", 7, MetaProperties.newDirectoryId());
    ours.write(io, directory);
    assertThat(MetaProperties.read(directory)).contains(ours);

    String path = directory.resolve(MetaProperties.FILE).toString();
    var kafkas =
        new org.apache.kafka.metadata.properties.MetaProperties.Builder(
                PropertiesUtils.readPropertiesFile(path))
            .build();
    assertThat(kafkas.version()).isEqualTo(MetaPropertiesVersion.V1);
    assertThat(kafkas.clusterId()).contains(ours.clusterId());
    assertThat(kafkas.nodeId()).hasValue(7);
    assertThat(kafkas.directoryId().map(Uuid::toString)).contains(ours.directoryIdText());

    PropertiesUtils.writePropertiesFile(kafkas.toProperties(), path, false);
    assertThat(MetaProperties.read(directory)).contains(ours);
  }

  @Test
  void shouldFindNoMetaPropertiesWithoutAFile() throws IOException {
    assertThat(MetaProperties.read(directory)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "''; version is missing",
        "version=0|broker.id=1; allowed is version=1",
        "version=1|cluster.id=|node.id=1|directory.id=abcdefghijklmnopqrstuQ; cluster.id is missing",
        "version=1|cluster.id=c|directory.id=abcdefghijklmnopqrstuQ; node.id is missing",
        "version=1|cluster.id=c|node.id=-1|directory.id=abcdefghijklmnopqrstuQ; node.id=-1",
        "version=1|cluster.id=c|node.id=x|directory.id=abcdefghijklmnopqrstuQ; node.id=x",
        "version=1|cluster.id=c|node.id=1; directory.id is missing",
        "version=1|cluster.id=c|node.id=1|directory.id=x; directory.id=x",
        "version=\\u00zz; a Java properties file",
      })
  void shouldSayWhatIsWrongWithMetaProperties(String content, String message) throws IOException {
    write(MetaProperties.FILE, content);
    assertThatThrownBy(() -> MetaProperties.read(directory))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(MetaProperties.FILE)
        .hasMessageContaining(message);
  }

  @Test
  void shouldRefuseMetaPropertiesWithoutIds() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MetaProperties("", 1, MetaProperties.newDirectoryId()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MetaProperties("c", -1, MetaProperties.newDirectoryId()));
  }

  @Test
  void shouldExchangeTheCleanShutdownFileWithKafka() throws Exception {
    CleanShutdownFileHandler kafkas = new CleanShutdownFileHandler(directory.toString());
    assertThat(CleanShutdownFile.exists(directory)).isFalse();
    CleanShutdownFile.write(io, directory, 42);
    assertThat(kafkas.exists()).isTrue();
    assertThat(kafkas.read()).isEqualTo(OptionalLong.of(42));

    kafkas.write(4711);
    assertThat(CleanShutdownFile.exists(directory)).isTrue();
    assertThat(CleanShutdownFile.brokerEpoch(directory)).isEqualTo(OptionalLong.of(4711));
  }

  @Test
  void shouldDeleteTheCleanShutdownFileForGood() throws IOException {
    CleanShutdownFile.write(io, directory, -1);
    assertThat(CleanShutdownFile.brokerEpoch(directory)).isEqualTo(OptionalLong.of(-1));
    CleanShutdownFile.delete(io, directory);
    assertThat(CleanShutdownFile.exists(directory)).isFalse();
    List<FaultyFileIo.Call> calls = io.calls();
    assertThat(calls.subList(calls.size() - 2, calls.size()))
        .extracting(FaultyFileIo.Call::operation)
        .containsExactly(FaultyFileIo.Operation.DELETE, FaultyFileIo.Operation.FSYNC_DIRECTORY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"''", "x", "{\"version\":0}", "{\"brokerEpoch\":\"7\"}"})
  void shouldTakeAnyCleanShutdownFileForOne(String content) throws IOException {
    write(CleanShutdownFile.FILE, content);
    assertThat(CleanShutdownFile.exists(directory)).isTrue();
    assertThat(CleanShutdownFile.brokerEpoch(directory)).isEmpty();
  }

  @Test
  void shouldKnowNoBrokerEpochWithoutAFile() {
    assertThat(CleanShutdownFile.brokerEpoch(directory)).isEmpty();
  }
}
