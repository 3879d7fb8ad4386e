package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace transactions} works on Apache Kafka too. */
@Timeout(120)
class TransactionsOnKafkaIT {
  private static CommandLineFixture.Result run(Clients clients, String... command) {
    List<String> args = new ArrayList<>(List.of("transactions"));
    args.addAll(List.of(command));
    args.addAll(List.of("-b", clients.bootstrap()));
    return new CommandLineFixture().run(args.toArray(String[]::new));
  }

  @Test
  void shouldListDescribeFindAndAbort(@TempDir Path dir) throws Exception {
    try (KafkaProcess kafka = new KafkaProcess(dir, Map.of())) {
      kafka.startAndAwaitReady();
      try (Clients clients = new Clients(kafka)) {
        clients.createTopic("t", 1);
        KafkaProducer<byte[], byte[]> producer = clients.producer(Map.of("transactional.id", "id"));
        try {
          producer.initTransactions();
          producer.beginTransaction();
          producer.send(new ProducerRecord<>("t", 0, null, JavaClientIT.bytes("a"))).get();

          assertThat(run(clients, "list", "--state", "ongoing").lines()).containsExactly("id");
          assertThat(run(clients, "describe", "id").out()).contains("id  Ongoing", "  t-0");
          assertThat(run(clients, "describe", "none").exit()).isEqualTo(ExitCode.NOT_FOUND);
          assertThat(run(clients, "find-hanging", "--older-than", "0").err())
              .contains("No transaction hangs");
          assertThat(run(clients, "abort", "id").lines()).containsExactly("Aborted id");
        } finally {
          producer.close(Duration.ZERO);
        }
      }
    }
  }
}
