package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is really full: nothing acknowledged is lost, and all goes on when there is space.
 */
@Timeout(120)
class FullDiskIT {
  private static final Map<String, Object> ONE_BY_ONE =
      Map.of("enable.idempotence", false, "retries", 0, "linger.ms", 0);

  @TempDir Path dir;

  @BeforeEach
  void needsMillrace() {
    // Apache Kafka halts when a write fails.
    assumeThat(BrokerProcess.isMillrace()).isTrue();
  }

  private BrokerProcess startOn(SmallDisk disk) {
    BrokerProcess broker =
        BrokerProcess.create(dir, Map.of("log.dir.min.free.bytes", "0"))
            .runBy(disk.runner())
            .expectInOutput("(?i)no space left|bytes free");
    broker.startAndAwaitReady();
    return broker;
  }

  /** Returns how many were acknowledged before one was refused. */
  private static int produceUntilRefused(Clients clients, String topic) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = clients.producer(ONE_BY_ONE)) {
      for (int i = 0; ; i++) {
        try {
          Clients.await(Clients.send(producer, record(topic, i)));
        } catch (KafkaStorageException e) {
          return i;
        }
      }
    }
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, int i) {
    return new ProducerRecord<>(topic, 0, JavaClientIT.bytes("k" + i), new byte[20_000]);
  }

  private static void assertHolds(Clients clients, String topic, int atLeast) {
    List<ConsumerRecord<byte[], byte[]>> all = clients.consumeAll(topic);
    assertThat(all).hasSizeGreaterThanOrEqualTo(atLeast);
    for (int i = 0; i < atLeast; i++) {
      assertThat(JavaClientIT.text(all.get(i).key())).isEqualTo("k" + i);
    }
  }

  @Test
  void shouldRefuseRecordsUntilThereIsSpace() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(dir.resolve("data"), 16);
        BrokerProcess broker = startOn(disk);
        Clients clients = new Clients(broker)) {
      disk.take(4 << 20);
      clients.createTopic("filling", 1);
      int acknowledged = produceUntilRefused(clients, "filling");
      assertHolds(clients, "filling", acknowledged);

      disk.empty();

      // By a client as it is by default, which tries again.
      clients.produce(Map.of(), List.of(record("filling", acknowledged)));
      assertHolds(clients, "filling", acknowledged);
      broker.stop();
    }
  }

  @Test
  void shouldStartWhenThereIsSpaceAgainAfterAKill() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(dir.resolve("data"), 16);
        BrokerProcess broker = startOn(disk);
        Clients clients = new Clients(broker)) {
      disk.take(4 << 20);
      clients.createTopic("filling", 1);
      int acknowledged = produceUntilRefused(clients, "filling");
      disk.fill();
      broker.kill();

      broker.start();
      Await.until(
          "the node says what it waits for",
          Clients.PATIENCE,
          () -> broker.output().tail(3).contains("No space left on device"));
      disk.empty();
      broker.awaitReady();

      assertHolds(clients, "filling", acknowledged);
      broker.stop();
    }
  }
}
