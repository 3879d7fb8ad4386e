package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace transactions}. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransactionToolsIT {
  private BrokerProcess broker;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = BrokerProcess.start(dir);
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  private CommandLineFixture.Result run(String... command) {
    List<String> args = new ArrayList<>(List.of("transactions"));
    args.addAll(List.of(command));
    args.addAll(List.of("-b", clients.bootstrap()));
    return new CommandLineFixture().run(args.toArray(String[]::new));
  }

  /** A producer with a record in a transaction that it leaves open. */
  private KafkaProducer<byte[], byte[]> open(String id, String topic) throws Exception {
    clients.createTopic(topic, 1);
    KafkaProducer<byte[], byte[]> producer = clients.producer(Map.of("transactional.id", id));
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topic, 0, null, JavaClientIT.bytes("a"))).get();
    return producer;
  }

  @Test
  void shouldListAndDescribe() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = open("listed", "described")) {
      assertThat(run("list", "--state", "ongoing", "--pattern", "li.*").lines())
          .containsExactly("listed");
      assertThat(run("list", "--long").out()).containsPattern("listed +\\d+ +\\d+ +Ongoing");
      assertThat(run("describe", "listed").out())
          .containsPattern("listed +Ongoing, producer \\d+ epoch \\d+, coordinator \\d+")
          .contains("timeout 60.0 s", " ago", "  described-0");
      assertThat(run("describe", "listed", "-o", "json").out())
          .contains("\"state\" : \"Ongoing\"", "\"topic\" : \"described\"");

      producer.commitTransaction();
      Await.until(
          "it is over",
          Clients.PATIENCE,
          () -> run("describe", "listed").out().contains("CompleteCommit"));
      assertThat(run("describe", "listed").out()).doesNotContain(" ago");
      assertThat(run("describe", "listed", "-o", "json").out()).contains("\"durationMs\" : null");
    }
  }

  @Test
  void shouldNotFindAnIdThatNobodyUses() {
    var described = run("describe", "nobody");
    var aborted = run("abort", "nobody");

    assertThat(described.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(aborted.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(described.err())
        .contains("nobody: TRANSACTIONAL_ID_NOT_FOUND: no coordinator knows this transactional id");
    assertThat(run("list").lines()).doesNotContain("nobody");
  }

  @Test
  void shouldSayWhatIsNotThere() throws Exception {
    clients.createTopic("small", 1);

    var partition = run("abort", "--partition", "small-7", "--start-offset", "0");
    var topic = run("find-hanging", "none");
    var node = run("find-hanging", "--broker", "99");
    var pattern = run("list", "--pattern", "[");

    assertThat(partition.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(partition.err()).contains("topic small has no partition 7, only 0 to 0");
    assertThat(topic.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(topic.err()).contains("none").doesNotContain("No transaction hangs");
    assertThat(node.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(node.err()).contains("there is no broker 99");
    assertThat(pattern.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(pattern.err()).contains("'[' is no regular expression");
  }

  @Test
  void shouldAbortByTransactionalId() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = open("aborted", "ended")) {
      assertThat(run("abort", "aborted").lines()).containsExactly("Aborted aborted");

      assertThat(run("describe", "aborted").out()).contains("Empty");
      assertThatThrownBy(producer::commitTransaction).isInstanceOf(KafkaException.class);
      assertThat(run("abort", "aborted").out()).startsWith("Has no open transaction: aborted");
    }
  }

  @Test
  void shouldAbortInOnePartition() throws Exception {
    KafkaProducer<byte[], byte[]> producer = open("in-one", "one");
    try {
      var aborted = run("abort", "--partition", "one-0", "--start-offset", "0");

      assertThat(aborted.err()).isEmpty();
      assertThat(aborted.out()).contains("in one-0 from offset 0 on");
      assertThat(run("abort", "--partition", "one-0", "--start-offset", "0").exit())
          .isEqualTo(ExitCode.NOT_FOUND);
    } finally {
      producer.close(Duration.ZERO);
    }
  }

  @Test
  void shouldShowATransactionOverHttpAndInMetrics() throws Exception {
    assumeTrue(BrokerProcess.isMillrace());
    try (KafkaProducer<byte[], byte[]> producer = open("shown", "seen")) {
      assertThat(get("/api/v1/transactions?state=Ongoing"))
          .contains(
              "\"transactionalId\":\"shown\"",
              "\"clientAddress\":\"127.0.0.1:",
              "\"topic\":\"seen\"",
              "\"durationMs\":");
      Await.until(
          "it is counted",
          Clients.PATIENCE,
          () -> !get("/metrics").contains("millrace_transactions{state=\"Ongoing\"} 0"));
      assertThat(get("/metrics")).contains("millrace_transaction_oldest_open_seconds ");

      producer.abortTransaction();
    }
  }

  private String get(String path) {
    InetSocketAddress http = ((MillraceProcess) broker).http();
    URI uri = URI.create("http://127.0.0.1:" + http.getPort() + path);
    try {
      return HttpClient.newHttpClient()
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldNotCallATransactionHangingThatItsCoordinatorKnows() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = open("known", "watched")) {
      var found = run("find-hanging", "watched", "--older-than", "0");

      assertThat(found.exit()).isEqualTo(ExitCode.OK);
      assertThat(found.out()).isEmpty();
      assertThat(found.err()).contains("No transaction hangs");
      assertThat(run("find-hanging", "-o", "json").out().strip()).isEqualTo("[ ]");

      producer.abortTransaction();
    }
  }
}
