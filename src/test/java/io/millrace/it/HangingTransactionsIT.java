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
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
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

  /** Sends one batch in a transaction; from version 12 on that adds the partition to it. */
  private Errors send(int version, String topic, String id, long producerId, short epoch) {
    MemoryRecords records =
        MemoryRecords.withTransactionalRecords(
            Compression.NONE, producerId, epoch, 0, new SimpleRecord(JavaClientIT.bytes("x")));
    ProduceRequestData request =
        new ProduceRequestData().setTransactionalId(id).setAcks((short) -1).setTimeoutMs(30_000);
    request
        .topicData()
        .add(
            new TopicProduceData()
                .setName(topic)
                .setPartitionData(
                    List.of(new PartitionProduceData().setIndex(0).setRecords(records))));
    try (WireClient wire = WireClient.connect(broker.address())) {
      ProduceResponseData answer =
          (ProduceResponseData) wire.call(ApiKeys.PRODUCE, version, request);
      return Errors.forCode(
          answer.responses().iterator().next().partitionResponses().get(0).errorCode());
    }
  }

  /** A transaction that may stay prepared (KIP-939). */
  private void prepare(String topic) throws Exception {
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
      assertThat(send(12, topic, "kept", begun.producerId(), begun.producerEpoch()))
          .isEqualTo(Errors.NONE);
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

      Await.until(
          "its end is told",
          Clients.PATIENCE,
          () ->
              broker.output().lines().stream()
                  .anyMatch(
                      line ->
                          line.contains("Transaction of slow has outlived its timeout of 1000 ms")
                              && line.contains("at 127.0.0.1:")
                              && line.contains("(client id sleepy), partitions [slow-0]")));
    }
  }

  @Test
  void shouldEndWhatNoCoordinatorKnowsAndLeaveWhatIsPrepared() throws Exception {
    clients.createTopic("haunted", 1);
    clients.createTopic("prepared", 1);
    prepare("prepared");

    assertThat(send(9, "haunted", "ghost", GHOST, (short) 3)).isEqualTo(Errors.NONE);
    assertThat(stableOffset("haunted")).isZero();
    Await.until("the ghost is gone", Clients.PATIENCE, () -> stableOffset("haunted") == 2);

    assertThat(get("/api/v1/transactions"))
        .contains("\"topic\":\"haunted\"", "\"producerId\":" + GHOST, "\"endedAt\":\"");
    assertThat(get("/metrics")).contains("millrace_transactions_hanging_ended_total 1");
    assertThat(broker.output().lines())
        .anyMatch(
            line ->
                line.contains("producer " + GHOST + " of epoch 3 had it in progress in haunted-0"));
    assertThat(stableOffset("prepared")).isZero();
    clients.admin().forceTerminateTransaction("kept").result().get();
    Await.until("it is ended", Clients.PATIENCE, () -> stableOffset("prepared") == 2);
  }
}
