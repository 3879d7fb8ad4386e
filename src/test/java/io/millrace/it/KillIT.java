package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kill -9 under load, again and again: every acknowledged record is there once, in order, at its
 * acknowledged offset. How often: {@code -Dit.kills=…}.
 */
@Timeout(1_800)
class KillIT {
  private static final int KILLS = Integer.getInteger("it.kills", 4);

  @Test
  void shouldKeepWhatItAcknowledged(@TempDir Path dir) throws Exception {
    long seed = Long.getLong("it.seed", System.nanoTime());
    System.out.println("KillIT: " + KILLS + " kills, -Dit.seed=" + seed);
    Random random = new Random(seed);
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker)) {
      clients.createTopic("cached", 2, Map.of("segment.bytes", "1048576"));
      clients.createTopic("flushed", 1, Map.of("flush.messages", "1"));
      List<String> created = new ArrayList<>();
      try (NumberedLoad cached = new NumberedLoad(clients, "cached", 300);
          NumberedLoad flushed = new NumberedLoad(clients, "flushed", 100)) {
        for (int kill = 1; kill <= KILLS; kill++) {
          cached.awaitMore(random.nextInt(5_000));
          flushed.awaitMore(random.nextInt(20));
          String topic = "created-" + kill;
          clients.createTopic(topic, 1 + random.nextInt(5));
          created.add(topic);

          broker.kill();
          broker.startAndAwaitReady();
        }
        cached.awaitMore(1);
        flushed.awaitMore(1);
        cached.finish();
        flushed.finish();

        cached.assertStoredOnceInOrder(clients);
        flushed.assertStoredOnceInOrder(clients);
      }
      assertThat(
              Clients.await(
                  clients.admin().listTopics().names().toCompletionStage().toCompletableFuture()))
          .containsAll(created);
      clients.produce(
          Map.of(),
          created.stream()
              .map(topic -> new ProducerRecord<>(topic, 0, new byte[0], new byte[1]))
              .toList());
      // After all that, Kafka's own tool finds the files in order as well.
      broker.stop();
      assertThat(
              Tool.run(
                      "org.apache.kafka.tools.DumpLogSegments",
                      "--files",
                      broker.logDir().resolve("flushed-0/00000000000000000000.log").toString())
                  .succeeded()
                  .out())
          .doesNotContain("isvalid: false");
    }
  }
}
