package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.config.Settings;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Requests and connections, whatever they are about. */
class HttpVerticleTest extends HttpFixture {
  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/nothing", "/api/v1/topics/none", "/health", "/metrics/x", "/%2e%2e/etc"})
  void shouldAnswer404InJson(String path) throws Exception {
    HttpResponse<String> response = get(path);

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(new JsonObject(response.body()).getString("message")).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "DELETE", "PUT", "PATCH", "OPTIONS"})
  void shouldAnswer405InJson(String method) throws Exception {
    HttpResponse<String> response =
        client.send(
            request("/api/v1/topics").method(method, HttpRequest.BodyPublishers.noBody()).build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).contains("GET, HEAD");
    assertThat(new JsonObject(response.body()).getInteger("status")).isEqualTo(405);
  }

  @Test
  void shouldAnswerHeadWithoutABody() throws Exception {
    HttpResponse<String> response =
        client.send(
            request("/health/live").method("HEAD", HttpRequest.BodyPublishers.noBody()).build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/cluster", "/health/ready", "/api/v1/topics"})
  void shouldNeverShowAStackTrace(String path) throws Exception {
    node.failure = new IllegalStateException("secret detail");

    HttpResponse<String> response = get(path);

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).doesNotContain("secret", "Exception", "\tat ");
  }

  /** What the server says to these bytes until it closes. */
  private String raw(HttpVerticle server, String bytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void shouldNotReadABody() throws Exception {
    String answer =
        raw(http, "GET /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nabc");

    assertThat(answer).startsWith("HTTP/1.1 413");
  }

  @Test
  void shouldRefuseHeadersWithoutEnd() throws Exception {
    String answer =
        raw(http, "GET /health/live HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(20_000) + "\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 431");
  }

  @Test
  void shouldSurviveNonsense() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), http.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(new byte[] {0, 1, 2, 3, (byte) 0xff, '\r', '\n', '\r', '\n'});
      assertThat(socket.getInputStream().read()).isIn(-1, (int) 'H');
    }
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void shouldCloseConnectionsThatNeverFinishARequest() throws Exception {
    HttpVerticle impatient = deploy(300);

    assertThat(raw(impatient, "GET /health/live HT")).isEmpty();
  }

  @Test
  void shouldCloseTheConnectionThatWasIdleLongestForAFurtherOne() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger logger = (Logger) LoggerFactory.getLogger(HttpVerticle.class);
    logger.addAppender(log);
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < HttpVerticle.MAX_CONNECTIONS; i++) {
        sockets.add(connect());
        askAndReadAll(sockets.get(i));
      }
      askAndReadAll(sockets.get(0));
      for (int further = 1; further <= 2; further++) {
        sockets.add(connect());
        askAndReadAll(sockets.get(sockets.size() - 1));
        assertThat(sockets.get(further).getInputStream().read()).isEqualTo(-1);
      }
      askAndReadAll(sockets.get(0));
      askAndReadAll(sockets.get(3));
      assertThat(log.list)
          .filteredOn(event -> event.getLevel() == Level.WARN)
          .singleElement()
          .satisfies(
              event ->
                  assertThat(event.getFormattedMessage())
                      .startsWith("More than 64 HTTP connections"));
    } finally {
      logger.detachAppender(log);
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), http.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void askAndReadAll(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write("HEAD /health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      assertThat(next).as(answer.toString()).isNotEqualTo(-1);
      answer.append((char) next);
    }
    assertThat(answer).startsWith("HTTP/1.1 200");
  }

  @Test
  void shouldSayWhichSettingIsWrongWhenThePortIsTaken() {
    HttpVerticle second =
        new HttpVerticle(new HttpConfig("127.0.0.1", http.port()), node, () -> report, () -> "");

    assertThatThrownBy(() -> vertx.deployVerticle(second).await())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("http.port");
  }

  @Test
  void shouldTakeItsAddressFromTheSettings() {
    assertThat(HttpConfig.from(Settings.defaults())).isEqualTo(new HttpConfig("127.0.0.1", 8080));
    assertThat(HttpConfig.from(Settings.of(Map.of("http.port", "-1"))).enabled()).isFalse();
    assertThat(HttpConfig.from(Settings.of(Map.of("http.port", "0"))).enabled()).isTrue();
  }
}
