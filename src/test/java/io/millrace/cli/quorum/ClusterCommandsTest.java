package io.millrace.cli.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.api.ApiVersionsHandler;
import io.millrace.api.FakeController;
import io.millrace.api.FakeQuorum;
import io.millrace.api.MovingImage;
import io.millrace.api.RequestHandler;
import io.millrace.api.RequestRouter;
import io.millrace.api.TestImage;
import io.millrace.api.cluster.DescribeClusterHandler;
import io.millrace.api.cluster.DescribeTopicPartitionsHandler;
import io.millrace.api.cluster.ElectLeadersHandler;
import io.millrace.api.cluster.ListPartitionReassignmentsHandler;
import io.millrace.api.cluster.MetadataHandler;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.configs.DescribeConfigsHandler;
import io.millrace.api.configs.LogbackLoggers;
import io.millrace.api.quorum.AddRaftVoterHandler;
import io.millrace.api.quorum.DescribeQuorumHandler;
import io.millrace.api.quorum.QuorumDescription;
import io.millrace.api.quorum.RemoveRaftVoterHandler;
import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import io.millrace.config.Settings;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.PartitionImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.VoterId;
import io.millrace.network.ConnectionLimits;
import io.millrace.network.KafkaListener;
import io.millrace.network.ListenerSettings;
import io.millrace.network.Loops;
import io.millrace.network.NetworkMetrics;
import io.millrace.network.RequestMemory;
import io.millrace.network.RequestService;
import io.millrace.quorum.QuorumException;
import io.millrace.quota.ClientQuotas;
import io.millrace.quota.ConnectionRates;
import io.millrace.quota.QuotaPlan;
import io.millrace.quota.QuotaWindows;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Commands against the real handlers of a made-up cluster: nodes 1 and 2 vote, 3 follows. */
@Timeout(60)
class ClusterCommandsTest {
  private final Vertx vertx = Vertx.vertx();
  private final FakeQuorum quorum = new FakeQuorum();
  private final TestImage image =
      new TestImage()
          .broker(1, new Endpoint("PLAINTEXT", "", 0), "r1", false)
          .broker(2, new Endpoint("PLAINTEXT", "b2", 9092), null, true)
          .topic("orders", 2)
          .topic(
              "offline",
              new PartitionImage(
                  0, List.of(2), List.of(2), List.of(), PartitionImage.NO_LEADER, 1, 1));
  private KafkaListener listener;
  private RequestRouter router;

  @BeforeEach
  void listen() {
    MovingImage images = new MovingImage(image);
    FakeController controller = new FakeController();
    ApiVersionsHandler apiVersions = new ApiVersionsHandler(() -> router);
    router =
        new RequestRouter(
            List.<RequestHandler>of(
                apiVersions,
                new MetadataHandler(
                    controller,
                    images,
                    false,
                    TestImage.IN_TOUCH,
                    new CommittedSettings(Settings.of(Map.of()), 1)),
                new DescribeClusterHandler(TestImage.IN_TOUCH),
                new DescribeTopicPartitionsHandler(100, TestImage.IN_TOUCH),
                new ElectLeadersHandler(controller, quorum),
                new DescribeConfigsHandler(
                    new CommittedSettings(Settings.of(Map.of()), 1),
                    new LogbackLoggers((LoggerContext) LoggerFactory.getILoggerFactory())),
                new ListPartitionReassignmentsHandler(),
                new DescribeQuorumHandler(quorum),
                new AddRaftVoterHandler(quorum),
                new RemoveRaftVoterHandler(quorum)));
    listener =
        KafkaListener.open(
                vertx,
                new ListenerSettings(
                    "PLAINTEXT", "127.0.0.1", 0, () -> 1 << 20, 600_000, -1, -1, 50),
                new KafkaListener.Parts(
                    new Loops(vertx),
                    new RequestService(
                        router,
                        apiVersions,
                        images,
                        new RequestMemory(1 << 24),
                        NetworkMetrics.ofClients(Metrics.NONE, router.keys()),
                        new ClientQuotas(QuotaWindows.DEFAULT, QuotaWindows.DEFAULT)),
                    new ConnectionLimits(100, 100, Map.of()),
                    new ConnectionRates(() -> QuotaPlan.EMPTY, QuotaWindows.DEFAULT, 0)))
            .await();
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private CommandLineFixture.Result run(String... command) {
    String[] all = Arrays.copyOf(command, command.length + 2);
    all[command.length] = "-b";
    all[command.length + 1] = "127.0.0.1:" + listener.port();
    return new CommandLineFixture().run(all);
  }

  @Test
  void shouldShowTheQuorum() {
    var result = run("quorum", "status");

    assertThat(result.err()).isEmpty();
    assertThat(result.lines().get(0)).isEqualTo("Leader 1, term 5, committed to offset 40");
    assertThat(result.lines().get(2)).matches("\\s*1  leader\\s+42\\s+0  1970-\\S+\\s+\\S{22}");
    assertThat(result.lines().get(3)).matches("\\s*2  voter\\s+41\\s+1  1970-\\S+\\s+\\S{22}");
    assertThat(result.lines().get(4)).matches("\\s*3  observer\\s+7\\s+35  -\\s+\\S{22}");
  }

  @Test
  void shouldShowTheQuorumToPrograms() {
    JsonObject json = new JsonObject(run("quorum", "status", "-o", "json").out());

    assertThat(json.getInteger("leaderId")).isEqualTo(1);
    assertThat(json.getInteger("leaderEpoch")).isEqualTo(5);
    assertThat(json.getJsonArray("voters")).hasSize(2);
    assertThat(json.getJsonArray("observers").getJsonObject(0).getLong("lag")).isEqualTo(35);
    assertThat(json.getJsonArray("observers").getJsonObject(0).getLong("lastCaughtUpTimestamp"))
        .isNull();
  }

  @Test
  void shouldSayThatThereIsNoLeader() {
    quorum.refusal = new QuorumException(Errors.NOT_CONTROLLER, "no leader is known");

    var result = run("quorum", "status", "--timeout", "1");

    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .isEqualTo(
            "millrace: no answer in time; asked 127.0.0.1:"
                + listener.port()
                + ", where no controller is known: see /health/ready of each node (http.port), and"
                + " millrace quorum status -b of another one\n");
  }

  @Test
  void shouldSayWhatTheControllerAnsweredAndWhoItIs() {
    quorum.refusal = new QuorumException(Errors.REQUEST_TIMED_OUT, "try again");
    quorum.describesAnyway = true;

    var result =
        run("quorum", "remove", "2", "--directory", "AAAAAAAAAE0AAAAAAAAAAg", "--timeout=3");

    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .contains("no answer in time: try again; asked 127.0.0.1:")
        .endsWith(", where node 1 is the controller\n");
  }

  @Test
  void shouldAddTheNodeThatFollows() {
    var result = run("quorum", "add", "3");

    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo("Node 3 votes on the metadata\n");
    assertThat(quorum.asked).containsExactly("describe", "add " + FakeQuorum.voter(3));
  }

  @Test
  void shouldNotAddANodeThatDoesNotFollow() {
    var result = run("quorum", "add", "9");

    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).contains("node 9 does not follow the metadata; is it running?");
  }

