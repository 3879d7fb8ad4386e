package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transactions that stay prepared (KIP-939). Kafka's producer 4.3 begins and fills them, with the
 * timeout that means never: of {@code transaction.two.phase.commit.enable} it tells the broker
 * nothing yet. Keeping what its predecessor has prepared, which it does not offer, is asked for in
 * requests.
 */
@Timeout(180)
class TwoPhaseCommitIT {
  private static final String ID = "two-phase";
  private static final String TOPIC = "ledger";
  private static final Map<String, String> PREPARED =
      Map.of(
          "transaction.two.phase.commit.enable", "true",
          "unstable.api.versions.enable", "true",
          "transaction.max.timeout.ms", Integer.toString(Integer.MAX_VALUE));

  @TempDir Path dir;

  /** What an application stores with its other system when it has prepared. */
  private record Prepared(long producerId, int epoch) {}

  private static KafkaProducer<byte[], byte[]> producer(Clients clients) {
    return clients.producer(
        Map.of("transactional.id", ID, "transaction.timeout.ms", Integer.MAX_VALUE));
  }

  private static TransactionDescription describe(Clients clients, String id) {
    try {
      return clients.admin().describeTransactions(List.of(id)).description(id).get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  /** A producer that prepares its transaction, and goes away without ending it. */
  private static Prepared prepare(Clients clients) throws Exception {
    clients.createTopic(TOPIC, 1);
    KafkaProducer<byte[], byte[]> producer = producer(clients);
    try {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(TOPIC, JavaClientIT.bytes("prepared"))).get();
      producer.flush();
      TransactionDescription open = describe(clients, ID);
      assertThat(open.transactionTimeoutMs()).isEqualTo(Integer.MAX_VALUE);
      return new Prepared(open.producerId(), open.producerEpoch());
    } finally {
      // Any other way of closing would abort it.
      producer.close(Duration.ZERO);
    }
  }

  /** A coordinator is there once somebody has begun. */
  private static void ordinary(Clients clients) {
    try (KafkaProducer<byte[], byte[]> producer =
        clients.producer(Map.of("transactional.id", "ordinary"))) {
      producer.initTransactions();
    }
  }

  /** An ordinary transaction is ended by its timeout meanwhile; the prepared one is not. */
  private static void outliveATimeout(Clients clients) throws Exception {
    KafkaProducer<byte[], byte[]> other =
        clients.producer(Map.of("transactional.id", "plain", "transaction.timeout.ms", 1_000));
    try {
      other.initTransactions();
      other.beginTransaction();
      other.send(new ProducerRecord<>("plain", JavaClientIT.bytes("lost"))).get();
      Await.until(
          "its time is over",
          Clients.PATIENCE,
          () -> describe(clients, "plain").state() == TransactionState.COMPLETE_ABORT);
    } finally {
      other.close(Duration.ZERO);
    }
    assertThat(describe(clients, ID).state()).isEqualTo(TransactionState.ONGOING);
  }

  private static InitProducerIdResponseData keepPrepared(WireClient wire, boolean twoPhases) {
    InitProducerIdRequestData request =
        new InitProducerIdRequestData()
            .setTransactionalId(ID)
            .setTransactionTimeoutMs(twoPhases ? Integer.MAX_VALUE : 60_000)
            .setEnable2Pc(twoPhases)
            .setKeepPreparedTxn(true);
    return (InitProducerIdResponseData) wire.call(ApiKeys.INIT_PRODUCER_ID, 6, request);
  }

  /** Another instance finds what was prepared, and ends it as the stored state says. */
  private static void complete(BrokerProcess broker, Prepared stored, boolean commits)
      throws Exception {
    try (WireClient wire = WireClient.connect(broker.address())) {
      InitProducerIdResponseData kept = keepPrepared(wire, true);
      assertThat(Errors.forCode(kept.errorCode())).isEqualTo(Errors.NONE);
      assertThat(new Prepared(kept.ongoingTxnProducerId(), kept.ongoingTxnProducerEpoch()))
          .isEqualTo(stored);
      EndTxnResponseData ended =
          (EndTxnResponseData)
              wire.call(
                  ApiKeys.END_TXN,
                  5,
                  new EndTxnRequestData()
                      .setTransactionalId(ID)
                      .setProducerId(kept.producerId())
                      .setProducerEpoch(kept.producerEpoch())
                      .setCommitted(commits));
      assertThat(Errors.forCode(ended.errorCode())).isEqualTo(Errors.NONE);
    }
  }

  /** Everything that is committed in the topic, up to what a last transaction has written. */
  private static List<String> committed(Clients clients) throws Exception {
    try (KafkaProducer<byte[], byte[]> last = producer(clients)) {
      last.initTransactions();
      last.beginTransaction();
      last.send(new ProducerRecord<>(TOPIC, JavaClientIT.bytes("last"))).get();
      last.commitTransaction();
    }
    TopicPartition partition = new TopicPartition(TOPIC, 0);
    Map<String, Object> config = new HashMap<>(Map.of("isolation.level", "read_committed"));
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(config)) {
      consumer.assign(Set.of(partition));
      consumer.seekToBeginning(Set.of(partition));
      Await.until(
          "the last one is read",
          Clients.PATIENCE,
          () -> {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
              values.add(new String(record.value(), StandardCharsets.UTF_8));
            }
            return values.contains("last");
          });
    }
    return values;
  }

  private List<String> afterARestart(boolean commits) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir, PREPARED)) {
      Prepared stored;
      try (Clients clients = new Clients(broker)) {
        clients.createTopic("plain", 1);
        stored = prepare(clients);
      }
      broker.kill();
      broker.startAndAwaitReady();
      try (Clients clients = new Clients(broker)) {
        outliveATimeout(clients);
        complete(broker, stored, commits);
        return committed(clients);
      }
    }
  }

  @Test
  void shouldCommitWhatWasPreparedBeforeARestart() throws Exception {
    assertThat(afterARestart(true)).containsExactly("prepared", "last");
  }

  @Test
  void shouldAbortWhatWasPreparedBeforeARestart() throws Exception {
    assertThat(afterARestart(false)).containsExactly("last");
  }

  @Test
  void shouldRefuseToKeepTransactionsPreparedUnlessItIsAllowed() throws Exception {
    try (BrokerProcess broker =
            BrokerProcess.start(dir, Map.of("unstable.api.versions.enable", "true"));
        Clients clients = new Clients(broker);
        KafkaProducer<byte[], byte[]> producer = producer(clients)) {
      assertThatThrownBy(producer::initTransactions)
          .hasMessageContaining("transaction timeout is larger than the maximum");
      ordinary(clients);
      try (WireClient wire = WireClient.connect(broker.address())) {
        assertThat(Errors.forCode(keepPrepared(wire, true).errorCode()))
            .isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        assertThat(Errors.forCode(keepPrepared(wire, false).errorCode()))
            .isEqualTo(Errors.UNSUPPORTED_VERSION);
      }
    }
  }
}
