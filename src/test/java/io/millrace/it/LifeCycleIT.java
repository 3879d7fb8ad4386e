package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node starts, refuses to start, stops, stands still and comes back as a person would expect. */
@Timeout(120)
class LifeCycleIT {
  /** For what waits: the common pool may have one thread only. */
  private static final Executor OWN_THREAD = task -> new Thread(task, "load").start();

  @Test
  void shouldStopInOrderUnderLoadAndCarryOn(@TempDir Path dir) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker)) {
      clients.createTopic("loaded", 1);
      try (NumberedLoad load = new NumberedLoad(clients, "loaded", 200)) {
        load.awaitMore(2_000);
        broker.stop();
        assertThat(broker.logDir().resolve(".kafka_cleanshutdown")).exists();

        broker.startAndAwaitReady();
        assertThat(broker.logDir().resolve(".kafka_cleanshutdown")).doesNotExist();
        load.awaitMore(2_000);
        load.finish();

        load.assertStoredOnceInOrder(clients);
      }
    }
  }

  @Test
  void shouldLeaveEveryAnswerToBeRead(@TempDir Path dir) throws Exception {
    assumeMillrace();
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker);
        WireClient client = WireClient.connect(broker.address())) {
      clients.createTopic("answered", 1);
      // There are always requests on their way that the node will not take.
      Semaphore room = new Semaphore(200);
      CompletableFuture<Long> acknowledged =
          CompletableFuture.supplyAsync(() -> countAcknowledgements(client, room), OWN_THREAD);
      CompletableFuture<Void> sent =
          CompletableFuture.runAsync(
              () -> sendUntil(acknowledged::isDone, client, room), OWN_THREAD);
      Await.until(
          "records are appended", Clients.PATIENCE, () -> clients.endOffset("answered", 0) > 100);

      broker.stop();

      Clients.await(sent);
      assertThat(client.wasReset()).isFalse();
      broker.startAndAwaitReady();
      assertThat(clients.endOffset("answered", 0)).isEqualTo(Clients.await(acknowledged));
    }
  }

  private static long countAcknowledgements(WireClient client, Semaphore room) {
    long acknowledged = 0;
    for (ByteBuffer frame = client.receiveFrame(); frame != null; frame = client.receiveFrame()) {
      ProduceResponseData answer =
          (ProduceResponseData) WireClient.decode(ApiKeys.PRODUCE, 9, frame);
      PartitionProduceResponse partition =
          answer.responses().iterator().next().partitionResponses().get(0);
      assertThat(partition.errorCode()).isZero();
      assertThat(partition.baseOffset()).isEqualTo(acknowledged);
      acknowledged++;
      room.release();
    }
    return acknowledged;
  }

  private static void sendUntil(BooleanSupplier end, WireClient client, Semaphore room) {
    ProduceRequestData request =
        new ProduceRequestData()
            .setAcks((short) -1)
            .setTimeoutMs(30_000)
            .setTopicData(
                new TopicProduceDataCollection(
                    List.of(
                            new TopicProduceData()
                                .setName("answered")
                                .setPartitionData(
                                    List.of(
                                        new PartitionProduceData()
                                            .setIndex(0)
                                            .setRecords(
                                                MemoryRecords.withRecords(
                                                    Compression.NONE,
                                                    new SimpleRecord(new byte[10]))))))
                        .iterator()));
    try {
      while (!end.getAsBoolean()) {
        if (room.tryAcquire(10, TimeUnit.MILLISECONDS)) {
          client.send(ApiKeys.PRODUCE, 9, request);
        }
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldRefuseADataDirectoryInUse(@TempDir Path dir) throws Exception {
    assumeMillrace();
    try (BrokerProcess first = BrokerProcess.start(dir);
        Clients clients = new Clients(first);
        BrokerProcess second = BrokerProcess.create(dir, Map.of())) {
      second.expectInOutput("(?i)lock|in use|another");

      second.start();

      assertThat(second.awaitEnd(Duration.ofSeconds(30))).isNotZero();
      assertThat(second.output().tail(20))
          .contains(first.logDir().toString())
          .containsPattern("(?i)lock|in use|another");
      clients.createTopic("undisturbed", 1);
    }
  }

  @Test
  void shouldCarryOnAfterStandingStill(@TempDir Path dir) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker)) {
      broker.expectInOutput("has been blocked for|blocked");
      clients.createTopic("paused", 1);
      try (NumberedLoad load = new NumberedLoad(clients, "paused", 100)) {
        load.awaitMore(100);
        broker.pause();
        // Longer than the producer's request timeout of 5 s, so that it sends everything again.
        long until = System.nanoTime() + Duration.ofSeconds(7).toNanos();
        Await.until("time passes", Clients.PATIENCE, () -> System.nanoTime() - until > 0);
        broker.resume();
        load.awaitMore(100);
        load.finish();

        load.assertStoredOnceInOrder(clients);
      }
    }
  }

  @Test
  void shouldRememberTopicsConfigsAndDeletions(@TempDir Path dir) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker)) {
      clients.createTopic("kept", 3, Map.of("retention.ms", "7654321"));
      clients.createTopic("dropped", 1);
      clients.produce(
          Map.of(),
          IntStream.range(0, 30)
              .mapToObj(i -> new ProducerRecord<byte[], byte[]>("kept", i % 3, null, new byte[9]))
              .toList());
      Clients.await(
          clients
              .admin()
              .deleteTopics(List.of("dropped"))
              .all()
              .toCompletionStage()
              .toCompletableFuture());

      broker.stop();
      broker.startAndAwaitReady();

      assertThat(
              Clients.await(
                  clients.admin().listTopics().names().toCompletionStage().toCompletableFuture()))
          .contains("kept")
          .doesNotContain("dropped");
      assertThat(clients.consumeAll("kept")).hasSize(30);
      assertThat(
              Tool.run(
                      "org.apache.kafka.tools.TopicCommand",
                      "--bootstrap-server",
                      broker.bootstrap(),
                      "--describe",
                      "--topic",
                      "kept")
                  .succeeded()
                  .out())
          .contains("PartitionCount: 3", "retention.ms=7654321");
    }
  }

  @Test
  void shouldSayWhatIsWrongWithASetting(@TempDir Path dir) {
    assumeMillrace();
    try (BrokerProcess broker = BrokerProcess.create(dir, Map.of("log.segment.bytes", "plenty"))) {
      broker.expectInOutput("log.segment.bytes");

      broker.start();

      assertThat(broker.awaitEnd(Duration.ofSeconds(30))).isNotZero();
      assertThat(broker.output().tail(20)).contains("log.segment.bytes", "plenty");
      assertThat(broker.logDir()).doesNotExist();
    }
  }

  @Test
  void shouldTellItsHealthAndFigures(@TempDir Path dir) throws Exception {
    assumeMillrace();
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker)) {
      clients.createTopic("measured", 1);
      clients.produce(
          Map.of(), List.of(new ProducerRecord<>("measured", 0, new byte[1], new byte[1])));
      InetSocketAddress http = ((MillraceProcess) broker).http();

      assertThat(get(http, "/health/live").statusCode()).isEqualTo(200);
      assertThat(get(http, "/health/ready").statusCode()).isEqualTo(200);
      assertThat(get(http, "/health/ready").body()).contains(":" + broker.address().getPort());
      HttpResponse<String> metrics = get(http, "/metrics");
      assertThat(metrics.statusCode()).isEqualTo(200);
      assertThat(metrics.body()).contains("# TYPE ");
    }
  }

  @Test
  void shouldStartWithoutAnySettings(@TempDir Path dir) throws Exception {
    assumeMillrace();
    // Only the ports are set: a test must not take fixed ones.
    ProcessBuilder command =
        new ProcessBuilder(
            MillraceProcess.command(
                "start",
                "--set",
                "listeners=PLAINTEXT://127.0.0.1:0",
                "--set",
                "http.port=0",
                "--set",
                "internal.port=0",
                "--set",
                "cluster.port=0"));
    Process process = command.directory(dir.toFile()).redirectErrorStream(true).start();
    try {
      ProcessOutput output = new ProcessOutput(process, null);
      Await.until(
          "the node is ready: " + output.tail(20),
          Clients.PATIENCE,
          () -> output.lines().stream().anyMatch(l -> l.contains("Millrace is ready: node ")));
      try (var made = Files.list(dir)) {
        assertThat(made).isNotEmpty();
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static HttpResponse<String> get(InetSocketAddress http, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.getPort() + path))
                .timeout(Clients.PATIENCE)
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static void assumeMillrace() {
    Assumptions.assumeThat(BrokerProcess.isMillrace()).as("Millrace only").isTrue();
  }
}
