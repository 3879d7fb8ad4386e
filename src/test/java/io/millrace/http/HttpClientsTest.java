package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.telemetry.ClientTraits;
import io.millrace.telemetry.ClientView;
import io.millrace.telemetry.Reading;
import io.millrace.telemetry.Series;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** What the API shows of clients. */
class HttpClientsTest extends HttpFixture {
  private static ClientView client(long id, String clientId, Series... series) {
    return new ClientView(
        new ClientTraits(new Uuid(1, id), clientId, "java", "4.3.1", "10.0.0.7", 5_000),
        List.of("s"),
        List.of("*"),
        1_000,
        1_000,
        series.length == 0 ? -1 : 2_000,
        null,
        Map.of("group_id", "g"),
        List.of(series));
  }

  private static Series gauge(String name, double value) {
    return new Series(
        new Series.Id(name, Map.of("topic", "t")),
        Series.Kind.GAUGE,
        new Reading(value, 0, null, null));
  }

  private List<String> ids(String path) throws Exception {
    return json(path).getJsonArray("clients").stream()
        .map(one -> ((JsonObject) one).getString("clientInstanceId"))
        .toList();
  }

  @Test
  void shouldShowWhatAClientIs() throws Exception {
    node.clients.add(client(2, "c"));

    assertThat(json("/api/v1/clients"))
        .isEqualTo(
            new JsonObject()
                .put(
                    "clients",
                    new JsonArray()
                        .add(
                            new JsonObject()
                                .put("clientInstanceId", "AAAAAAAAAAEAAAAAAAAAAg")
                                .put("clientId", "c")
                                .put("softwareName", "java")
                                .put("softwareVersion", "4.3.1")
                                .put("address", "10.0.0.7")
                                .put("port", 5_000)
                                .put("since", "1970-01-01T00:00:01Z")
                                .put("lastPush", null)
                                .put("lastError", null)
                                .put("subscriptions", new JsonArray().add("s"))
                                .put("requestedMetrics", new JsonArray().add("*"))
                                .put("pushIntervalMs", 1_000)
                                .put("attributes", new JsonObject().put("group_id", "g"))
                                .put("metricCount", 0)))
                .put("next", null));
  }

  @Test
  void shouldShowWhatAClientHasPushed() throws Exception {
    node.clients.add(client(1, "other", gauge("x", 1)));
    node.clients.add(
        client(
            2,
            "c",
            gauge("b", 0.5),
            gauge("a", Double.NaN),
            new Series(
                new Series.Id("h", Map.of()),
                Series.Kind.HISTOGRAM,
                new Reading(9, 3, new double[] {1}, new long[] {2, 1}))));

    JsonObject shown = json("/api/v1/clients/AAAAAAAAAAEAAAAAAAAAAg");

    assertThat(shown.getString("lastPush")).isEqualTo("1970-01-01T00:00:02Z");
    assertThat(shown.getJsonArray("metrics").encode())
        .isEqualTo(
            "[{\"name\":\"a\",\"type\":\"gauge\",\"attributes\":{\"topic\":\"t\"},\"value\":null},"
                + "{\"name\":\"b\",\"type\":\"gauge\",\"attributes\":{\"topic\":\"t\"},\"value\":0.5},"
                + "{\"name\":\"h\",\"type\":\"histogram\",\"attributes\":{},\"count\":3,\"sum\":9.0,"
                + "\"buckets\":[{\"to\":1.0,\"count\":2},{\"to\":null,\"count\":1}]}]");
  }

  @Test
  void shouldGiveClientsPageByPage() throws Exception {
    for (long id = 4; id >= 2; id--) {
      node.clients.add(client(id, id == 3 ? "c" : "d"));
    }

    assertThat(ids("/api/v1/clients?limit=2"))
        .containsExactly("AAAAAAAAAAEAAAAAAAAAAg", "AAAAAAAAAAEAAAAAAAAAAw");
    String next = json("/api/v1/clients?limit=2").getString("next");
    assertThat(ids("/api/v1/clients?limit=2&after=" + next))
        .containsExactly("AAAAAAAAAAEAAAAAAAAABA");
    assertThat(ids("/api/v1/clients?clientId=c")).containsExactly("AAAAAAAAAAEAAAAAAAAAAw");
  }

  @Test
  void shouldKnowNoOtherClients() throws Exception {
    assertThat(get("/api/v1/clients/AAAAAAAAAAEAAAAAAAAAAg").statusCode()).isEqualTo(404);
    assertThat(get("/api/v1/clients?limit=0").statusCode()).isEqualTo(400);
  }
}
