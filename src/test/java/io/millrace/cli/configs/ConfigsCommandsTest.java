package io.millrace.cli.configs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.cli.CommandLineFixture;
import io.millrace.server.NodeFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace configs}, and those about partitions that need one node only. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConfigsCommandsTest {
  private static final int NOT_FOUND = 4;

  private NodeFixture node;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node =
        NodeFixture.start(
            Map.of(
                "node.id", "7",
                "log.retention.hours", "24",
                "log.dirs", directory.toString()));
  }

  @AfterAll
  void stop() throws Exception {
    node.close();
  }

  private CommandLineFixture.Result run(String command) {
    return node.run(command.split(" ", -1));
  }

  private String done(String command) {
    CommandLineFixture.Result result = run(command);
    assertThat(result.exit()).as(result.err()).isZero();
    return result.out();
  }

  private JsonNode json(String command) throws Exception {
    return new ObjectMapper().readTree(done(command + " --output json"));
  }

  @Test
  void shouldChangeDescribeAndDeleteWhatATopicHas() {
    done("topics create tuned");

    assertThat(done("configs alter topic tuned --config retention.ms=1000"))
        .isEqualTo("topic tuned: retention.ms=1000\n");
    assertThat(done("configs describe topic tuned --synonyms"))
        .containsPattern(
            "retention.ms\\s+1000\\s+topic\\s+retention.ms=1000 \\(topic\\),"
                + " log.retention.hours=24 \\(file\\)");
    assertThat(done("configs delete topic tuned retention.ms"))
        .isEqualTo("topic tuned: retention.ms is the default again\n");
    assertThat(done("configs describe topic tuned --key retention.ms"))
        .containsPattern("retention.ms\\s+86400000\\s+file");
  }

  @Test
  void shouldTellAtOnceThatThereIsNoSuchBroker() {
    for (String command :
        List.of(
            "configs describe broker 99",
            "configs describe logger 99",
            "configs alter broker 99 --config log.retention.ms=1000",
            "configs delete broker 99 log.retention.ms")) {
      CommandLineFixture.Result result = run(command);
      assertThat(result.exit()).as(command).isEqualTo(NOT_FOUND);
      assertThat(result.err()).contains("there is no broker 99 that serves; these do: [7]");
    }
    for (String name : List.of("abc", "-1", "07x", "9999999999")) {
      CommandLineFixture.Result result = run("configs describe broker " + name);
      assertThat(result.exit()).as(name).isEqualTo(2);
      assertThat(result.err()).contains(name);
    }
  }

  @Test
  void shouldWarnOfKeysThatGoElsewhereHoweverATopicGrows() {
    done("topics create widened");
    assertThat(run("topics alter widened --partitions 2").err()).contains("most keys go to");
    assertThat(run("partitions grow widened --to 3").err()).contains("most keys go to");
  }

  @Test
  void shouldNotTakeAnUnknownKeyForOneThatIsNotSet() {
    done("topics create keyed");
    CommandLineFixture.Result result =
        run("configs describe topic keyed --key retention.ms,retention.msx");
    assertThat(result.exit()).isEqualTo(NOT_FOUND);
    assertThat(result.err()).contains("topic keyed has no setting 'retention.msx'");
  }

  @Test
  void shouldNotMissAKeyWhereABrokerTellsOnlyWhatIsSet() {
    done("configs describe cluster --key log.cleaner.backoff.ms");
  }

  @Test
  void shouldTellWhatItChangedOfATopic() {
    done("topics create altered");
    assertThat(done("topics alter altered --config retention.ms=1000 --delete-config segment.ms"))
        .contains("altered: retention.ms=1000", "altered: segment.ms is the default again");
  }

  @Test
  void shouldAddToAListAndTakeFromIt() {
    done("topics create listed");

    done("configs alter topic listed --append cleanup.policy=compact");
    assertThat(done("configs describe topic listed")).contains("delete,compact");

    done("configs alter topic listed --subtract cleanup.policy=delete");
    assertThat(done("configs describe topic listed")).contains("compact").doesNotContain("delete");
  }

  @Test
  void shouldTellProgramsValuesAndWhatIsBehindThem() throws Exception {
    done("topics create told --config retention.ms=5000");
    JsonNode told = json("configs describe topic told");

    assertThat(told.get("type").asText()).isEqualTo("topic");
    JsonNode retention =
        told.get("configs")
            .valueStream()
            .filter(each -> each.get("key").asText().equals("retention.ms"))
            .findFirst()
            .orElseThrow();
    assertThat(retention.get("value").asText()).isEqualTo("5000");
    assertThat(retention.get("source").asText()).isEqualTo("topic");
    assertThat(retention.get("synonyms").get(1).get("source").asText()).isEqualTo("file");
  }

  @Test
  void shouldChangeBrokersTheirDefaultLoggersAndGroups() throws Exception {
    done("configs alter broker 7 --config follower.replication.throttled.rate=1000");
    assertThat(done("configs describe broker 7"))
        .containsPattern("follower.replication.throttled.rate\\s+1000\\s+broker")
        .containsPattern("node.id\\s+7\\s+file \\(read-only\\)");
    done("configs alter cluster --config log.cleaner.delete.retention.ms=99");
    assertThat(done("configs describe cluster"))
        .containsPattern("log.cleaner.delete.retention.ms\\s+99\\s+cluster");
    done("configs delete cluster log.cleaner.delete.retention.ms");
    done("configs alter logger 7 --config io.millrace.server.Node=DEBUG");
    assertThat(done("configs describe logger 7 --key io.millrace.server.Node")).contains("DEBUG");
    done("configs alter group g --config consumer.session.timeout.ms=50000");
    assertThat(done("configs describe group g"))
        .containsPattern("consumer.session.timeout.ms\\s+50000\\s+group");
    assertThat(json("configs list --type group").get(0).get("name").asText()).isEqualTo("g");
  }

  @Test
  void shouldSubscribeToMetricsOfClients() {
    done(
        "configs alter client-metrics all --config metrics=* --config interval.ms=15000"
            + " --config match=client_id=billing.*");

    assertThat(done("configs describe client-metrics all"))
        .containsPattern("interval.ms\\s+15000\\s+client-metrics")
        .containsPattern("match\\s+client_id=billing\\.\\*\\s+client-metrics")
        .containsPattern("metrics\\s+\\*\\s+client-metrics");
    assertThat(done("configs list --type client-metrics")).containsPattern("client-metrics\\s+all");
    done("configs delete client-metrics all metrics interval.ms match");
  }

  @Test
  void shouldListWhatSettingsCanBeAskedOf() {
    done("topics create there");

    assertThat(done("configs list"))
        .containsPattern("topic\\s+there")
        .containsPattern("broker\\s+7")
        .containsPattern("logger\\s+7");
  }

  @Test
  void shouldCheckWithoutDoing() throws Exception {
    done("topics create dry");

    assertThat(done("configs alter topic dry --config retention.ms=1 --dry-run"))
        .contains("not done");
    assertThat(json("configs describe topic dry --key retention.ms").findValuesAsText("value"))
        .contains("86400000");
    assertThat(run("configs alter topic dry --config retention.ms=soon --dry-run").err())
        .contains("INVALID_CONFIG", "retention.ms");
  }

  @Test
  void shouldSayWhatIsNotThere() {
    assertThat(run("configs describe topic missing").exit()).isEqualTo(NOT_FOUND);
    assertThat(run("configs alter topic missing --config retention.ms=1").exit())
        .isEqualTo(NOT_FOUND);
    assertThat(run("configs alter broker 7 --config node.id=8").err())
        .contains("Cannot update node.id while the node runs");
  }

  @Test
  void shouldGiveATopicMorePartitionsAndWarnOfKeys() throws Exception {
    done("topics create growing --partitions 2");

    CommandLineFixture.Result grown = run("partitions grow growing --to 5");
    assertThat(grown.out()).isEqualTo("growing now has 5 partitions\n");
    assertThat(grown.err()).contains("5 partitions instead of 2", "keys");
    assertThat(json("topics describe growing").get(0).get("partitions")).hasSize(5);

    assertThat(run("partitions grow growing --to 5").err()).contains("INVALID_PARTITIONS");
    assertThat(run("partitions grow missing --to 5").exit()).isEqualTo(NOT_FOUND);
  }

  @Test
  void shouldRefuseWhatTheLimitsOfTheClusterForbid() {
    done("topics create before --config retention.ms=5000000");
    done(
        "configs alter cluster --config topic.partitions.max=4 --config"
            + " topic.config.limits=retention.ms=1000..2000000,cleanup.policy=delete");
    try {
      assertThat(run("topics create wide --partitions 5").err())
          .contains("POLICY_VIOLATION", "topic.partitions.max=4");
      done("topics create narrow --partitions 4");
      assertThat(run("partitions grow narrow --to 5").err()).contains("POLICY_VIOLATION");
      assertThat(run("topics create long --config retention.ms=3000000").err())
          .contains("POLICY_VIOLATION", "1000..2000000", "topic.config.limits");
      assertThat(run("configs alter topic narrow --config retention.ms=-1").err())
          .contains("POLICY_VIOLATION");
      assertThat(run("configs alter topic narrow --append cleanup.policy=compact").err())
          .contains("POLICY_VIOLATION");
      // What it had before it keeps, and another key changes.
      done("configs alter topic before --config segment.ms=100000");
      assertThat(run("configs alter broker 7 --config topic.partitions.max=9").err())
          .contains("cannot differ between brokers");
    } finally {
      done("configs delete cluster topic.partitions.max topic.config.limits");
    }
    done("topics create wide --partitions 5");
  }

  @Test
  void shouldRefuseValuesOfATopicThatDoNotFitEachOther() {
    done("topics create unfit");

    assertThat(
            run("configs alter topic unfit -c min.compaction.lag.ms=9223372036854775807"
                    + " -c max.compaction.lag.ms=1")
                .err())
        .contains("min.compaction.lag.ms");
    assertThat(run("configs alter topic unfit -c remote.storage.enable=true").err())
        .contains("INVALID_CONFIG", "remote.storage.enable");
    assertThat(run("configs alter topic unfit -c retention.ms=soon").err())
        .contains("INVALID_CONFIG", "retention.ms", "soon");
    assertThat(done("configs describe topic unfit")).doesNotContain("topic");
  }

  @Test
  void shouldRefuseDefaultsThatDoNotFitEachOther() {
    assertThat(
            run("configs alter cluster --config log.cleaner.min.compaction.lag.ms=10"
                    + " --config log.cleaner.max.compaction.lag.ms=5 --dry-run")
                .err())
        .contains("INVALID_CONFIG", "log.cleaner.max.compaction.lag.ms=5");
    assertThat(run("configs alter cluster --config num.io.threads=4").err())
        .contains("INVALID_CONFIG", "Millrace sizes its workers");
  }

  @Test
  void shouldProtectTheTopicsOfCoordinators() {
    assertThat(run("topics create __transaction_state --partitions 3").err())
        .contains("INVALID_CONFIG", "cleanup.policy=compact");
    done("topics create __consumer_offsets --partitions 3 --config cleanup.policy=compact");
    assertThat(run("partitions grow __consumer_offsets --to 9").err())
        .contains("belongs to the coordinators");
    assertThat(run("configs alter topic __consumer_offsets --config cleanup.policy=delete").err())
        .contains("cleanup.policy=compact");
    done("configs alter topic __consumer_offsets --config segment.bytes=2097152");
  }

  @Test
  void shouldElectLeadersWhereOneIsNeeded() throws Exception {
    done("topics create led");

    JsonNode results = json("partitions elect led-0");
    assertThat(results.get(0).get("result").asText()).isEqualTo("not needed");
    assertThat(run("partitions elect led-9").exit()).isEqualTo(NOT_FOUND);
    assertThat(run("partitions elect --all").exit()).isZero();
  }
}
