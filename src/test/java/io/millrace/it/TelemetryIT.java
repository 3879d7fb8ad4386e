package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka's own clients push their metrics when Kafka's own tools have asked them to. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TelemetryIT {
  private static final String CLIENT_METRICS = "org.apache.kafka.tools.ClientMetricsCommand";
  private static final String CONFIGS = "kafka.admin.ConfigCommand";
  private static final String SENT = "org.apache.kafka.producer.record.send.total";
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private MillraceProcess broker;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = new MillraceProcess(dir, Map.of());
    broker.startAndAwaitReady();
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  private Tool.Result tool(String main, String... args) {
    List<String> all = new ArrayList<>(List.of("--bootstrap-server", broker.bootstrap()));
    all.addAll(List.of(args));
    return Tool.run(main, all.toArray(String[]::new));
  }

  private void subscribe(String name, String... args) {
    List<String> all = new ArrayList<>(List.of("--alter", "--name", name));
    all.addAll(List.of(args));
    tool(CLIENT_METRICS, all.toArray(String[]::new)).succeeded();
  }

  static KafkaProducer<byte[], byte[]> producer(String bootstrap, String clientId) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "client.id",
            clientId,
            "linger.ms",
            0,
            "reconnect.backoff.max.ms",
            200),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  static String get(InetSocketAddress http, String path) {
    URI uri = URI.create("http://127.0.0.1:" + http.getPort() + path);
    try {
      HttpResponse<String> answer =
          HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == 200 ? answer.body() : null;
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The only instance of this client id; null = there is none. */
  static JsonObject client(InetSocketAddress http, String clientId) {
    String page = get(http, "/api/v1/clients?clientId=" + clientId);
    JsonArray all = page == null ? new JsonArray() : new JsonObject(page).getJsonArray("clients");
    assertThat(all.size()).as(page).isLessThan(2);
    return all.isEmpty() ? null : all.getJsonObject(0);
  }

  static JsonObject awaitClient(
      InetSocketAddress http, String clientId, Predicate<JsonObject> such) {
    Await.until(
        () -> clientId + ": " + client(http, clientId),
        PATIENCE,
        () -> {
          JsonObject client = client(http, clientId);
          return client != null && such.test(client);
        });
    return client(http, clientId);
  }

  /**
   * Returns right after a push, when none is on its way: a client whose push got no answer waits
   * five minutes, whatever its interval.
   */
  static void awaitNewPush(InetSocketAddress http, String clientId) {
    String last = client(http, clientId).getString("lastPush");
    awaitClient(http, clientId, client -> !Objects.equals(client.getString("lastPush"), last));
  }

  private static double metric(InetSocketAddress http, String clientId, String name) {
    JsonObject client = client(http, clientId);
    String all =
        client == null
            ? null
            : get(http, "/api/v1/clients/" + client.getString("clientInstanceId"));
    if (all == null) {
      return -1;
    }
    for (Object one : new JsonObject(all).getJsonArray("metrics")) {
      JsonObject metric = (JsonObject) one;
      if (metric.getString("name").equals(name)) {
        return metric.getDouble("value");
      }
    }
    return -1;
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, String topic, int records)
      throws Exception {
    for (int i = 0; i < records; i++) {
      Clients.await(producer.send(new ProducerRecord<>(topic, JavaClientIT.bytes("v"))));
    }
  }

  private void awaitMetric(String clientId, String name, double value) {
    Await.until(
        () -> name + " of " + clientId + ": " + metric(broker.http(), clientId, name),
        PATIENCE,
        () -> metric(broker.http(), clientId, name) == value);
  }

  @Test
  void shouldShowWhatProducersAndConsumersMeasure() throws Exception {
    clients.createTopic("measured", 1);
    subscribe("measured", "--metrics", "*", "--interval", "200", "--match", "client_id=m-.*");
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            broker.bootstrap(),
            "client.id",
            "m-reader",
            "group.id",
            "readers",
            "auto.offset.reset",
            "earliest");

    try (KafkaProducer<byte[], byte[]> producer = producer(broker.bootstrap(), "m-sender");
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of("measured"));
      send(producer, "measured", 20);
      awaitMetric("m-sender", SENT, 20);
      send(producer, "measured", 5);
      // They push what came on top, and that adds up.
      awaitMetric("m-sender", SENT, 25);
      Await.until(
          () -> "25 records consumed: " + client(broker.http(), "m-reader"),
          PATIENCE,
          () -> {
            consumer.poll(Duration.ofMillis(50));
            return metric(
                    broker.http(),
                    "m-reader",
                    "org.apache.kafka.consumer.fetch.manager.records.consumed.total")
                == 25;
          });

      JsonObject reader = client(broker.http(), "m-reader");
      assertThat(reader.getString("softwareName")).isEqualTo("apache-kafka-java");
      assertThat(reader.getJsonObject("attributes").getString("group_id")).isEqualTo("readers");
      String id = consumer.clientInstanceId(PATIENCE).toString();
      assertThat(reader.getString("clientInstanceId")).isEqualTo(id);
      assertThat(get(broker.http(), "/metrics"))
          .contains(
              "millrace_client_producer_record_send_total{client_id=\"m-sender\"",
              "millrace_telemetry_client_info{client_id=\"m-reader\",client_instance_id=\"" + id,
              "millrace_telemetry_clients ",
              "millrace_telemetry_points_dropped_total 0.0");
    }
    Await.until(
        "the clients are gone",
        PATIENCE,
        () ->
            client(broker.http(), "m-sender") == null && client(broker.http(), "m-reader") == null);
  }

  @Test
  void shouldDoWhatKafkasToolsAsk() {
    subscribe("tooled", "--metrics", "a.b,c", "--interval", "60000", "--match", "client_id=x");

    assertThat(tool(CLIENT_METRICS, "--list").succeeded().lines()).contains("tooled");
    assertThat(tool(CLIENT_METRICS, "--describe", "--name", "tooled").succeeded().out())
        .contains("interval.ms=60000", "match=client_id=x", "metrics=a.b,c");
    String[] of = {"--entity-type", "client-metrics", "--entity-name", "tooled"};
    tool(CONFIGS, with(of, "--alter", "--add-config", "interval.ms=50000")).succeeded();
    assertThat(tool(CONFIGS, with(of, "--describe")).succeeded().out())
        .contains("interval.ms=50000", "metrics=a.b,c");
    assertThat(tool(CONFIGS, with(of, "--alter", "--add-config", "interval.ms=1")).failed().err())
        .contains("interval must be between 100 and 3600000");

    tool(CLIENT_METRICS, "--delete", "--name", "tooled").succeeded();
    assertThat(tool(CLIENT_METRICS, "--list").succeeded().lines()).doesNotContain("tooled");
  }

  private static String[] with(String[] first, String... rest) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(rest));
    return all.toArray(String[]::new);
  }

  @Test
  void shouldTellClientsOfAChangeAndGoOnAfterARestart() throws Exception {
    clients.createTopic("lasting", 1);
    subscribe(
        "lasting",
        "--metrics",
        "org.apache.kafka.producer.record",
        "--interval",
        "300",
        "--match",
        "client_id=lasting");
    try (KafkaProducer<byte[], byte[]> producer = producer(broker.bootstrap(), "lasting")) {
      send(producer, "lasting", 3);
      awaitMetric("lasting", SENT, 3);

      subscribe("lasting", "--metrics", "*", "--interval", "1000");
      JsonObject changed =
          awaitClient(
              broker.http(),
              "lasting",
              client ->
                  client.getInteger("pushIntervalMs") == 1_000
                      && client.getInteger("metricCount") > 50);
      assertThat(metric(broker.http(), "lasting", SENT)).isEqualTo(3);

      awaitNewPush(broker.http(), "lasting");
      broker.kill();
      broker.startAndAwaitReady();
      send(producer, "lasting", 4);
      JsonObject again =
          awaitClient(broker.http(), "lasting", client -> client.getInteger("metricCount") > 50);
      assertThat(again.getString("clientInstanceId"))
          .isEqualTo(changed.getString("clientInstanceId"));
      assertThat(again.getJsonArray("subscriptions")).containsExactly("lasting");
    }
  }
}
