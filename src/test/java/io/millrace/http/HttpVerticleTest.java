package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.cluster.Address;
import io.millrace.cluster.NodeLive;
import io.millrace.config.Settings;
import io.millrace.coordinator.group.CommittedOffset;
import io.millrace.coordinator.group.GroupSnapshot;
import io.millrace.coordinator.group.MemberView;
import io.millrace.coordinator.group.PartitionLag;
import io.millrace.coordinator.group.Rebalance;
import io.millrace.http.Readiness.BoundListener;
import io.millrace.http.Readiness.LogDirProgress;
import io.millrace.http.Readiness.Report;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumView;
import io.millrace.quorum.state.QuorumRules;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class HttpVerticleTest {
  private static final Report READY =
      new Report(
          List.of(),
          List.of(new BoundListener("PLAINTEXT", "0.0.0.0", 40_000)),
          List.of(new LogDirProgress("data", 3, 3, false)));

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = HttpClient.newHttpClient();
  private final FakeNode node = new FakeNode();
  private volatile Report report = READY;
  private volatile Supplier<String> metrics = () -> "millrace_up 1\n";
  private HttpVerticle http;

  @BeforeEach
  void start() {
    node.topic("orders", 2);
    http = deploy(TimeUnit.MINUTES.toMillis(1));
  }

  private HttpVerticle deploy(long maxIdleMs) {
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

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + path))
        .timeout(java.time.Duration.ofSeconds(20));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  private JsonObject json(String path) throws Exception {
    return new JsonObject(get(path).body());
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
  void shouldShowTheCluster() throws Exception {
    JsonObject body = json("/api/v1/cluster");

    assertThat(body.getString("clusterId")).isEqualTo("AAAAAAAAAAAAAAAAAAAAAA");
    assertThat(body.getInteger("controllerId")).isEqualTo(7);
    assertThat(body.getInteger("topics")).isEqualTo(1);
    assertThat(body.getInteger("partitions")).isEqualTo(2);
    assertThat(body.getInteger("offlinePartitions")).isZero();
    assertThat(body.getJsonArray("brokers").getJsonObject(0).getString("rack")).isEqualTo("r1");
  }

  @Test
  void shouldShowTheQuorumAndTheMembers() throws Exception {
    VoterId self = new VoterId(7, new UUID(0, 7));
    VoterId other = new VoterId(8, new UUID(0, 8));
    node.quorum =
        new QuorumView(
            self,
            QuorumRules.Role.LEADER,
            true,
            5,
            self,
            40,
            42,
            List.of(
                new QuorumView.Replica(self, true, 42, -1, -1),
                new QuorumView.Replica(other, true, 41, 1_000, -1)),
            null,
            0);
    node.live.put(
        9,
        new NodeLive(
            9,
            new Address("10.0.0.9", 9093),
            List.of("PLAINTEXT://b9:9092"),
            List.of("broker"),
            null,
            "1.2.3",
            40,
            2,
            0,
            1_000));

    JsonObject body = json("/api/v1/cluster");

    JsonObject quorum = body.getJsonObject("quorum");
    assertThat(quorum.getInteger("term")).isEqualTo(5);
    assertThat(quorum.getInteger("leaderId")).isEqualTo(7);
    assertThat(quorum.getString("role")).isEqualTo("leader");
    assertThat(quorum.getJsonArray("voters").getJsonObject(0).getLong("lag")).isZero();
    assertThat(quorum.getJsonArray("voters").getJsonObject(1).getLong("lag")).isEqualTo(1);
    assertThat(quorum.getJsonArray("voters").getJsonObject(1).getString("lastFetchAt"))
        .isEqualTo("1970-01-01T00:00:01Z");
    assertThat(body.getJsonArray("nodes").stream().map(one -> ((JsonObject) one).encode()))
        .hasSize(3)
        .anyMatch(one -> one.contains("\"nodeId\":7,\"alive\":true,\"voter\":true"))
        .anyMatch(one -> one.contains("\"nodeId\":8,\"alive\":false,\"voter\":true"))
        .anyMatch(one -> one.contains("\"internal\":\"10.0.0.9:9093\""));
    assertThat(body.getJsonArray("brokers").getJsonObject(0).getInteger("leaders")).isEqualTo(2);
    assertThat(body.getJsonObject("finalizedFeatures").getInteger("metadata.version")).isOne();
  }

  @Test
  void shouldShowTopicsPageByPage() throws Exception {
    for (int i = 0; i < 5; i++) {
      node.topic("t" + i, 1);
    }

    JsonObject first = json("/api/v1/topics?limit=4");
    JsonObject second = json("/api/v1/topics?limit=4&after=" + first.getString("next"));

    assertThat(names(first)).containsExactly("orders", "t0", "t1", "t2");
    assertThat(names(second)).containsExactly("t3", "t4");
    assertThat(second.getString("next")).isNull();
  }

  private static List<String> names(JsonObject page) {
    List<String> names = new ArrayList<>();
    page.getJsonArray("topics").forEach(topic -> names.add(((JsonObject) topic).getString("name")));
    return names;
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "x", "10001", "99999999999"})
  void shouldRefuseALimit(String limit) throws Exception {
    assertThat(get("/api/v1/topics?limit=" + limit).statusCode()).isEqualTo(400);
  }

  @Test
  void shouldShowATopic() throws Exception {
    JsonObject body = json("/api/v1/topics/orders");

    assertThat(body.getString("name")).isEqualTo("orders");
    assertThat(body.getJsonObject("configs"))
        .isEqualTo(new JsonObject().put("retention.ms", "1000"));
    assertThat(body.getJsonArray("partitions")).hasSize(2);
    assertThat(body.getJsonArray("partitions").getJsonObject(1).getInteger("leaderEpoch"))
        .isEqualTo(3);
  }

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

  // ---- groups

  private static GroupSnapshot group(String id, int members) {
    List<MemberView> views =
        java.util.stream.IntStream.range(0, members)
            .mapToObj(
                i ->
                    new MemberView(
                        "m" + i,
                        null,
                        "app",
                        "/127.0.0.1",
                        i == 0 ? MemberView.NO_EPOCH : 7,
                        () -> Map.of("orders", List.of(0, 1)),
                        () -> i == 0 ? null : Map.of("orders", List.of(i))))
            .toList();
    return new GroupSnapshot(
        id,
        "classic",
        "consumer",
        "Stable",
        3,
        members,
        views,
        Map.of(),
        List.of(new Rebalance(3, List.of(), 0, 1, 1_000, 1_250, members)));
  }

  private static PartitionLag lag(int partition, long committed, long end) {
    CommittedOffset offset =
        new CommittedOffset(
            committed, -1, "note", 1_000, -1, org.apache.kafka.common.Uuid.ZERO_UUID);
    return PartitionLag.of("orders", partition, offset, end);
  }

  @Test
  void shouldListGroupsWithTheirLag() throws Exception {
    node.groups.add(group("billing", 2), lag(0, 5, 25).since(1_000, 3_500), lag(1, 7, 7));

    JsonObject body = json("/api/v1/groups");

    assertThat(body.getJsonArray("groups").getJsonObject(0))
        .isEqualTo(
            new JsonObject()
                .put("groupId", "billing")
                .put("type", "classic")
                .put("protocolType", "consumer")
                .put("state", "Stable")
                .put("epoch", 3)
                .put("memberCount", 2)
                .put("partitions", 2)
                .put("lag", new JsonObject().put("records", 20).put("seconds", 2.5)));
    assertThat(body.getBoolean("incomplete")).isFalse();
  }

  @Test
  void shouldListGroupsInPages() throws Exception {
    List.of("a", "b", "c").forEach(id -> node.groups.add(group(id, 0)));

    JsonObject first = json("/api/v1/groups?limit=2");
    JsonObject second = json("/api/v1/groups?limit=2&after=" + first.getString("next"));

    assertThat(first.getJsonArray("groups")).hasSize(2);
    assertThat(second.getJsonArray("groups").getJsonObject(0).getString("groupId")).isEqualTo("c");
    assertThat(second.getString("next")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1001", "many", ""})
  void shouldRefuseAPageOfGroupsOfNoSize(String limit) throws Exception {
    assertThat(get("/api/v1/groups?limit=" + limit).statusCode()).isEqualTo(400);
  }

  @Test
  void shouldDescribeAGroup() throws Exception {
    node.groups.add(group("billing", 1), lag(0, 5, 25), lag(1, 7, -1));

    JsonObject body = json("/api/v1/groups/billing");

    JsonObject member = body.getJsonArray("members").getJsonObject(0);
    assertThat(member.getString("clientHost")).isEqualTo("/127.0.0.1");
    assertThat(member.getInteger("epoch")).isNull();
    assertThat(member.getJsonArray("targetAssignment")).isNull();
    assertThat(member.getJsonArray("assignment"))
        .isEqualTo(
            new JsonArray()
                .add(
                    new JsonObject()
                        .put("topic", "orders")
                        .put("partitions", new JsonArray().add(0).add(1))));
    JsonObject unknown = body.getJsonArray("offsets").getJsonObject(1);
    assertThat(unknown.getLong("committedOffset")).isEqualTo(7);
    assertThat(unknown.getString("metadata")).isEqualTo("note");
    assertThat(unknown.getLong("endOffset")).isNull();
    assertThat(unknown.getJsonObject("lag").getLong("records")).isNull();
    assertThat(body.getJsonArray("rebalances").getJsonObject(0).getLong("durationMs"))
        .isEqualTo(250);
  }

  @Test
  void shouldFindAGroupWithAnUnusualName() throws Exception {
    node.groups.add(group("a/b c%\u00e9", 0));

    assertThat(json("/api/v1/groups/a%2Fb%20c%25%C3%A9").getString("groupId"))
        .isEqualTo("a/b c%\u00e9");
  }

  @Test
  void shouldMissAGroup() throws Exception {
    HttpResponse<String> response = get("/api/v1/groups/nope");

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).contains("There is no such group");
  }

  @Test
  void shouldAskToTryAgainWhileAGroupIsLoaded() throws Exception {
    node.groups.refusal = Errors.COORDINATOR_LOAD_IN_PROGRESS;

    HttpResponse<String> response = get("/api/v1/groups/billing");

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("retry-after")).contains("1");
  }

  @Test
  void shouldFreeThePlaceOfEachAnswerAboutGroups() throws Exception {
    for (int i = 0; i <= HttpApi.MAX_LARGE_ANSWERS; i++) {
      assertThat(get("/api/v1/groups/nope").statusCode()).isEqualTo(404);
    }
  }
}
