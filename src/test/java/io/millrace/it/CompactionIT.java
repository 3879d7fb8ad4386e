package io.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Compaction of a real node, seen by its clients, over HTTP and by Kafka's DumpLogSegments. */
@Timeout(180)
class CompactionIT {
  private static final String THROTTLE = "log.cleaner.io.max.bytes.per.second";
  private static final int KEYS = 500;

  private MillraceProcess broker;

  private String get(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + broker.http().getPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** What the node tells of the topic's log; null = nothing. */
  private JsonObject log(String topic) {
    try {
      return new JsonObject(get("/api/v1/compaction"))
          .getJsonArray("directories").stream()
              .flatMap(directory -> ((JsonObject) directory).getJsonArray("logs").stream())
              .map(JsonObject.class::cast)
              .filter(log -> log.getString("topic").equals(topic))
              .findFirst()
              .orElse(null);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldCompactAtTheRateThatIsSetMeanwhile(@TempDir Path dir) throws Exception {
    try (MillraceProcess node =
        new MillraceProcess(dir, Map.of("log.cleaner.backoff.ms", "50", THROTTLE, "1000.0"))) {
      broker = node;
      node.startAndAwaitReady();
      Map<String, String> last = new HashMap<>();
      try (Clients clients = new Clients(node)) {
        clients.createTopic(
            "table",
            1,
            Map.of(
                "cleanup.policy", "compact",
                "segment.bytes", "1048576",
                "file.delete.delay.ms", "0",
                "min.cleanable.dirty.ratio", "0.01"));
        assertThatThrownBy(
                () ->
                    clients.produce(
                        Map.of(),
                        List.of(
                            new ProducerRecord<byte[], byte[]>(
                                "table", 0, null, JavaClientIT.bytes("without a key")))))
            .isInstanceOf(InvalidRecordException.class)
            .hasMessageContaining("no record without a key");
        clients.produce(Map.of("batch.size", 8_000), records(last));

        Await.until(
            "it is compacted, slowly",
            Clients.PATIENCE,
            () -> log("table") != null && log("table").getJsonObject("running") != null);
        JsonObject running = log("table").getJsonObject("running");
        assertThat(running.getLong("doneBytes")).isLessThan(running.getLong("totalBytes"));
        assertThat(log("table").getString("lastCleanedAt")).isNull();
        clients.configure(ConfigResource.Type.BROKER, "", THROTTLE, "100000000");
        Await.until(
            "it is compacted",
            Clients.PATIENCE,
            () ->
                log("table").getString("lastCleanedAt") != null
                    && log("table").getLong("dirtyBytes") == 0);

        assertThat(log("table").getLong("cleanBytes")).isPositive();
        assertThat(new JsonObject(get("/api/v1/compaction")).getDouble("maxBytesPerSecond"))
            .isEqualTo(1e8);
        assertThat(get("/metrics"))
            .contains("millrace_log_cleaner_runs_total", "millrace_log_cleaner_recopy_ratio")
            .contains("millrace_log_cleaner_uncleanable_partitions{log_dir=");
        List<ConsumerRecord<byte[], byte[]>> read = clients.consumeAll("table");
        assertThat(read.size()).isLessThan(10_000);
        Map<String, String> table = new HashMap<>();
        read.forEach(
            record ->
                table.put(new String(record.key(), UTF_8), new String(record.value(), UTF_8)));
        assertThat(table).isEqualTo(last);
      }
      node.stop();
      dump(node.logDir().resolve("table-0"));
    }
  }

  private static List<ProducerRecord<byte[], byte[]>> records(Map<String, String> last) {
    Random random = new Random(1);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      String key = "key " + random.nextInt(KEYS);
      String value = "value " + i + "x".repeat(250);
      last.put(key, value);
      records.add(
          new ProducerRecord<>("table", 0, JavaClientIT.bytes(key), JavaClientIT.bytes(value)));
    }
    return records;
  }

  /** Kafka's tool reads all files, and finds no more to say than that offsets have gaps. */
  private static void dump(Path partition) throws Exception {
    int indexes = 0;
    try (Stream<Path> files = Files.list(partition)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".log")) {
          String out = dump(file, "--deep-iteration", "--print-data-log");
          assertThat(out).doesNotContain("isvalid: false").doesNotContain("Exception");
        } else if (name.endsWith(".index") || name.endsWith(".timeindex")) {
          assertThat(dump(file, "--index-sanity-check"))
              .containsAnyOf("passed sanity check", "is empty");
          assertThat(dump(file, "--verify-index-only"))
              .doesNotContain("ismatch")
              .doesNotContain("not found");
          indexes++;
        }
      }
    }
    assertThat(indexes).isGreaterThan(2);
  }

  private static String dump(Path file, String... options) {
    List<String> args = new ArrayList<>(List.of("--files", file.toString()));
    args.addAll(List.of(options));
    Tool.Result result =
        Tool.run("org.apache.kafka.tools.DumpLogSegments", args.toArray(String[]::new)).succeeded();
    return result.out() + result.err();
  }
}
