package io.millrace.http;

import io.millrace.metadata.QuotaEntity;
import io.millrace.quota.ClientQuotas;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Draws quotas of clients as JSON.
 *
 * <p>Owner: immutable.
 */
final class QuotaJson {
  private QuotaJson() {}

  /**
   * The answer of {@code /api/v1/quotas}: what is set, and what is used of it on this node.
   *
   * @param used no more than are to be shown
   * @param limit most entities shown that have quotas
   */
  static JsonObject page(
      Map<QuotaEntity, ? extends Map<String, Double>> quotas,
      List<ClientQuotas.Figures> used,
      int limit) {
    JsonArray set = new JsonArray();
    quotas.entrySet().stream()
        .sorted(Comparator.comparing(entry -> entry.getKey().toString()))
        .limit(limit)
        .forEach(
            entry ->
                set.add(
                    new JsonObject()
                        .put("entity", entity(entry.getKey()))
                        .put("quotas", new JsonObject(new TreeMap<>(entry.getValue())))));
    JsonArray usage = new JsonArray();
    for (ClientQuotas.Figures one : used) {
      usage.add(
          new JsonObject()
              .put("entity", entity(one.sharing()))
              .put("quota", one.key().text())
              .put("limit", one.limit())
              .put("rate", one.rate())
              .put("tokens", Double.isNaN(one.tokens()) ? null : one.tokens())
              .put("throttles", one.throttles())
              .put("throttledMs", one.throttledMs()));
    }
    return new JsonObject().put("quotas", set).put("count", quotas.size()).put("usage", usage);
  }

  /** Only the parts that it has; null = the default. */
  private static JsonObject entity(QuotaEntity entity) {
    JsonObject json = new JsonObject();
    add(json, "user", entity.user());
    add(json, "clientId", entity.clientId());
    add(json, "ip", entity.ip());
    return json;
  }

  private static void add(JsonObject json, String part, QuotaEntity.Name name) {
    if (name != null) {
      json.put(part, name.value());
    }
  }
}
