package io.millrace.http;

import io.millrace.telemetry.ClientView;
import io.millrace.telemetry.Reading;
import io.millrace.telemetry.Series;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Draws client instances and what they have pushed (KIP-714) as JSON. What is no finite number is
 * null.
 *
 * <p>Owner: immutable.
 */
final class ClientJson {
  private static final Comparator<ClientView> BY_ID = Comparator.comparing(ClientJson::id);

  private ClientJson() {}

  private static String id(ClientView client) {
    return client.traits().id();
  }

  /**
   * The answer of {@code /api/v1/clients}: a page by instance id.
   *
   * @param after the last id of the page before; null = from the beginning
   * @param clientId only instances with this client id; null = all
   */
  static JsonObject page(List<ClientView> all, String after, String clientId, int limit) {
    List<ClientView> found =
        all.stream()
            .filter(client -> clientId == null || clientId.equals(client.traits().clientId()))
            .filter(client -> after == null || id(client).compareTo(after) > 0)
            .sorted(BY_ID)
            .limit(limit + 1L)
            .toList();
    boolean more = found.size() > limit;
    JsonArray clients = new JsonArray();
    found.stream().limit(limit).forEach(client -> clients.add(summary(client)));
    return new JsonObject()
        .put("clients", clients)
        .put("next", more ? id(found.get(limit - 1)) : null);
  }

  /** The answer of {@code /api/v1/clients/ID}; null = there is no such instance. */
  static JsonObject client(List<ClientView> all, String id) {
    for (ClientView client : all) {
      if (id(client).equals(id)) {
        JsonArray metrics = new JsonArray();
        client.series().stream()
            .sorted(
                Comparator.comparing((Series one) -> one.id().metric())
                    .thenComparing(one -> new TreeMap<>(one.id().attributes()).toString()))
            .forEach(one -> metrics.add(metric(one)));
        return summary(client).put("metrics", metrics);
      }
    }
    return null;
  }

  private static JsonObject summary(ClientView client) {
    return new JsonObject()
        .put("clientInstanceId", id(client))
        .put("clientId", client.traits().clientId())
        .put("softwareName", client.traits().softwareName())
        .put("softwareVersion", client.traits().softwareVersion())
        .put("address", client.traits().address())
        .put("port", client.traits().port())
        .put("since", time(client.sinceMs()))
        .put("lastPush", client.lastPushMs() < 0 ? null : time(client.lastPushMs()))
        .put("lastError", client.lastError())
        .put("subscriptions", new JsonArray(client.subscriptions()))
        .put("requestedMetrics", new JsonArray(client.requested()))
        .put("pushIntervalMs", client.intervalMs())
        .put("attributes", attributes(client.resource()))
        .put("metricCount", client.series().size());
  }

  private static JsonObject metric(Series one) {
    Reading reading = one.reading();
    JsonObject json =
        new JsonObject()
            .put("name", one.id().metric())
            .put("type", one.kind().name().toLowerCase(Locale.ROOT))
            .put("attributes", attributes(one.id().attributes()));
    if (!reading.isHistogram()) {
      return json.put("value", number(reading.value()));
    }
    JsonArray buckets = new JsonArray();
    for (int i = 0; i < reading.buckets().length; i++) {
      buckets.add(
          new JsonObject()
              .put("to", i < reading.bounds().length ? number(reading.bounds()[i]) : null)
              .put("count", reading.buckets()[i]));
    }
    return json.put("count", reading.count())
        .put("sum", number(reading.value()))
        .put("buckets", buckets);
  }

  private static JsonObject attributes(Map<String, String> attributes) {
    JsonObject json = new JsonObject();
    new TreeMap<>(attributes).forEach(json::put);
    return json;
  }

  private static Double number(double value) {
    return Double.isFinite(value) ? Double.valueOf(value) : null;
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }
}