  @Test
  void shouldNotAddAVoterTwice() {
    var result = run("quorum", "add", "2");

    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err())
        .isEqualTo("millrace: node 2 votes already, with the directory AAAAAAAAAE0AAAAAAAAAAg\n");
  }

  @Test
  void shouldSayWhichVoteToRemoveWhenTheDiskWasLost() {
    quorum.description = wiped(2);

    var result = run("quorum", "add", "2");

    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err())
        .contains(
            "votes already, with the directory AAAAAAAAAE0AAAAAAAAAAg",
            "follows with another one, AAAAAAAAAE4AAAAAAAAAAg",
            "take its vote away first: millrace quorum remove 2");
  }

  @Test
  void shouldRemoveTheDirectoryThatVotesWhenTheNodeFollowsWithAnother() {
    quorum.description = wiped(2);

    var result = run("quorum", "remove", "2");

    assertThat(result.out())
        .isEqualTo(
            "Node 2 votes on the metadata no longer with the directory AAAAAAAAAE0AAAAAAAAAAg\n");
    assertThat(quorum.asked).containsExactly("describe", "remove " + FakeQuorum.voter(2));
  }

  @Test
  void shouldRemoveAVoter() {
    var result = run("quorum", "remove", "2");

    assertThat(result.err()).isEmpty();
    assertThat(quorum.asked).containsExactly("describe", "remove " + FakeQuorum.voter(2));
  }

  @Test
  void shouldRemoveTheVoterOfADirectory() {
    var result = run("quorum", "remove", "2", "--directory", "AAAAAAAAAE0AAAAAAAAAAg");

    assertThat(result.err()).isEmpty();
    assertThat(quorum.asked).containsExactly("remove " + FakeQuorum.voter(2));
  }

  @Test
  void shouldRefuseWhatIsNoDirectory() {
    var result = run("quorum", "remove", "2", "--directory", "data");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("'data' is no id of 22 characters");
  }

  @Test
  void shouldTransferToTheNode() {
    lead(2);

    var result = run("quorum", "transfer", "2");

    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo("Node 2 leads in term 6\n");
    assertThat(quorum.asked).containsExactly("transfer 2", "describe");
  }

  @Test
  void shouldTransferToTheVoterThatHasMost() {
    var result = run("quorum", "transfer", "--timeout", "3");

    assertThat(quorum.asked).contains("transfer 2");
    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("node 1 leads, not node 2");
  }

  @Test
  void shouldSayThatTheNodeLeadsAlready() {
    quorum.refusal = new QuorumException(Errors.ELECTION_NOT_NEEDED, "it leads");

    var result = run("quorum", "transfer", "1");

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.out()).isEqualTo("Node 1 leads already\n");
  }

  @Test
  void shouldSayWhyTheLeaderStays() {
    quorum.refusal = new QuorumException(Errors.VOTER_NOT_FOUND, "node 3 is not a voter");

    var result = run("quorum", "transfer", "3");

    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("node 3: VOTER_NOT_FOUND: node 3 is not a voter");
  }

  @Test
  void shouldShowTheCluster() {
    var result = run("cluster");

    assertThat(result.err()).isEmpty();
    assertThat(result.lines())
        .startsWith(
            "Cluster testtesttesttesttestte, 3 nodes, 3 partitions, 1 OFFLINE",
            "Controller 1 in term 5, metadata committed to offset 40",
            "Features group.version 1, metadata.version 1");
    assertThat(result.lines().get(4))
        .matches("\\s*1  127.0.0.1:\\d+\\s+r1\\s+serving\\s+leader\\s+0\\s+2\\s+2\\s+0\\s+-\\s+-");
    assertThat(result.lines().get(5))
        .matches("\\s*2  b2:9092\\s+-\\s+fenced\\s+voter\\s+1\\s+0\\s+1\\s+0\\s+-\\s+-");
    assertThat(result.lines().get(6))
        .matches("\\s*3  -\\s+-\\s+no broker\\s+observer\\s+35\\s+0\\s+0\\s+0\\s+-\\s+-");
    assertThat(result.lines().get(7))
        .isEqualTo("OFFLINE offline-0: start node 2, which has every acknowledged record");
  }

  @Test
  void shouldShowTheClusterToPrograms() {
    JsonObject json = new JsonObject(run("cluster", "-o", "json").out());

    assertThat(json.getInteger("controllerId")).isEqualTo(1);
    assertThat(json.getInteger("offlinePartitions")).isEqualTo(1);
    assertThat(json.getJsonArray("offline").getJsonObject(0).getString("topic"))
        .isEqualTo("offline");
    assertThat(json.getJsonObject("finalizedFeatures").getInteger("metadata.version")).isEqualTo(1);
    assertThat(json.getJsonArray("nodes").getJsonObject(1).getString("state")).isEqualTo("fenced");
  }

  /** Answers as a node does over HTTP, until the test ends. */
  private String http(String clusterId) {
    JsonObject node =
        new JsonObject()
            .put("nodeId", 2)
            .put("maxReplicaLagRecords", 1_234)
            .put("maxReplicaLagSeconds", 2.5);
    JsonObject cluster =
        new JsonObject().put("clusterId", clusterId).put("brokers", new JsonArray().add(node));
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(request -> request.response().end(cluster.encode()))
            .listen(0, "127.0.0.1")
            .await();
    return "127.0.0.1:" + server.actualPort();
  }

  private void lackReplicas() {
    image
        .topic("short", new PartitionImage(0, List.of(1, 2), List.of(1), List.of(), 1, 1, 1))
        .config(ConfigResource.topic("short"), "min.insync.replicas", "2");
  }

  @Test
  void shouldCountWhatLacksReplicas() {
    lackReplicas();

    var result = run("cluster");

    assertThat(result.lines().get(0))
        .endsWith("4 partitions, 1 OFFLINE, 1 UNDER-REPLICATED, 1 UNDER MIN ISR");
    assertThat(result.lines().get(5)).matches(".* voter\\s+1\\s+0\\s+2\\s+1\\s+-\\s+-");
  }

  @Test
  void shouldNotMissReplicasThatAReassignmentIsAdding() {
    image.topic("moved", TestImage.moving(0));

    var result = run("cluster");

    assertThat(result.lines().get(0)).endsWith("4 partitions, 1 OFFLINE");
    assertThat(result.lines().get(5)).matches(".* voter\\s+1\\s+0\\s+2\\s+1\\s+-\\s+-");
  }

  @Test
  void shouldShowHowFarReplicasAreBehind() {
    var result = run("cluster", "--http", http("testtesttesttesttestte"));

    assertThat(result.err()).isEmpty();
    assertThat(result.lines().get(5)).matches(".* voter\\s+1\\s+0\\s+1\\s+0\\s+1234\\s+2.5");
  }

  @Test
  void shouldNotBelieveAnotherCluster() {
    var result = run("cluster", "--http", http("anotherclusteranothera"));

    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("another cluster");
  }

  @Test
  void shouldSayThatNobodyAnswersOverHttp() {
    var result = run("cluster", "--http", "127.0.0.1:1");

    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err()).contains("127.0.0.1:1");
  }

  /** The node follows with another directory than the one it votes with. */
  private QuorumDescription wiped(int nodeId) {
    QuorumDescription old = quorum.description;
    VoterId now = new VoterId(nodeId, new UUID(78, nodeId));
    return new QuorumDescription(
        old.leaderId(),
        old.term(),
        old.highWatermark(),
        old.voters(),
        List.of(new QuorumDescription.Replica(now, 7, 500, -1)),
        old.endpoints());
  }

  private void lead(int nodeId) {
    QuorumDescription old = quorum.description;
    quorum.description =
        new QuorumDescription(
            nodeId, 6, old.highWatermark(), old.voters(), old.observers(), old.endpoints());
  }
}
