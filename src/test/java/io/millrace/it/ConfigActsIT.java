package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Settings of topics are changed while two nodes work, and act: each test changes a key of a topic
 * that is in use, or the default of all, and sees the effect.
 */
@Tag("long")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConfigActsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private TestCluster cluster;
  private Clients clients;
  private String topic;

  @BeforeAll
  void start(@TempDir Path dir) throws IOException {
    cluster =
        TestCluster.onLoopback(
            dir,
            2,
            Map.of(
                // Less than a batch of these tests: what a topic may take is taken all the same.
                "socket.request.max.bytes", "1048576",
                "replica.fetch.max.bytes", "65536",
                "replica.fetch.response.max.bytes", "65536",
                "log.retention.check.interval.ms", "200",
                "log.cleaner.backoff.ms", "200"));
    cluster.startAll();
    clients = new Clients(cluster);
  }

  @AfterAll
  void stop() {
    if (clients != null) {
      clients.close();
    }
    cluster.close();
  }

  @BeforeEach
  void name(TestInfo test) {
    topic = test.getTestMethod().orElseThrow().getName();
  }

  private void create(String... configs) throws Exception {
    clients.createTopic(topic, 1, 2, map(configs));
  }

  private static Map<String, String> map(String... pairs) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }

  private void set(String key, String value) {
    clients.configure(ConfigResource.Type.TOPIC, topic, key, value);
  }

  private void alter(ConfigResource resource, AlterConfigOp.OpType how, String key, String value)
      throws Exception {
    Clients.await(
        clients
            .admin()
            .incrementalAlterConfigs(
                Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(key, value), how))))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
  }

  private long produce(String key, byte[] value) throws Exception {
    return produce(key, value, null);
  }

  private long produce(String key, byte[] value, Long timestamp) throws Exception {
    byte[] keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
    return clients
        .produce(
            Map.of("acks", "all", "max.request.size", 64 << 20, "buffer.memory", 128 << 20),
            List.of(new ProducerRecord<>(topic, 0, timestamp, keyBytes, value)))
        .get(0)
        .offset();
  }

  private static byte[] noise(int bytes) {
    byte[] noise = new byte[bytes];
    new Random(1).nextBytes(noise);
    return noise;
  }

  /** Words, so that a better compression gets something out of it. */
  private static byte[] text(int bytes) {
    Random random = new Random(2);
    StringBuilder text = new StringBuilder();
    while (text.length() < bytes) {
      text.append("word").append(random.nextInt(500)).append(' ');
    }
    return text.substring(0, bytes).getBytes(StandardCharsets.UTF_8);
  }

  private Path partition(int node) {
    return cluster.node(node).logDir().resolve(topic + "-0");
  }

  private List<Path> files(int node, String suffix) {
    try (Stream<Path> files = Files.list(partition(node))) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int segments(int node) {
    return files(node, ".log").size();
  }

  /** The batches that a node has in its last segment. */
  private List<String> codecs(int node) throws IOException {
    List<String> codecs = new ArrayList<>();
    for (Path file : files(node, ".log")) {
      try (FileRecords records = FileRecords.open(file.toFile(), false)) {
        for (RecordBatch batch : records.batches()) {
          codecs.add(batch.compressionType().name);
        }
      }
    }
    return codecs;
  }

  private long logBytes() throws IOException {
    long bytes = 0;
    for (Path file : files(1, ".log")) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  private long startOffset() {
    TopicPartition partition = new TopicPartition(topic, 0);
    try {
      return Clients.await(
              clients
                  .admin()
                  .listOffsets(Map.of(partition, OffsetSpec.earliest()))
                  .partitionResult(partition)
                  .toCompletionStage()
                  .toCompletableFuture())
          .offset();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void awaitOnBoth(String what, IntPredicate holds) {
    for (int node = 1; node <= 2; node++) {
      int here = node;
      Await.until(what + " on node " + node, PATIENCE, () -> holds.test(here));
    }
  }

  // ---- sizes of messages, all the way

  @Test
  void shouldCarryRecordsOf5MegabytesFromProducerToConsumerAfterALiveRaise() throws Exception {
    create();
    produce("k", noise(900_000));

    set("max.message.bytes", "6000000");

    assertThat(produce("k", noise(5_000_000))).isEqualTo(1);
    awaitOnBoth("the record is there", node -> size(node) > 5_900_000);
    assertThat(clients.consumeAll(topic).get(1).value()).isEqualTo(noise(5_000_000));
  }

  private long size(int node) {
    try {
      return Files.size(files(node, ".log").get(0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldRefuseWhatIsLargerThanALoweredMaxMessageBytes() throws Exception {
    create();
    produce("k", noise(50_000));

    set("max.message.bytes", "10000");

    assertThatThrownBy(() -> produce("k", noise(50_000)))
        .isInstanceOf(RecordTooLargeException.class);
    assertThat(produce("k", noise(5_000))).isEqualTo(1);
  }

  @Test
  void shouldFollowADefaultOfAllBrokersAndGoBackWhenItIsDeleted() throws Exception {
    create();
    ConfigResource all = new ConfigResource(ConfigResource.Type.BROKER, "");

    alter(all, AlterConfigOp.OpType.SET, "message.max.bytes", "10000");
    assertThatThrownBy(() -> produce("k", noise(50_000)))
        .isInstanceOf(RecordTooLargeException.class);

    alter(all, AlterConfigOp.OpType.DELETE, "message.max.bytes", "");
    assertThat(produce("k", noise(50_000))).isZero();
  }

  // ---- compression

  @Test
  void shouldStoreBatchesAsCompressionTypeSaysFromThenOn() throws Exception {
    create();
    produce("k", text(1_000));
    for (String type : List.of("gzip", "lz4", "snappy", "zstd", "uncompressed", "producer")) {
      set("compression.type", type);
      produce("k", text(1_000));
    }
    assertThat(codecs(1)).containsExactly("none", "gzip", "lz4", "snappy", "zstd", "none", "none");
    awaitOnBoth("all batches are there", node -> size(node) == size(1));
    assertThat(codecs(2)).isEqualTo(codecs(1));
  }

  @Test
  void shouldCompressAsHardAsTheLevelSays() throws Exception {
    for (Map.Entry<String, List<String>> levels :
        Map.of(
                "gzip", List.of("1", "9"),
                "lz4", List.of("1", "17"),
                "zstd", List.of("-131072", "19"))
            .entrySet()) {
      String type = levels.getKey();
      topic = "levels-of-" + type;
      create("compression.type", type);
      long[] sizes = new long[2];
      for (int i = 0; i < 2; i++) {
        set("compression." + type + ".level", levels.getValue().get(i));
        long before = logBytes();
        produce("k", text(200_000));
        sizes[i] = logBytes() - before;
      }
      assertThat(sizes[1]).as(type).isLessThan(sizes[0]);
    }
  }

  // ---- timestamps

  @Test
  void shouldStampRecordsAsMessageTimestampTypeSays() throws Exception {
    create();
    set("message.timestamp.type", "LogAppendTime");
    produce("k", noise(10), 1_000L);
    set("message.timestamp.type", "CreateTime");
    produce("k", noise(10), 1_000L);

    List<ConsumerRecord<byte[], byte[]>> records = clients.consumeAll(topic);
    assertThat(records.get(0).timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
    assertThat(records.get(0).timestamp()).isGreaterThan(1_000L);
    assertThat(records.get(1).timestampType()).isEqualTo(TimestampType.CREATE_TIME);
    assertThat(records.get(1).timestamp()).isEqualTo(1_000L);
  }

  @Test
  void shouldRefuseTimestampsTooFarInThePast() throws Exception {
    create();
    produce("k", noise(10), System.currentTimeMillis() - 600_000);
    set("message.timestamp.before.max.ms", "60000");
    assertThatThrownBy(() -> produce("k", noise(10), System.currentTimeMillis() - 600_000))
        .isInstanceOf(InvalidTimestampException.class);
  }

  @Test
  void shouldRefuseTimestampsTooFarInTheFuture() throws Exception {
    create();
    produce("k", noise(10), System.currentTimeMillis() + 600_000);
    set("message.timestamp.after.max.ms", "60000");
    assertThatThrownBy(() -> produce("k", noise(10), System.currentTimeMillis() + 600_000))
        .isInstanceOf(InvalidTimestampException.class);
  }

  // ---- segments and their indexes

  @Test
  void shouldRollBySegmentBytes() throws Exception {
    create();
    produce("k", noise(900_000));
    produce("k", noise(900_000));
    assertThat(segments(1)).isEqualTo(1);

    set("segment.bytes", "1048576");

    produce("k", noise(900_000));
    awaitOnBoth("a segment is rolled", node -> segments(node) == 2);
  }

  @Test
  void shouldRollBySegmentMs() throws Exception {
    create();
    long now = System.currentTimeMillis();
    produce("k", noise(10), now - 50_000);
    produce("k", noise(10), now);
    assertThat(segments(1)).isEqualTo(1);

    set("segment.ms", "10000");

    produce("k", noise(10), now + 1);
    awaitOnBoth("a segment is rolled", node -> segments(node) >= 2);
  }

  @Test
  void shouldWriteIndexEntriesAsIndexIntervalBytesSaysAndRollByTheirNumber() throws Exception {
    create();
    for (int i = 0; i < 8; i++) {
      produce("k", noise(10));
    }
    // Two entries of 8 bytes fit; from now on nearly each batch has one.
    set("index.interval.bytes", "1");
    set("segment.index.bytes", "16");

    for (int i = 0; i < 8; i++) {
      produce("k", noise(10));
    }
    awaitOnBoth("segments are rolled", node -> segments(node) >= 3);
  }

  // ---- retention

  @Test
  void shouldDeleteByRetentionMs() throws Exception {
    create("segment.bytes", "1048576");
    long old = System.currentTimeMillis() - 600_000;
    produce("k", noise(900_000), old);
    produce("k", noise(900_000), old);
    assertThat(startOffset()).isZero();

    set("retention.ms", "60000");

    Await.until("the old is deleted", PATIENCE, () -> startOffset() == 2);
  }

  @Test
  void shouldDeleteByRetentionBytes() throws Exception {
    create("segment.bytes", "1048576");
    for (int i = 0; i < 3; i++) {
      produce("k", noise(900_000));
    }
    assertThat(startOffset()).isZero();

    set("retention.bytes", "1000000");

    Await.until("only the last is kept", PATIENCE, () -> startOffset() >= 1);
    produce("k", noise(10));
    awaitOnBoth(
        "the file of the first is gone or about to be",
        node -> !Files.exists(partition(node).resolve("00000000000000000000.log")));
  }

  @Test
  void shouldKeepDeletedFilesAsLongAsFileDeleteDelayMsSays() throws Exception {
    create("segment.bytes", "1048576", "file.delete.delay.ms", "3600000");
    long old = System.currentTimeMillis() - 600_000;
    produce("k", noise(900_000), old);
    produce("k", noise(900_000), old);
    set("retention.ms", "60000");
    awaitOnBoth("files are renamed", node -> !files(node, ".log.deleted").isEmpty());

    set("file.delete.delay.ms", "0");

    produce("k", noise(900_000), old);
    awaitOnBoth(
        "a file goes at once",
        node ->
            Files.notExists(partition(node).resolve("00000000000000000002.log"))
                && Files.notExists(partition(node).resolve("00000000000000000002.log.deleted")));
  }

  // ---- compaction

  private boolean isCompacted() {
    List<ConsumerRecord<byte[], byte[]>> records = clients.consumeAll(topic);
    return records.get(0).offset() > 0;
  }

  /** Two segments: one with a key twice, and the active one. */
  private void writeTwice() throws Exception {
    for (int i = 0; i < 3; i++) {
      produce("k", noise(900_000));
    }
  }

  @Test
  void shouldRefuseRecordsWithoutKeysFromTheTimeOnThatATopicIsCompacted() throws Exception {
    create();
    produce(null, noise(10));

    set("cleanup.policy", "compact");

    assertThatThrownBy(() -> produce(null, noise(10))).isInstanceOf(InvalidRecordException.class);
    assertThat(produce("k", noise(10))).isEqualTo(1);
  }

  @Test
  void shouldCompactOnceMinCleanableDirtyRatioIsReached() throws Exception {
    create(
        "cleanup.policy", "compact", "segment.bytes", "1048576", "min.cleanable.dirty.ratio", "1");
    writeTwice();
    produce("x", noise(900_000));
    set("min.cleanable.dirty.ratio", "0.01");
    produce("y", noise(900_000));
    Await.until("the older record is gone", PATIENCE, this::isCompacted);
  }

  @Test
  void shouldCompactOnceMinCompactionLagMsHasPassed() throws Exception {
    create(
        "cleanup.policy",
        "compact",
        "segment.bytes",
        "1048576",
        "min.cleanable.dirty.ratio",
        "0.01",
        "min.compaction.lag.ms",
        "3600000");
    writeTwice();
    assertThat(isCompacted()).isFalse();
    set("min.compaction.lag.ms", "0");
    Await.until("the older record is gone", PATIENCE, this::isCompacted);
  }

  @Test
  void shouldForgetTombstonesAfterDeleteRetentionMs() throws Exception {
    create(
        "cleanup.policy", "compact", "segment.bytes", "1048576", "min.cleanable.dirty.ratio", "0");
    produce("kept", null);
    writeTwice();
    // Until when a tombstone stays is written into it when it is compacted for the first time.
    Await.until("it is compacted", PATIENCE, () -> clients.consumeAll(topic).size() < 4);

    set("delete.retention.ms", "0");

    long gone = produce("gone", null);
    writeTwice();
    Await.until("it has met the tombstone", PATIENCE, () -> !offsets().contains(gone + 1));
    // The next round takes it away, for which there must be something new to compact.
    writeTwice();
    Await.until(
        "the second tombstone is gone, the first is not",
        PATIENCE,
        () -> offsets().contains(0L) && !offsets().contains(gone));
  }

  private List<Long> offsets() {
    return clients.consumeAll(topic).stream().map(ConsumerRecord::offset).toList();
  }
}
