package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transactions that partitions have open and no coordinator knows. They can only come about where
 * partitions do not ask (KIP-890), as here.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HangingTransactionsIT {
  private static final long GHOST = 4_711_000;

  private BrokerProcess broker;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    assumeTrue(BrokerProcess.isMillrace());
    broker =
        BrokerProcess.start(
            dir,
            Map.of(
                "transaction.partition.verification.enable", "false",
                "transaction.max.timeout.ms", "1000",
                "transaction.hanging.margin.ms", "500",
                "transaction.two.phase.commit.enable", "true",
                "unstable.api.versions.enable", "true"));
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    if (broker != null) {
      clients.close();
      broker.close();
    }
  }

  private void end(Ghost producer) {
    EndTxnRequestData request =
        new EndTxnRequestData()
            .setTransactionalId(producer.transactionalId())
            .setProducerId(producer.producerId())
            .setProducerEpoch(producer.epoch())
            .setCommitted(true);
    try (WireClient wire = WireClient.connect(broker.address())) {
      var ended = (EndTxnResponseData) wire.call(ApiKeys.END_TXN, 5, request);
      assertThat(Errors.forCode(ended.errorCode())).isEqualTo(Errors.NONE);
    }
  }

  /** A transaction that may stay prepared (KIP-939). */
  private Ghost prepare(String topic) throws Exception {
    try (KafkaProducer<byte[], byte[]> first =
        clients.producer(Map.of("transactional.id", "first", "transaction.timeout.ms", 1_000))) {
      first.initTransactions(); // brings the coordinator into being
    }
    InitProducerIdRequestData request =
        new InitProducerIdRequestData()
            .setTransactionalId("kept")
            .setTransactionTimeoutMs(Integer.MAX_VALUE)
            .setEnable2Pc(true);
    try (WireClient wire = WireClient.connect(broker.address())) {
      var begun = (InitProducerIdResponseData) wire.call(ApiKeys.INIT_PRODUCER_ID, 6, request);
      assertThat(Errors.forCode(begun.errorCode())).isEqualTo(Errors.NONE);
      Ghost kept = new Ghost("kept", begun.producerId(), begun.producerEpoch());
      assertThat(kept.send(broker.address(), Ghost.ADDS, topic)).isEqualTo(Errors.NONE);
      return kept;
    }
  }

  private long stableOffset(String topic) {
    TopicPartition partition = new TopicPartition(topic, 0);
    try {
      return clients
          .admin()
          .listOffsets(
              Map.of(partition, OffsetSpec.latest()),
              new org.apache.kafka.clients.admin.ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
          .partitionResult(partition)
          .get()
          .offset();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** The node says all of this in one line. */
  private void awaitTold(String... parts) {
    Await.until(
        "the node says " + List.of(parts),
        Clients.PATIENCE,
        () ->
            broker.output().lines().stream()
                .anyMatch(line -> Stream.of(parts).allMatch(line::contains)));
  }

  private String transactions() {
    try {
      return get("/api/v1/transactions");
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private String get(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + ((MillraceProcess) broker).http().getPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Test
  void shouldSayWhoseTransactionHasOutlivedItsTimeout() throws Exception {
    clients.createTopic("slow", 1);
    try (KafkaProducer<byte[], byte[]> slow =
        clients.producer(
            Map.of(
                "transactional.id",
                "slow",
                "client.id",
                "sleepy",
                "transaction.timeout.ms",
                1_000))) {
      slow.initTransactions();
      slow.beginTransaction();
      slow.send(new ProducerRecord<>("slow", JavaClientIT.bytes("late"))).get();

      awaitTold(
          "Transaction of slow has outlived its timeout of 1000 ms",
          "at 127.0.0.1:",
          "(client id sleepy), partitions [slow-0]");
    }
  }

  @Test
  void shouldEndWhatNoCoordinatorKnowsAndLeaveWhatIsPrepared() throws Exception {
    clients.createTopic("haunted", 1);
    clients.createTopic("prepared", 1);
    Ghost kept = prepare("prepared");

    assertThat(
            new Ghost("ghost", GHOST, (short) 3).send(broker.address(), Ghost.VERIFIES, "haunted"))
        .isEqualTo(Errors.NONE);
    assertThat(stableOffset("haunted")).isZero();
    Await.until("the ghost is gone", Clients.PATIENCE, () -> stableOffset("haunted") == 2);
    awaitTold("producer " + GHOST + " of epoch 3 had it in progress in haunted-0");
    Await.until("its end is noted", Clients.PATIENCE, () -> transactions().contains("endedAt"));

    assertThat(get("/api/v1/transactions"))
        .contains("\"topic\":\"haunted\"", "\"producerId\":" + GHOST, "\"endedAt\":\"");
    assertThat(get("/metrics")).contains("millrace_transactions_hanging_ended_total 1");
    assertThat(stableOffset("prepared")).isZero();
    end(kept);
    Await.until("it is ended", Clients.PATIENCE, () -> stableOffset("prepared") == 2);
  }
}
