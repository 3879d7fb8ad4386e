package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.http.Readiness.LogDirProgress;
import io.millrace.http.Readiness.Report;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumView;
import io.millrace.quorum.state.QuorumRules;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Whether a node is alive and ready, and its metrics: what machines ask. */
class HttpHealthTest extends HttpFixture {
  @Test
  void shouldBeAlive() throws Exception {
    HttpResponse<String> response = get("/health/live");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    assertThat(new JsonObject(response.body()).getString("status")).isEqualTo("alive");
  }

  @Test
  void shouldTellWhereItListensWhenItIsReady() throws Exception {
    HttpResponse<String> response = get("/health/ready");
    JsonObject body = new JsonObject(response.body());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(body.getString("status")).isEqualTo("ready");
    assertThat(body.getInteger("nodeId")).isEqualTo(7);
    assertThat(body.getString("version")).isEqualTo("1.2.3");
    assertThat(body.getLong("pid")).isEqualTo(4711);
    assertThat(body.getInteger("httpPort")).isEqualTo(http.port());
    assertThat(body.getJsonArray("listeners").getJsonObject(0))
        .isEqualTo(
            new JsonObject().put("name", "PLAINTEXT").put("host", "0.0.0.0").put("port", 40_000));
  }

  @Test
  void shouldTellAlsoWhenItIsReadyThatItDoesNotVoteAndWhy() throws Exception {
    assertThat(json("/health/ready").getString("quorumProblem")).isNull();
    VoterId self = new VoterId(7, new UUID(0, 7));
    node.quorum =
        new QuorumView(
            self,
            QuorumRules.Role.LEARNER,
            false,
            5,
            self,
            40,
            42,
            List.of(),
            "the log is damaged: replace this voter",
            0);

    JsonObject body = json("/health/ready");

    assertThat(body.getString("status")).isEqualTo("ready");
    assertThat(body.getString("quorumProblem")).isEqualTo("the log is damaged: replace this voter");
  }

  @Test
  void shouldTellWhyItIsNotReadyAndHowFarRecoveryIs() throws Exception {
    report =
        new Report(
            List.of("recovering"), List.of(), List.of(new LogDirProgress("d1", 100, 40, false)));

    HttpResponse<String> response = get("/health/ready");
    JsonObject body = new JsonObject(response.body());

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(body.getJsonArray("reasons")).isEqualTo(new JsonArray().add("recovering"));
    assertThat(body.getJsonArray("logDirs").getJsonObject(0).getInteger("partitions"))
        .isEqualTo(100);
    assertThat(body.getJsonArray("logDirs").getJsonObject(0).getInteger("recovered")).isEqualTo(40);
  }

  @Test
  void shouldAnswerBeforeTheMetadataIsRead() throws Exception {
    node.starting = true;
    report = new Report(List.of("starting"), List.of(), List.of());

    assertThat(json("/health/ready").getString("clusterId")).isNull();
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/metrics").statusCode()).isEqualTo(200);
    assertThat(get("/api/v1/cluster").statusCode()).isEqualTo(503);
    assertThat(get("/api/v1/topics/orders").statusCode()).isEqualTo(503);
  }

  @Test
  void shouldServeMetrics() throws Exception {
    HttpResponse<String> response = get("/metrics");

    assertThat(response.body()).isEqualTo("millrace_up 1\n");
    assertThat(response.headers().firstValue("content-type")).get().asString().contains("0.0.4");
  }

  @Test
  void shouldScrapeOnceForAllWhoAskMeanwhile() throws Exception {
    AtomicInteger scrapes = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    metrics =
        () -> {
          scrapes.incrementAndGet();
          try {
            go.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return "x\n";
        };
    List<CompletableFuture<Void>> answers = new ArrayList<>();
    BlockingQueue<Integer> statuses = new LinkedBlockingQueue<>();
    // One more than may be under way: that it is refused shows that all have arrived.
    for (int i = 0; i <= HttpApi.MAX_LARGE_ANSWERS; i++) {
      answers.add(
          client
              .sendAsync(request("/metrics").build(), HttpResponse.BodyHandlers.ofString())
              .thenAccept(response -> statuses.add(response.statusCode())));
    }

    assertThat(statuses.poll(20, TimeUnit.SECONDS)).isEqualTo(503);
    go.countDown();

    for (int i = 0; i < HttpApi.MAX_LARGE_ANSWERS; i++) {
      assertThat(statuses.poll(20, TimeUnit.SECONDS)).isEqualTo(200);
    }
    answers.forEach(CompletableFuture::join);
    assertThat(scrapes).hasValue(1);
    assertThat(get("/metrics").statusCode()).isEqualTo(200);
  }

  @Test
  void shouldAnswer500WhenTheScrapeFails() throws Exception {
    metrics =
        () -> {
          throw new IllegalStateException("secret detail");
        };

    assertThat(get("/metrics").statusCode()).isEqualTo(500);
    metrics = () -> "again 1\n";
    assertThat(get("/metrics").statusCode()).isEqualTo(200);
  }
}
