package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka Streams counts words: groups, internal topics, compaction and recovery at once. */
@Timeout(120)
class StreamsIT {
  private static final List<String> WORDS =
      List.of("mill", "race", "wheel", "water", "stone", "grain", "flour");
  private static final String CHANGELOG = "words-counted-changelog";
  private static final String REPARTITION = "words-by-word-repartition";

  @Test
  void shouldCountWords(@TempDir Path dir, @TempDir Path state) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir, GroupsIT.PROMPT);
        Clients clients = new Clients(broker);
        KafkaProducer<byte[], byte[]> producer =
            clients.producer(Map.of("delivery.timeout.ms", 120_000, "retry.backoff.ms", 20))) {
      clients.createTopic("lines", 2);
      clients.createTopic("counts", 1);
      KafkaStreams first = streams(clients, state);
      try {
        await(send(producer, 0, 500));
        awaitCounts(clients, 500);

        // The node dies with records, commits and changes on their way.
        List<CompletableFuture<RecordMetadata>> acks = send(producer, 500, 1_500);
        broker.kill();
        broker.startAndAwaitReady();
        await(acks);
        awaitCounts(clients, 1_500);
      } finally {
        close(first);
      }

      // Whoever comes next knows the counts only from the changelog.
      KafkaStreams second = streams(clients, state);
      try {
        await(send(producer, 1_500, 2_000));
        awaitCounts(clients, 2_000);
      } finally {
        close(second);
      }
      assertThat(clients.topicConfig(CHANGELOG, "cleanup.policy")).isEqualTo("compact");
      assertThat(clients.topicConfig(REPARTITION, "cleanup.policy")).isEqualTo("delete");
      assertThat(lastValues(clients, CHANGELOG)).isEqualTo(counts(2_000));
    }
  }

  /** Each word is counted up one by one, whoever is killed meanwhile. */
  @Test
  @Timeout(240)
  void shouldCountEachWordExactlyOnce(@TempDir Path dir, @TempDir Path state) throws Exception {
    Map<String, String> settings = new HashMap<>(ConsumerGroupsIT.PROMPT);
    settings.put("offsets.topic.num.partitions", "1");
    settings.put("transaction.state.log.num.partitions", "1");
    try (TestCluster cluster = TestCluster.onLoopback(dir, 3, settings).startAll();
        Clients clients = new Clients(cluster);
        KafkaProducer<byte[], byte[]> producer =
            clients.producer(Map.of("delivery.timeout.ms", 120_000, "retry.backoff.ms", 20))) {
      Map<String, String> safe = Map.of("min.insync.replicas", "2");
      clients.createTopic("lines", 2, 3, safe);
      clients.createTopic("counts", 1, 3, safe);
      KafkaStreams streams =
          streams(
              clients,
              state,
              Map.of("processing.guarantee", "exactly_once_v2", "replication.factor", 3));
      try {
        int lines = 0;
        for (int node = 1; node <= 3; node++) {
          List<CompletableFuture<RecordMetadata>> acks = send(producer, lines, lines + 500);
          lines += 500;
          cluster.node(node).kill();
          await(acks);
          awaitCounts(clients, lines);
          cluster.node(node).startAndAwaitReady();
        }
        Map<String, List<Long>> counted = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> record :
            clients.consumeAll("counts", Map.of("isolation.level", "read_committed"))) {
          counted
              .computeIfAbsent(JavaClientIT.text(record.key()), word -> new ArrayList<>())
              .add(ByteBuffer.wrap(record.value()).getLong());
        }
        Map<String, Long> expected = counts(lines);
        assertThat(counted.keySet()).isEqualTo(expected.keySet());
        counted.forEach(
            (word, values) ->
                assertThat(values)
                    .as(word)
                    .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, expected.get(word)).boxed().toList()));
      } finally {
        close(streams);
      }
    }
  }

  private static KafkaStreams streams(Clients clients, Path state) {
    return streams(clients, state, Map.of());
  }

  private static KafkaStreams streams(Clients clients, Path state, Map<String, ?> more) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream("lines")
        .flatMapValues(line -> List.of(line.split(" ")))
        .groupBy((key, word) -> word, Grouped.as("by-word"))
        .count(Materialized.as(Stores.inMemoryKeyValueStore("counted")))
        .toStream()
        .to("counts", Produced.with(Serdes.String(), Serdes.Long()));
    Properties config = new Properties();
    config.putAll(
        Map.of(
            "application.id",
            "words",
            "bootstrap.servers",
            clients.bootstrap(),
            "state.dir",
            state.toString(),
            "default.key.serde",
            Serdes.StringSerde.class.getName(),
            "default.value.serde",
            Serdes.StringSerde.class.getName(),
            "num.stream.threads",
            2,
            "commit.interval.ms",
            200,
            "statestore.cache.max.bytes",
            0));
    config.putAll(
        Map.of(
            "consumer.auto.offset.reset", "earliest",
            "consumer.heartbeat.interval.ms", 500,
            "producer.linger.ms", 5,
            "reconnect.backoff.max.ms", 200));
    config.putAll(more);
    KafkaStreams streams = new KafkaStreams(builder.build(), config);
    streams.start();
    return streams;
  }

  private static void close(KafkaStreams streams) {
    assertThat(
            streams.close(
                CloseOptions.groupMembershipOperation(
                        CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                    .withTimeout(Duration.ofSeconds(20))))
        .as("closed in time")
        .isTrue();
  }

  private static String line(int number) {
    return WORDS.get(number % 7) + " " + WORDS.get(number % 5) + " " + WORDS.get(number % 3);
  }

  private static List<CompletableFuture<RecordMetadata>> send(
      KafkaProducer<byte[], byte[]> producer, int from, int toExclusive) {
    List<CompletableFuture<RecordMetadata>> acks = new ArrayList<>();
    for (int number = from; number < toExclusive; number++) {
      acks.add(
          Clients.send(
              producer,
              new ProducerRecord<>("lines", number % 2, null, JavaClientIT.bytes(line(number)))));
    }
    return acks;
  }

  private static void await(List<CompletableFuture<RecordMetadata>> acks) throws Exception {
    for (CompletableFuture<RecordMetadata> ack : acks) {
      Clients.await(ack);
    }
  }

  /** How often each word is in the first lines. */
  private static Map<String, Long> counts(int lines) {
    Map<String, Long> counts = new TreeMap<>();
    IntStream.range(0, lines)
        .mapToObj(StreamsIT::line)
        .flatMap(line -> List.of(line.split(" ")).stream())
        .forEach(word -> counts.merge(word, 1L, Long::sum));
    return counts;
  }

  private static void awaitCounts(Clients clients, int lines) {
    Await.until(
        () -> "the counts are " + counts(lines) + ", they are " + lastValues(clients, "counts"),
        Clients.PATIENCE,
        () -> lastValues(clients, "counts").equals(counts(lines)));
  }

  private static Map<String, Long> lastValues(Clients clients, String topic) {
    Map<String, Long> last = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record :
        clients.consumeAll(topic, Map.of("isolation.level", "read_committed"))) {
      last.put(JavaClientIT.text(record.key()), ByteBuffer.wrap(record.value()).getLong());
    }
    return last;
  }
}
