package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.transaction.TransactionState;
import io.millrace.model.TopicPartition;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the API shows of transactions. */
class HttpTransactionsTest extends HttpFixture {
  private static JsonObject only(JsonObject body) {
    assertThat(body.getJsonArray("transactions")).hasSize(1);
    return body.getJsonArray("transactions").getJsonObject(0);
  }

  @Test
  void shouldShowAnOpenTransaction() throws Exception {
    node.transactions.add(
        "payments", TransactionState.ONGOING, 1_000, Set.of(new TopicPartition("orders", 1)));

    JsonObject body = json("/api/v1/transactions");

    assertThat(only(body))
        .isEqualTo(
            new JsonObject()
                .put("transactionalId", "payments")
                .put("producerId", 7)
                .put("producerEpoch", 3)
                .put("clientAddress", "10.0.0.1:5000")
                .put("clientId", "billing")
                .put("state", "Ongoing")
                .put("timeoutMs", 60_000)
                .put("startedAt", "1970-01-01T00:00:01Z")
                .put("durationMs", 4_000)
                .put("updatedAt", "1970-01-01T00:00:02Z")
                .put("partitionCount", 1)
                .put(
                    "partitions",
                    new JsonArray()
                        .add(new JsonObject().put("topic", "orders").put("partition", 1))));
    assertThat(body.getBoolean("incomplete")).isFalse();
  }

  @Test
  void shouldShowWhatHangs() throws Exception {
    assertThat(json("/api/v1/transactions").getJsonArray("hanging"))
        .containsExactly(
            new JsonObject()
                .put("topic", "orders")
                .put("partition", 2)
                .put("producerId", 9)
                .put("producerEpoch", 1)
                .put("startOffset", 30)
                .put("seenAt", "1970-01-01T00:00:03Z")
                .put("endedAt", "1970-01-01T00:00:04Z"));
  }

  @Test
  void shouldShowNoDurationOfWhatIsOver() throws Exception {
    node.transactions.add("payments", TransactionState.COMPLETE_COMMIT, 1_000, Set.of());

    assertThat(only(json("/api/v1/transactions")).getLong("durationMs")).isNull();
  }

  @Test
  void shouldListTransactionsInPages() throws Exception {
    List.of("a", "b", "c")
        .forEach(id -> node.transactions.add(id, TransactionState.EMPTY, -1, Set.of()));

    JsonObject first = json("/api/v1/transactions?limit=2");
    JsonObject second = json("/api/v1/transactions?limit=2&after=" + first.getString("next"));

    assertThat(first.getJsonArray("transactions")).hasSize(2);
    assertThat(only(second).getString("transactionalId")).isEqualTo("c");
    assertThat(second.getString("next")).isNull();
  }

  @Test
  void shouldListTransactionsOfOneState() throws Exception {
    node.transactions.add("a", TransactionState.EMPTY, -1, Set.of());
    node.transactions.add("b", TransactionState.ONGOING, 1, Set.of());

    assertThat(only(json("/api/v1/transactions?state=Ongoing")).getString("transactionalId"))
        .isEqualTo("b");
  }

  @Test
  void shouldNameTheStatesThatThereAre() throws Exception {
    HttpResponse<String> response = get("/api/v1/transactions?state=open");

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("'open'", "Ongoing, PrepareCommit");
  }

  @Test
  void shouldShowNoMoreThanSoManyPartitions() throws Exception {
    Set<TopicPartition> partitions = new HashSet<>();
    for (int i = 0; i <= TransactionJson.MAX_PARTITIONS; i++) {
      partitions.add(new TopicPartition("orders", i));
    }
    node.transactions.add("a", TransactionState.ONGOING, 1, partitions);

    JsonObject shown = only(json("/api/v1/transactions"));

    assertThat(shown.getJsonArray("partitions")).hasSize(TransactionJson.MAX_PARTITIONS);
    assertThat(shown.getInteger("partitionCount")).isEqualTo(TransactionJson.MAX_PARTITIONS + 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1001", "many", ""})
  void shouldRefuseAPageOfTransactionsOfNoSize(String limit) throws Exception {
    assertThat(get("/api/v1/transactions?limit=" + limit).statusCode()).isEqualTo(400);
  }

  @Test
  void shouldFreeThePlaceOfEachAnswerAboutTransactions() throws Exception {
    for (int i = 0; i <= HttpApi.MAX_LARGE_ANSWERS; i++) {
      assertThat(get("/api/v1/transactions").statusCode()).isEqualTo(200);
    }
  }
}
