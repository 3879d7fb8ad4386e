package io.millrace.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.telemetry.Series.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class ClientTextTest {
  private final List<Series> series = new ArrayList<>();

  private ClientTextTest add(String metric, Kind kind, double value, Map<String, String> labels) {
    series.add(new Series(new Series.Id(metric, labels), kind, Reading.of(value)));
    return this;
  }

  private ClientView client(String clientId) {
    return new ClientView(
        new ClientTraits(new Uuid(1, 2), clientId, "java", "4.3.1", "10.0.0.7", 5_000),
        List.of("s"),
        List.of("*"),
        1_000,
        1,
        2,
        null,
        Map.of("group_id", "g"),
        List.copyOf(series));
  }

  private List<String> lines(int maxSeries, ClientView... clients) {
    StringBuilder out = new StringBuilder();
    ClientText.write(List.of(clients), maxSeries, out);
    return out.toString().lines().toList();
  }

  @Test
  void shouldWriteNothingWithoutClients() {
    assertThat(lines(10)).isEmpty();
  }

  @Test
  void shouldWriteWhatClientsAre() {
    assertThat(lines(10, client("c")))
        .contains(
            "millrace_telemetry_client_info{client_id=\"c\",client_instance_id=\"AAAAAAAAAAEAAAAAAAAAAg\","
                + "software_name=\"java\",software_version=\"4.3.1\",address=\"10.0.0.7\",group_id=\"g\"} 1");
  }

  @Test
  void shouldMakeLegalNames() {
    add("org.apache.kafka.producer.record.send.total", Kind.COUNTER, 3, Map.of("node-id", "1"));
    add("9.of-me", Kind.COUNTER, 1, Map.of());

    assertThat(lines(10, client("c")))
        .contains(
            "# TYPE millrace_client_producer_record_send_total counter",
            "millrace_client_producer_record_send_total{client_id=\"c\","
                + "client_instance_id=\"AAAAAAAAAAEAAAAAAAAAAg\",node_id=\"1\"} 3.0",
            "# TYPE millrace_client_9_of_me_total counter");
  }

  @Test
  void shouldEscapeWhatClientsCallThemselves() {
    add("m", Kind.GAUGE, Double.NaN, Map.of("a", "x\"\\\n} 1"));

    assertThat(lines(10, client("evil\"} 1\nnext{a=\"")))
        .contains(
            "millrace_client_m{client_id=\"evil\\\"} 1\\nnext{a=\\\"\","
                + "client_instance_id=\"AAAAAAAAAAEAAAAAAAAAAg\",a=\"x\\\"\\\\\\n} 1\"} NaN")
        .allMatch(line -> line.startsWith("#") || line.startsWith("millrace_"));
  }

  @Test
  void shouldNotLetAttributesHideWhoItIs() {
    add("m", Kind.GAUGE, 1, Map.of("client_id", "other", "__name__", "n", "1", "2"));

    assertThat(lines(10, client("c")))
        .contains(
            "millrace_client_m{client_id=\"c\",client_instance_id=\"AAAAAAAAAAEAAAAAAAAAAg\","
                + "attribute_1=\"2\",attribute___name__=\"n\",attribute_client_id=\"other\"} 1.0");
  }

  @Test
  void shouldWriteHistogramsWithGrowingBuckets() {
    series.add(
        new Series(
            new Series.Id("h", Map.of()),
            Kind.HISTOGRAM,
            new Reading(12.5, 6, new double[] {1, 2}, new long[] {1, 2, 3})));

    assertThat(lines(10, client("c")))
        .contains("# TYPE millrace_client_h histogram")
        .anyMatch(
            line -> line.startsWith("millrace_client_h_bucket") && line.endsWith("le=\"1.0\"} 1"))
        .anyMatch(
            line -> line.startsWith("millrace_client_h_bucket") && line.endsWith("le=\"2.0\"} 3"))
        .anyMatch(
            line -> line.startsWith("millrace_client_h_bucket") && line.endsWith("le=\"+Inf\"} 6"))
        .anyMatch(line -> line.startsWith("millrace_client_h_sum") && line.endsWith("} 12.5"))
        .anyMatch(line -> line.startsWith("millrace_client_h_count") && line.endsWith("} 6"));
  }

  @Test
  void shouldLeaveOutWhatCannotBeToldApartAndWhatIsTooMuch() {
    add("a.b", Kind.GAUGE, 1, Map.of());
    add("a-b", Kind.GAUGE, 2, Map.of());
    add("org.apache.kafka.a.b", Kind.COUNTER, 3, Map.of());
    add("org.apache.kafka.a.b.total", Kind.GAUGE, 3, Map.of());
    add("c", Kind.GAUGE, 3, Map.of());
    add("d", Kind.GAUGE, 3, Map.of());

    List<String> lines = lines(3, client("c"));

    assertThat(lines).contains("millrace_telemetry_series_left_out 3");
    assertThat(lines.stream().filter(line -> line.startsWith("millrace_client_"))).hasSize(3);
  }
}
