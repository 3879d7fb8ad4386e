package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.QuotaEntity;
import io.millrace.quota.ClientQuotas;
import io.millrace.quota.QuotaKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the API shows of quotas. */
class HttpQuotasTest extends HttpFixture {
  private static ClientQuotas.Figures used(String clientId, double tokens, long throttledMs) {
    return new ClientQuotas.Figures(
        QuotaKey.PRODUCER_BYTE_RATE,
        QuotaEntity.client(clientId),
        1_000,
        1_500,
        tokens,
        3,
        throttledMs);
  }

  @Test
  void shouldShowNoneWhereNoneAreSet() throws Exception {
    assertThat(json("/api/v1/quotas"))
        .isEqualTo(
            new JsonObject()
                .put("quotas", new JsonArray())
                .put("count", 0)
                .put("usage", new JsonArray()));
  }

  @Test
  void shouldShowWhatIsSetAndWhatIsUsed() throws Exception {
    node.quotas.put(QuotaEntity.client(null), Map.of("producer_byte_rate", 1e3));
    node.usage.add(used("app", Double.NaN, 250));
    JsonObject body = json("/api/v1/quotas");
    assertThat(body.getJsonArray("quotas"))
        .containsExactly(
            new JsonObject()
                .put("entity", new JsonObject().putNull("clientId"))
                .put("quotas", new JsonObject().put("producer_byte_rate", 1e3)));
    assertThat(body.getJsonArray("usage"))
        .containsExactly(
            new JsonObject()
                .put("entity", new JsonObject().put("clientId", "app"))
                .put("quota", "producer_byte_rate")
                .put("limit", 1e3)
                .put("rate", 1.5e3)
                .putNull("tokens")
                .put("throttles", 3)
                .put("throttledMs", 250));
  }

  @Test
  void shouldShowNoMoreThanIsAskedFor() throws Exception {
    for (String user : new String[] {"c", "a", "b"}) {
      node.quotas.put(QuotaEntity.user(user), Map.of("producer_byte_rate", 1e3));
      node.usage.add(used(user, 5, 10));
    }
    JsonObject body = json("/api/v1/quotas?limit=2");
    assertThat(body.getInteger("count")).isEqualTo(3);
    assertThat(body.getJsonArray("quotas"))
        .extracting(quota -> ((JsonObject) quota).getJsonObject("entity").getString("user"))
        .containsExactly("a", "b");
    assertThat(body.getJsonArray("usage")).hasSize(2);
  }

  @Test
  void shouldRefuseALimitThatIsNone() throws Exception {
    assertThat(get("/api/v1/quotas?limit=0").statusCode()).isEqualTo(400);
    assertThat(get("/api/v1/quotas?limit=many").body()).contains("limit must be from 1 to 10000");
  }
}
