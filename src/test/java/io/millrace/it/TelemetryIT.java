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
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka's own clients push their metrics when Kafka's own tools have asked them to. */
@Timeout(120)
class TelemetryIT {
  private static final String CLIENT_METRICS = "org.apache.kafka.tools.ClientMetricsCommand";
  private static final String CONFIGS = "kafka.admin.ConfigCommand";
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static Tool.Result tool(BrokerProcess broker, String main, String... args) {
    List<String> all = new ArrayList<>(List.of("--bootstrap-server", broker.bootstrap()));
    all.addAll(List.of(args));
    return Tool.run(main, all.toArray(String[]::new));
  }

  private static void subscribe(BrokerProcess broker, String name, String... args) {
    List<String> all = new ArrayList<>(List.of("--alter", "--name", name));
    all.addAll(List.of(args));
    tool(broker, CLIENT_METRICS, all.toArray(String[]::new)).succeeded();
  }

  private static KafkaProducer<byte[], byte[]> producer(String bootstrap, String clientId) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", bootstrap, "client.id", clientId, "linger.ms", 0),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static String get(InetSocketAddress http, String path) {
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
  private static JsonObject client(InetSocketAddress http, String clientId) {
    String page = get(http, "/api/v1/clients?clientId=" + clientId);
    JsonArray all = page == null ? new JsonArray() : new JsonObject(page).getJsonArray("clients");
    assertThat(all.size()).as(page).isLessThan(2);
    return all.isEmpty() ? null : all.getJsonObject(0);
  }

  private static JsonObject awaitClient(
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

  @Test
  void shouldShowWhatProducersAndConsumersMeasure(@TempDir Path dir) throws Exception {
    try (MillraceProcess broker = (MillraceProcess) BrokerProcess.start(dir);
        Clients clients = new Clients(broker)) {
      clients.createTopic("measured", 1);
      subscribe(broker, "all", "--metrics", "org.apache.kafka.", "--interval", "200");

      try (KafkaProducer<byte[], byte[]> producer = producer(broker.bootstrap(), "sender");
          KafkaConsumer<byte[], byte[]> consumer =
              new KafkaConsumer<>(
                  Map.of(
                      "bootstrap.servers",
                      broker.bootstrap(),
                      "client.id",
                      "reader",
                      "group.id",
                      "readers",
                      "auto.offset.reset",
                      "earliest"),
                  new ByteArrayDeserializer(),
                  new ByteArrayDeserializer())) {
        consumer.subscribe(List.of("measured"));
        for (int i = 0; i < 20; i++) {
          Clients.await(producer.send(new ProducerRecord<>("measured", JavaClientIT.bytes("v"))));
        }
        Await.until(
            "20 records sent",
            PATIENCE,
            () ->
                metric(broker.http(), "sender", "org.apache.kafka.producer.record.send.total")
                    == 20);
        for (int i = 0; i < 5; i++) {
          Clients.await(producer.send(new ProducerRecord<>("measured", JavaClientIT.bytes("v"))));
        }
        // Deltas add up.
        Await.until(
            "25 records sent",
            PATIENCE,
            () ->
                metric(broker.http(), "sender", "org.apache.kafka.producer.record.send.total")
                    == 25);

        Await.until(
            () -> "25 records consumed: " + client(broker.http(), "reader"),
            PATIENCE,
            () -> {
              consumer.poll(Duration.ofMillis(50));
              return metric(
                      broker.http(),
                      "reader",
                      "org.apache.kafka.consumer.fetch.manager.records.consumed.total")
                  == 25;
            });
        JsonObject reader = client(broker.http(), "reader");
        System.out.println(reader.encodePrettily());
        System.out.println(get(broker.http(), "/api/v1/clients/" + reader.getString("clientInstanceId")));
        assertThat(reader.getString("softwareName")).isEqualTo("apache-kafka-java");
        assertThat(reader.getString("clientInstanceId"))
            .isEqualTo(consumer.clientInstanceId(PATIENCE).toString());
        System.out.println(get(broker.http(), "/metrics").lines().filter(l -> l.contains("_client") || l.contains("telemetry")).reduce("", (a, b) -> a + "\n" + b));
      }
      Await.until(
          "the clients are gone",
          PATIENCE,
          () -> client(broker.http(), "sender") == null && client(broker.http(), "reader") == null);
    }
  }
}
