package io.millrace.http;

import io.millrace.http.Readiness.BoundListener;
import io.millrace.http.Readiness.LogDirProgress;
import io.millrace.http.Readiness.Report;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * The HTTP server of a node with one topic, and a client of it.
 *
 * <p>Owner: the test's thread; the server reads from its own.
 */
abstract class HttpFixture {
  private static final Report READY =
      new Report(
          List.of(),
          List.of(new BoundListener("PLAINTEXT", "0.0.0.0", 40_000)),
          List.of(new LogDirProgress("data", 3, 3, false)));

  final Vertx vertx = Vertx.vertx();
  final HttpClient client = HttpClient.newHttpClient();
  final FakeNode node = new FakeNode();
  volatile Report report = READY;
  volatile Supplier<String> metrics = () -> "millrace_up 1\n";
  HttpVerticle http;

  @BeforeEach
  void start() {
    node.topic("orders", 2);
    http = deploy(TimeUnit.MINUTES.toMillis(1));
  }

  HttpVerticle deploy(long maxIdleMs) {
    HttpVerticle verticle =
        new HttpVerticle(
            new HttpConfig("127.0.0.1", 0), node, () -> report, () -> metrics.get(), maxIdleMs);
    vertx.deployVerticle(verticle).await();
    return verticle;
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + path))
        .timeout(java.time.Duration.ofSeconds(20));
  }

  HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  JsonObject json(String path) throws Exception {
    return new JsonObject(get(path).body());
  }
}
