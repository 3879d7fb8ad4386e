package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kafka Connect in distributed mode copies a file through a topic into another, whoever is killed
 * meanwhile: its group, its compacted topics, its transactions and its use of the Admin API at
 * once.
 */
@Timeout(180)
class ConnectIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String TOPIC = "lines";

  @Test
  void shouldCopyEachLineExactlyOnceIntoTheTopic(@TempDir Path dir) throws Exception {
    copy(dir, Map.of("exactly.once.source.support", "enabled"));
  }

  @Test
  @Tag("long")
  void shouldCopyEveryLineWithoutTransactions(@TempDir Path dir) throws Exception {
    copy(dir, Map.of());
  }

  private static void copy(Path dir, Map<String, String> more) throws Exception {
    boolean exactlyOnce = !more.isEmpty();
    Path from = Files.createFile(dir.resolve("from.txt"));
    Path to = dir.resolve("to.txt");
    Map<String, String> node = new HashMap<>(GroupsIT.PROMPT);
    node.put("transaction.state.log.num.partitions", "5");
    String rest = "http://127.0.0.1:" + FreePorts.next();
    ConnectRest connect = new ConnectRest(rest);
    try (BrokerProcess broker = BrokerProcess.start(dir.resolve("broker"), node);
        Clients clients = new Clients(broker);
        ConnectProcess worker =
            ConnectProcess.worker(dir.resolve("worker"), settings(broker, rest, more)).start()) {
      configure(worker, connect, "source", source(from));
      configure(worker, connect, "sink", sink(to));
      awaitRunning(worker, connect);
      append(from, 0, 500);
      awaitLines(worker, to, 500);
      for (String topic : List.of("connect-configs", "connect-offsets", "connect-status")) {
        assertThat(clients.topicConfig(topic, "cleanup.policy")).as(topic).isEqualTo("compact");
      }

      // The worker dies with lines on their way. Its successor knows all from the three topics.
      append(from, 500, 1_000);
      worker.kill();
      append(from, 1_000, 1_500);
      worker.start();
      awaitLines(worker, to, 1_500);
      awaitRunning(worker, connect);

      // So does the node.
      append(from, 1_500, 2_000);
      broker.kill();
      append(from, 2_000, 2_500);
      broker.startAndAwaitReady();
      awaitLines(worker, to, 2_500);
      awaitRunning(worker, connect);

      List<String> copied =
          clients.consumeAll(TOPIC, Map.of("isolation.level", "read_committed")).stream()
              .map(record -> JavaClientIT.text(record.value()))
              .toList();
      if (exactlyOnce) {
        assertThat(copied).isEqualTo(lines(0, 2_500));
      } else {
        assertThat(new HashSet<>(copied)).isEqualTo(new HashSet<>(lines(0, 2_500)));
      }

      // What the source has read, and the sink written, can be asked for, and taken back.
      worker.await(
          "the offset of the source is the size of the file",
          SOON,
          () ->
              connect
                      .get("connectors/source/offsets")
                      .json()
                      .at("/offsets/0/offset/position")
                      .asLong()
                  == size(from));
      stopAndForget(worker, connect, "sink");
      Files.delete(to);
      assertThat(connect.put("connectors/sink/resume").status()).isEqualTo(202);
      awaitLines(worker, to, 2_500);
    }
  }

  private static void stopAndForget(ConnectProcess worker, ConnectRest connect, String connector) {
    assertThat(connect.put("connectors/" + connector + "/stop").status()).isEqualTo(204);
    // Refused until the tasks have ended.
    worker.await(
        () -> "offsets deleted: " + connect.delete("connectors/" + connector + "/offsets"),
        SOON,
        () -> connect.delete("connectors/" + connector + "/offsets").isOk());
    assertThat(connect.get("connectors/" + connector + "/offsets").json().get("offsets")).isEmpty();
  }

  private static Map<String, String> settings(
      BrokerProcess broker, String rest, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("bootstrap.servers", broker.bootstrap());
    settings.put("group.id", "connect");
    settings.put("listeners", rest);
    settings.put("plugin.discovery", "service_load");
    settings.put("key.converter", "org.apache.kafka.connect.storage.StringConverter");
    settings.put("value.converter", "org.apache.kafka.connect.storage.StringConverter");
    for (String topic : List.of("config", "offset", "status")) {
      String name = topic.equals("status") ? topic : topic + "s";
      settings.put(topic + ".storage.topic", "connect-" + name);
      settings.put(topic + ".storage.replication.factor", "1");
    }
    settings.put("offset.flush.interval.ms", "500");
    settings.put("session.timeout.ms", "2000");
    settings.put("heartbeat.interval.ms", "500");
    settings.put("scheduled.rebalance.max.delay.ms", "0");
    settings.put("consumer.auto.offset.reset", "earliest");
    // A sink's member that was killed is not waited for longer.
    settings.put("consumer.session.timeout.ms", "2000");
    settings.put("consumer.heartbeat.interval.ms", "500");
    settings.put("reconnect.backoff.max.ms", "200");
    // A worker that starts waits until the transaction ends that was open when it was killed; a
    // minute otherwise.
    settings.put("producer.transaction.timeout.ms", "15000");
    settings.putAll(more);
    return settings;
  }

  private static Map<String, String> source(Path from) {
    return Map.of(
        "connector.class",
        "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "tasks.max",
        "1",
        "file",
        from.toString(),
        "topic",
        TOPIC);
  }

  private static Map<String, String> sink(Path to) {
    return Map.of(
        "connector.class",
        "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "tasks.max",
        "1",
        "file",
        to.toString(),
        "topics",
        TOPIC);
  }

  private static void configure(
      ConnectProcess worker, ConnectRest rest, String connector, Map<String, String> config) {
    // Refused until the worker has joined its group, and during a rebalance.
    worker.await(
        () -> connector + " configured: " + rest.configure(connector, config),
        SOON,
        () -> rest.configure(connector, config).isOk());
  }

  private static void awaitRunning(ConnectProcess worker, ConnectRest rest) {
    worker.await(
        () ->
            "both connectors run: "
                + rest.get("connectors/source/status")
                + rest.get("connectors/sink/status"),
        SOON,
        () -> rest.isRunning("source") && rest.isRunning("sink"));
  }

  /** A sink may write a line twice when it, or the node, was killed; it leaves none out. */
  private static void awaitLines(ConnectProcess worker, Path file, int count) {
    worker.await(
        () -> "all of " + count + " lines are in the file: " + distinctLines(file).size(),
        SOON,
        () -> distinctLines(file).containsAll(lines(0, count)));
  }

  private static Set<String> distinctLines(Path file) {
    try {
      return Files.exists(file) ? new HashSet<>(Files.readAllLines(file)) : Set.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(int from, int toExclusive) {
    return IntStream.range(from, toExclusive).mapToObj(n -> "line " + n).toList();
  }

  private static void append(Path file, int from, int toExclusive) throws IOException {
    Files.writeString(
        file,
        lines(from, toExclusive).stream().map(line -> line + "\n").collect(Collectors.joining()),
        StandardOpenOption.APPEND);
  }
}
