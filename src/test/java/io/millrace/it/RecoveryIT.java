package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A node that was killed and whose files were then damaged comes back with every whole batch. */
@Timeout(120)
class RecoveryIT {
  private static final int BATCHES = 40;
  private static final int PER_BATCH = 50;

  private interface Damage {
    void to(Path partition) throws IOException;
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        damage("torn last batch", 1, p -> truncate(newest(p, ".log"), 7)),
        damage("last batch without its last byte", 1, p -> truncate(newest(p, ".log"), 1)),
        damage("garbage behind the last batch", 0, p -> append(newest(p, ".log"), garbage(5_000))),
        damage("zeros behind the last batch", 0, p -> append(newest(p, ".log"), new byte[5_000])),
        damage("no indexes", 0, RecoveryIT::deleteIndexes),
        damage("half an index entry", 0, p -> append(newest(p, ".index"), new byte[5])),
        damage("garbage in an index", 0, p -> append(newest(p, ".timeindex"), garbage(120))),
        damage("no producer snapshots", 0, p -> delete(p, ".snapshot")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void shouldRecoverFrom(String what, int lostBatches, Damage damage, @TempDir Path dir)
      throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir)) {
      broker.expectInOutput("(?i)recover|truncat|corrupt|torn|index|snapshot");
      try (Clients clients = new Clients(broker)) {
        clients.createTopic(
            "damaged", 1, Map.of("segment.bytes", "1048576", "index.interval.bytes", "1000"));
        for (int batch = 0; batch < BATCHES; batch++) {
          clients.produce(Map.of("linger.ms", 1_000, "batch.size", 1_000_000), records(batch));
        }
        broker.kill();
        damage.to(broker.logDir().resolve("damaged-0"));
        broker.startAndAwaitReady();

        int expected = (BATCHES - lostBatches) * PER_BATCH;
        assertThat(clients.endOffset("damaged", 0)).isEqualTo(expected);
        assertThat(clients.consumeAll("damaged", Map.of("check.crcs", true)))
            .extracting(r -> JavaClientIT.text(r.key()))
            .isEqualTo(keys(expected));
        assertThat(
                clients
                    .produce(
                        Map.of(),
                        List.of(new ProducerRecord<>("damaged", 0, new byte[1], new byte[1])))
                    .get(0)
                    .offset())
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void shouldKeepTheRecordsOfATopicCreatedAgain(@TempDir Path dir) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker)) {
      clients.createTopic("again", 1);
      clients.produce(Map.of(), sameTopic("again", 50));
      TopicPartition partition = new TopicPartition("again", 0);
      Clients.await(
          clients
              .admin()
              .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(40)))
              .all()
              .toCompletionStage()
              .toCompletableFuture());
      Clients.await(
          clients
              .admin()
              .deleteTopics(List.of("again"))
              .all()
              .toCompletionStage()
              .toCompletableFuture());
      clients.createTopic("again", 1);
      clients.produce(Map.of(), sameTopic("again", 5));

      broker.kill();
      broker.startAndAwaitReady();

      // What the checkpoints held of the earlier topic (its start, 40) is not this one's.
      assertThat(clients.consumeAll("again")).hasSize(5);
    }
  }

  private static List<ProducerRecord<byte[], byte[]>> sameTopic(String topic, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new ProducerRecord<byte[], byte[]>(topic, 0, null, new byte[9]))
        .toList();
  }

  @Test
  void shouldStopInOrderAgainAfterAKill(@TempDir Path dir) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker)) {
      clients.createTopic("kept", 1);
      Files.createDirectories(broker.logDir().resolve("stray-0"));
      broker.kill();
      broker.startAndAwaitReady();

      broker.stop();

      assertThat(broker.logDir().resolve(".kafka_cleanshutdown")).exists();
      if (BrokerProcess.isMillrace()) {
        assertThat(broker.logDir()).isDirectoryContaining("glob:**/stray-0.*-stray");
      }
    }
  }

  private static List<ProducerRecord<byte[], byte[]>> records(int batch) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < PER_BATCH; i++) {
      records.add(
          new ProducerRecord<>(
              "damaged",
              0,
              1_000L + (long) batch * PER_BATCH + i,
              JavaClientIT.bytes("k" + (batch * PER_BATCH + i)),
              new byte[800]));
    }
    return records;
  }

  private static List<String> keys(int count) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      keys.add("k" + i);
    }
    return keys;
  }

  private static Arguments damage(String what, int lostBatches, Damage damage) {
    return Arguments.of(what, lostBatches, damage);
  }

  private static List<Path> files(Path partition, String suffix) throws IOException {
    try (Stream<Path> all = Files.list(partition)) {
      return all.filter(p -> p.toString().endsWith(suffix)).sorted().toList();
    }
  }

  private static Path newest(Path partition, String suffix) throws IOException {
    List<Path> files = files(partition, suffix);
    if (files.isEmpty()) {
      // An active segment need not have its index on disk; then the damage is the file itself.
      List<Path> logs = files(partition, ".log");
      return Path.of(logs.get(logs.size() - 1).toString().replace(".log", suffix));
    }
    return files.get(files.size() - 1);
  }

  private static void truncate(Path file, int bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - bytes);
    }
  }

  private static void append(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      channel.write(ByteBuffer.wrap(bytes));
    }
  }

  private static void deleteIndexes(Path partition) throws IOException {
    delete(partition, ".index");
    delete(partition, ".timeindex");
  }

  private static void delete(Path partition, String suffix) throws IOException {
    for (Path file : files(partition, suffix)) {
      Files.delete(file);
    }
  }

  private static byte[] garbage(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
