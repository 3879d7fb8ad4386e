package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A topic is deleted and made again under its name while the clients of the old one go on. */
@Timeout(120)
class RecreatedTopicIT {
  private static final String TOPIC = "again";
  private static final int OLD = 100;
  private static final int NEW = 10;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static void send(KafkaProducer<byte[], byte[]> producer, String kind, int count)
      throws Exception {
    for (int i = 0; i < count; i++) {
      Clients.await(
          Clients.send(
              producer, new ProducerRecord<>(TOPIC, 0, null, JavaClientIT.bytes(kind + "-" + i))));
    }
  }

  private static List<String> all(String kind, int count) {
    return IntStream.range(0, count).mapToObj(i -> kind + "-" + i).toList();
  }

  /** Values as they come, until the last one is there. */
  private static List<String> readUntil(KafkaConsumer<byte[], byte[]> consumer, String last) {
    List<String> values = new ArrayList<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!values.contains(last)) {
      assertThat(System.nanoTime()).as("%s of %s", last, values).isLessThan(deadline);
      consumer
          .poll(Duration.ofMillis(200))
          .forEach(record -> values.add(new String(record.value(), StandardCharsets.UTF_8)));
    }
    return values;
  }

  private static Uuid id(Clients clients) throws Exception {
    TopicDescription described =
        Clients.await(
            clients
                .admin()
                .describeTopics(List.of(TOPIC))
                .topicNameValues()
                .get(TOPIC)
                .toCompletionStage()
                .toCompletableFuture());
    return described.topicId();
  }

  private static List<String> directories(Path logDir) {
    try (Stream<Path> files = Files.list(logDir)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(TOPIC + "-"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldServeOldClientsTheNewTopicAndNothingOfTheOldOne(@TempDir Path dir) throws Exception {
    // The clients that go on would make the topic anew, before the test does.
    Map<String, String> settings = Map.of("node.id", "1", "auto.create.topics.enable", "false");
    try (MillraceProcess broker = new MillraceProcess(dir, settings)) {
      broker.start();
      broker.awaitReady();
      Map<String, String> earliest = Map.of("auto.offset.reset", "earliest");
      Map<String, String> inGroup =
          Map.of("auto.offset.reset", "earliest", "group.id", "g", "metadata.max.age.ms", "1000");
      try (Clients clients = new Clients(broker);
          KafkaProducer<byte[], byte[]> producer = clients.producer(Map.of());
          KafkaConsumer<byte[], byte[]> assigned = clients.consumer(earliest);
          KafkaConsumer<byte[], byte[]> subscribed = clients.consumer(inGroup)) {
        Map<String, String> configs = Map.of("file.delete.delay.ms", "0");
        clients.createTopic(TOPIC, 1, configs);
        Uuid before = id(clients);
        assigned.assign(List.of(new TopicPartition(TOPIC, 0)));
        subscribed.subscribe(List.of(TOPIC));
        send(producer, "old", OLD);
        assertThat(readUntil(assigned, "old-" + (OLD - 1))).isEqualTo(all("old", OLD));
        assertThat(readUntil(subscribed, "old-" + (OLD - 1))).isEqualTo(all("old", OLD));
        subscribed.commitSync();

        Clients.await(
            clients
                .admin()
                .deleteTopics(List.of(TOPIC))
                .all()
                .toCompletionStage()
                .toCompletableFuture());
        clients.createTopic(TOPIC, 1, configs);

        assertThat(id(clients)).isNotEqualTo(before);
        send(producer, "new", NEW);
        assertThat(readUntil(assigned, "new-" + (NEW - 1))).isEqualTo(all("new", NEW));
        assertThat(readUntil(subscribed, "new-" + (NEW - 1))).isEqualTo(all("new", NEW));
        Await.until(
            "the old files are gone",
            PATIENCE,
            () -> directories(broker.logDir()).equals(List.of(TOPIC + "-0")));
      }

      broker.kill();
      broker.start();
      broker.awaitReady();

      try (Clients clients = new Clients(broker)) {
        assertThat(
                clients.consumeAll(TOPIC).stream()
                    .map(record -> new String(record.value(), StandardCharsets.UTF_8)))
            .isEqualTo(all("new", NEW));
        assertThat(directories(broker.logDir())).containsExactly(TOPIC + "-0");
      }
    }
  }
}
