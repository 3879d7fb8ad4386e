package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of several families write for each other: Java, librdkafka (kcat) and kafkajs. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PeersIT {
  private static final int COUNT = 500;
  private static final Path JS = Path.of("src/test/js").toAbsolutePath();
  private static final String CONSOLE = "org.apache.kafka.tools.consumer.ConsoleConsumer";

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

  private Peer.Output kcat(String input, String... args) {
    Peer.require("kcat");
    List<String> command = new ArrayList<>(List.of("kcat", "-b", broker.bootstrap()));
    command.addAll(List.of(args));
    return Peer.run(input, command);
  }

  private List<String> readByKcat(String topic) {
    return kcat(
            "",
            "-C",
            "-t",
            topic,
            "-p",
            "0",
            "-o",
            "beginning",
            "-e",
            "-q",
            "-f",
            "%k=%s\n",
            "-X",
            "check.crcs=true")
        .succeeded()
        .lines();
  }

  private List<String> readByJava(String topic) {
    return clients.consumeAll(topic, Map.of("check.crcs", true)).stream()
        .map(JavaClientIT::text)
        .toList();
  }

  private List<String> readByConsole(String topic, int count) {
    return Tool.run(
            CONSOLE,
            "--bootstrap-server",
            broker.bootstrap(),
            "--topic",
            topic,
            "--partition",
            "0",
            "--offset",
            "earliest",
            "--max-messages",
            Integer.toString(count),
            "--timeout-ms",
            "20000",
            "--formatter-property",
            "print.key=true",
            "--formatter-property",
            "key.separator==")
        .succeeded()
        .lines();
  }

  private static List<String> expected(String who) {
    return IntStream.range(0, COUNT).mapToObj(i -> "key-" + i + "=" + who + " " + i).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
  void shouldDeliverWhatKcatProduces(String compression) throws Exception {
    String topic = "kcat-" + compression;
    clients.createTopic(topic, 1);

    kcat(
            expected("kcat").stream().collect(Collectors.joining("\n")),
            "-P",
            "-t",
            topic,
            "-p",
            "0",
            "-K",
            "=",
            "-z",
            compression)
        .succeeded();

    assertThat(readByKcat(topic)).isEqualTo(expected("kcat"));
    assertThat(readByJava(topic)).isEqualTo(expected("kcat"));
    assertThat(readByConsole(topic, COUNT)).isEqualTo(expected("kcat"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
  void shouldDeliverWhatJavaProducesToKcat(String compression) throws Exception {
    String topic = "java-" + compression;
    clients.createTopic(topic, 1);

    clients.produce(
        Map.of("compression.type", compression),
        IntStream.range(0, COUNT)
            .mapToObj(
                i ->
                    new ProducerRecord<>(
                        topic, JavaClientIT.bytes("key-" + i), JavaClientIT.bytes("java " + i)))
            .toList());

    assertThat(readByKcat(topic)).isEqualTo(expected("java"));
  }

  @Test
  void shouldServeAnIdempotentKcat() throws Exception {
    clients.createTopic("kcat-idempotent", 1);

    kcat(
            expected("kcat").stream().collect(Collectors.joining("\n")),
            "-P",
            "-t",
            "kcat-idempotent",
            "-p",
            "0",
            "-K",
            "=",
            "-X",
            "enable.idempotence=true",
            "-X",
            "batch.num.messages=10")
        .succeeded();

    assertThat(readByJava("kcat-idempotent")).isEqualTo(expected("kcat"));
  }

  @Test
  void shouldListMetadataToKcat() throws Exception {
    clients.createTopic("kcat-listed", 3);

    assertThat(kcat("", "-L", "-t", "kcat-listed").succeeded().out())
        .contains(
            "1 brokers:", "at " + broker.bootstrap(), "topic \"kcat-listed\" with 3 partitions");
  }

  @Test
  void shouldAnswerOffsetQueriesOfKcat() throws Exception {
    clients.createTopic("kcat-asked", 1);
    clients.produce(
        Map.of(),
        IntStream.range(0, 10)
            .mapToObj(
                i ->
                    new ProducerRecord<byte[], byte[]>(
                        "kcat-asked", 0, 1_000L + i, null, new byte[1]))
            .toList());

    assertThat(kcat("", "-Q", "-t", "kcat-asked:0:1005").succeeded().out())
        .contains("kcat-asked [0] offset 5");
    assertThat(kcat("", "-Q", "-t", "kcat-asked:0:-1").succeeded().out())
        .contains("kcat-asked [0] offset 10");
    assertThat(kcat("", "-Q", "-t", "kcat-asked:0:-2").succeeded().out())
        .contains("kcat-asked [0] offset 0");
  }

  @Test
  void shouldServeKcatFromTheTail() throws Exception {
    clients.createTopic("kcat-tail", 1);
    clients.produce(
        Map.of(),
        IntStream.range(0, 100)
            .mapToObj(
                i ->
                    new ProducerRecord<byte[], byte[]>(
                        "kcat-tail", 0, null, JavaClientIT.bytes("v" + i)))
            .toList());

    assertThat(
            kcat("", "-C", "-t", "kcat-tail", "-p", "0", "-o", "-3", "-e", "-q")
                .succeeded()
                .lines())
        .containsExactly("v97", "v98", "v99");
  }

  @ParameterizedTest
  @CsvSource({"none,plain", "gzip,plain", "gzip,idempotent"})
  void shouldDeliverWhatKafkajsProduces(String compression, String mode) throws Exception {
    Peer.require("node");
    Peer.require("kafkajs", JS.resolve("node_modules/kafkajs"));
    String topic = "kafkajs-" + compression + "-" + mode;
    clients.createTopic(topic, 1);

    List<String> lines =
        Peer.run(
                "",
                List.of(
                    "node",
                    JS.resolve("produce.js").toString(),
                    broker.bootstrap(),
                    topic,
                    compression,
                    Integer.toString(COUNT),
                    mode))
            .succeeded()
            .lines();

    assertThat(lines).containsExactly("0 0", "0 100", "0 200", "0 300", "0 400", "end 500");
    List<ConsumerRecord<byte[], byte[]>> read =
        clients.consumeAll(topic, Map.of("check.crcs", true));
    assertThat(read).extracting(JavaClientIT::text).isEqualTo(expected("kafkajs"));
    assertThat(read.get(499).timestamp()).isEqualTo(1_499);
    assertThat(read.get(499).headers().lastHeader("peer").value())
        .isEqualTo(JavaClientIT.bytes("kafkajs"));
    if (compression.equals("gzip")) {
      assertThat(readByKcat(topic)).isEqualTo(expected("kafkajs"));
    }
  }
}
