package io.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Java producers write, Java consumers read: byte for byte, in order, once. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JavaClientIT {
  static final List<String> COMPRESSIONS = List.of("none", "gzip", "snappy", "lz4", "zstd");

  private BrokerProcess broker;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = BrokerProcess.start(dir);
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  static Stream<Arguments> compressionsAndAcks() {
    return COMPRESSIONS.stream()
        .flatMap(codec -> Stream.of("0", "1", "all").map(acks -> Arguments.of(codec, acks)));
  }

  @ParameterizedTest
  @MethodSource("compressionsAndAcks")
  void shouldReadBackWhatWasProduced(String compression, String acks) throws Exception {
    String topic = "round-trip-" + compression + "-" + acks;
    clients.createTopic(topic, 3);
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (int i = 0; i < 999; i++) {
      sent.add(
          new ProducerRecord<>(
              topic, i % 3, bytes("key-" + i), bytes("value " + i + " ".repeat(i))));
    }

    clients.produce(
        Map.of(
            "compression.type",
            compression,
            "acks",
            acks,
            "enable.idempotence",
            acks.equals("all"),
            "linger.ms",
            5),
        sent);
    if (acks.equals("0")) {
      Await.until(
          "records without acknowledgement arrive",
          Clients.PATIENCE,
          () ->
              IntStream.range(0, 3).mapToLong(p -> clients.endOffset(topic, p)).sum()
                  == sent.size());
    }

    List<ConsumerRecord<byte[], byte[]>> read =
        clients.consumeAll(topic, Map.of("check.crcs", true));
    assertThat(read).hasSize(sent.size());
    for (int partition = 0; partition < 3; partition++) {
      int p = partition;
      assertThat(read.stream().filter(r -> r.partition() == p).map(JavaClientIT::text))
          .containsExactlyElementsOf(
              sent.stream().filter(r -> r.partition() == p).map(JavaClientIT::text).toList());
      assertThat(read.stream().filter(r -> r.partition() == p).map(ConsumerRecord::offset))
          .containsExactlyElementsOf(IntStream.range(0, 333).mapToObj(i -> (long) i).toList());
    }
  }

  @Test
  void shouldKeepHeadersTimestampsAndNulls() throws Exception {
    clients.createTopic("fields", 1);
    Header twice = new RecordHeader("twice", bytes("one"));
    Header again = new RecordHeader("twice", bytes("two"));
    Header nothing = new RecordHeader("nothing", null);
    clients.produce(
        Map.of(),
        List.of(
            new ProducerRecord<>("fields", 0, 1_234L, null, bytes("no key")),
            new ProducerRecord<>("fields", 0, 5_678L, bytes("no value"), (byte[]) null),
            new ProducerRecord<>("fields", 0, 0L, new byte[0], new byte[0]),
            new ProducerRecord<>(
                "fields", 0, 9L, bytes("k"), bytes("v"), List.of(twice, again, nothing))));

    List<ConsumerRecord<byte[], byte[]>> read = clients.consumeAll("fields");

    assertThat(read)
        .extracting(JavaClientIT::text)
        .containsExactly("null=no key", "no value=null", "=", "k=v");
    assertThat(read).extracting(ConsumerRecord::timestamp).containsExactly(1_234L, 5_678L, 0L, 9L);
    assertThat(read.get(0).timestampType()).isEqualTo(TimestampType.CREATE_TIME);
    assertThat(read.get(3).headers().toArray()).containsExactly(twice, again, nothing);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "zstd"})
  void shouldStampRecordsWithTheTimeOfTheAppend(String compression) throws Exception {
    String topic = "stamped-" + compression;
    clients.createTopic(topic, 1, Map.of("message.timestamp.type", "LogAppendTime"));
    long before = System.currentTimeMillis();

    RecordMetadata ack =
        clients
            .produce(
                Map.of("compression.type", compression),
                List.of(new ProducerRecord<>(topic, 0, 1L, bytes("k"), bytes("v"))))
            .get(0);

    ConsumerRecord<byte[], byte[]> read =
        clients.consumeAll(topic, Map.of("check.crcs", true)).get(0);
    assertThat(read.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
    assertThat(read.timestamp()).isBetween(before, System.currentTimeMillis());
    assertThat(ack.timestamp()).isEqualTo(read.timestamp());
  }

  @Test
  void shouldRefuseTimestampsOutsideTheTopicsRange() throws Exception {
    clients.createTopic("punctual", 1, Map.of("message.timestamp.before.max.ms", "60000"));

    assertThatThrownBy(
            () ->
                clients.produce(
                    Map.of(),
                    List.of(new ProducerRecord<>("punctual", 0, 1L, bytes("k"), bytes("v")))))
        .isInstanceOf(InvalidTimestampException.class);
    assertThat(clients.endOffset("punctual", 0)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "lz4", "zstd", "snappy"})
  void shouldCarryBigRecords(String compression) throws Exception {
    String topic = "big-" + compression;
    clients.createTopic(topic, 1, Map.of("max.message.bytes", "20000000"));
    byte[] big = new byte[9_000_000];
    new Random(7).nextBytes(big);
    Arrays.fill(big, 1_000_000, 4_000_000, (byte) 'x');

    clients.produce(
        Map.of(
            "compression.type",
            compression,
            "max.request.size",
            20_000_000,
            "buffer.memory",
            64_000_000L),
        List.of(
            new ProducerRecord<>(topic, 0, null, bytes("small")),
            new ProducerRecord<>(topic, 0, null, big),
            new ProducerRecord<>(topic, 0, null, bytes("after"))));

    List<ConsumerRecord<byte[], byte[]>> read =
        clients.consumeAll(topic, Map.of("check.crcs", true));
    assertThat(read).hasSize(3);
    assertThat(read.get(1).value()).isEqualTo(big);
    assertThat(read.get(2).value()).isEqualTo(bytes("after"));
  }

  @Test
  void shouldRefuseRecordsLargerThanTheTopicAllows() throws Exception {
    clients.createTopic("narrow", 1, Map.of("max.message.bytes", "1000"));

    assertThatThrownBy(
            () ->
                clients.produce(
                    Map.of(), List.of(new ProducerRecord<>("narrow", 0, null, new byte[2_000]))))
        .isInstanceOf(RecordTooLargeException.class);
    assertThat(clients.endOffset("narrow", 0)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "snappy", "lz4", "zstd", "uncompressed"})
  void shouldRecompressToTheTopicsCompression(String compression) throws Exception {
    String topic = "recompressed-" + compression;
    clients.createTopic(topic, 1, Map.of("compression.type", compression));
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      sent.add(
          new ProducerRecord<>(topic, 0, 1_000L + i, bytes("k" + i), bytes("same ".repeat(20))));
    }

    for (String codec : COMPRESSIONS) {
      clients.produce(Map.of("compression.type", codec, "linger.ms", 20), sent);
    }

    List<ConsumerRecord<byte[], byte[]>> read =
        clients.consumeAll(topic, Map.of("check.crcs", true));
    assertThat(read).hasSize(5 * sent.size());
    assertThat(read.subList(8_000, 10_000))
        .extracting(JavaClientIT::text)
        .containsExactlyElementsOf(sent.stream().map(JavaClientIT::text).toList());
    assertThat(read.get(9_999).timestamp()).isEqualTo(2_999);
  }

  @Test
  void shouldFindOffsetsByTimestamp() throws Exception {
    clients.createTopic("dated", 1);
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      sent.add(new ProducerRecord<>("dated", 0, 10_000L + i * 10L, null, new byte[200]));
    }
    clients.produce(Map.of("batch.size", 2_000), sent);
    TopicPartition partition = new TopicPartition("dated", 0);

    try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(Map.of())) {
      Map<TopicPartition, OffsetAndTimestamp> found =
          consumer.offsetsForTimes(Map.of(partition, 14_995L), Clients.PATIENCE);
      assertThat(found.get(partition).offset()).isEqualTo(500);
      assertThat(found.get(partition).timestamp()).isEqualTo(15_000);
      assertThat(
              consumer
                  .offsetsForTimes(Map.of(partition, 1_000_000L), Clients.PATIENCE)
                  .get(partition))
          .isNull();
    }
    Map<OffsetSpec, Long> specs = new HashMap<>();
    for (OffsetSpec spec :
        List.of(OffsetSpec.earliest(), OffsetSpec.latest(), OffsetSpec.maxTimestamp())) {
      specs.put(
          spec,
          Clients.await(
                  clients
                      .admin()
                      .listOffsets(Map.of(partition, spec))
                      .partitionResult(partition)
                      .toCompletionStage()
                      .toCompletableFuture())
              .offset());
    }
    assertThat(specs.values()).containsExactlyInAnyOrder(0L, 1_000L, 999L);
  }

  @Test
  void shouldCreateTopicsOnFirstUse() throws Exception {
    clients.produce(
        Map.of(), List.of(new ProducerRecord<>("made-by-producing", bytes("k"), bytes("v"))));

    assertThat(clients.consumeAll("made-by-producing"))
        .extracting(JavaClientIT::text)
        .containsExactly("k=v");
  }

  @Test
  void shouldServeManyPartitionsInOneSession() throws Exception {
    clients.createTopic("wide", 40);
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      sent.add(new ProducerRecord<>("wide", i % 40, null, bytes("v" + i)));
    }
    try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(Map.of())) {
      List<TopicPartition> partitions =
          IntStream.range(0, 40).mapToObj(p -> new TopicPartition("wide", p)).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      int read = 0;
      for (int round = 1; round <= 3; round++) {
        clients.produce(Map.of(), sent);
        long deadline = System.nanoTime() + Clients.PATIENCE.toNanos();
        while (read < round * 4_000 && System.nanoTime() < deadline) {
          read += consumer.poll(Duration.ofSeconds(1)).count();
        }
        assertThat(read).isEqualTo(round * 4_000);
      }
    }
  }

  @Test
  void shouldWakeAWaitingConsumerWithinItsWait() throws Exception {
    clients.createTopic("awaited", 1);
    TopicPartition partition = new TopicPartition("awaited", 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
            clients.consumer(Map.of("fetch.max.wait.ms", 20_000, "request.timeout.ms", 60_000));
        KafkaProducer<byte[], byte[]> producer = clients.producer(Map.of())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      assertThat(consumer.poll(Duration.ofMillis(300)).count()).isZero();
      long start = System.nanoTime();

      Clients.await(producer.send(new ProducerRecord<>("awaited", 0, null, bytes("news"))));

      assertThat(consumer.poll(Duration.ofSeconds(15)).count()).isEqualTo(1);
      // A fetch that only its deadline ends would take 20 s.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
      // An orderly close would wait for the next fetch, which nothing wakes.
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static String text(byte[] bytes) {
    return bytes == null ? "null" : new String(bytes, UTF_8);
  }

  static String text(ConsumerRecord<byte[], byte[]> record) {
    return text(record.key()) + "=" + text(record.value());
  }

  static String text(ProducerRecord<byte[], byte[]> record) {
    return text(record.key()) + "=" + text(record.value());
  }
}
