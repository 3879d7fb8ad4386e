package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.CommandLineFixture;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AlterClientQuotasOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaAlteration.Op;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Quotas of clients, with Apache Kafka's own clients; each test finds a broker without quotas. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QuotasIT {
  private static final int MIB = 1 << 20;

  private BrokerProcess broker;
  private Clients clients;
  private int topics;
  private String topic;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker =
        BrokerProcess.start(
            dir,
            Map.of(
                "quota.window.num", "3",
                "controller.quota.window.num", "2"));
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    if (clients != null) {
      clients.close();
    }
    if (broker != null) {
      broker.close();
    }
  }

  @BeforeEach
  void createTopic() throws Exception {
    topic = "q" + topics++;
    clients.createTopic(topic, 1);
  }

  @AfterEach
  void removeQuotas() throws Exception {
    for (var quotas : describe(ClientQuotaFilter.all()).entrySet()) {
      for (String key : quotas.getValue().keySet()) {
        set(quotas.getKey(), key, null);
      }
    }
    awaitQuotas(Map.of());
  }

  // ---- setting and describing

  private static ClientQuotaEntity entity(String... parts) {
    Map<String, String> entries = new HashMap<>();
    for (int i = 0; i < parts.length; i += 2) {
      entries.put(parts[i], parts[i + 1]);
    }
    return new ClientQuotaEntity(entries);
  }

  private void set(ClientQuotaEntity entity, String key, Double value) throws Exception {
    Clients.await(
        clients
            .admin()
            .alterClientQuotas(
                List.of(new ClientQuotaAlteration(entity, List.of(new Op(key, value)))))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
  }

  private void awaitRefusal(ClientQuotaEntity entity, String key, Double value, String why) {
    assertThatThrownBy(() -> set(entity, key, value))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(why);
  }

  private Map<ClientQuotaEntity, Map<String, Double>> describe(ClientQuotaFilter filter)
      throws Exception {
    return Clients.await(
        clients
            .admin()
            .describeClientQuotas(filter)
            .entities()
            .toCompletionStage()
            .toCompletableFuture());
  }

  private void awaitQuotas(Map<ClientQuotaEntity, Map<String, Double>> wanted) {
    Await.until(
        "quotas are " + wanted,
        Clients.PATIENCE,
        () -> {
          try {
            return describe(ClientQuotaFilter.all()).equals(wanted);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void shouldFindQuotasByFilters() throws Exception {
    ClientQuotaEntity user = entity("user", "u");
    ClientQuotaEntity userAndClient = entity("user", "u", "client-id", "c");
    ClientQuotaEntity defaultClient = entity("client-id", null);
    ClientQuotaEntity ip = entity("ip", "10.1.2.3");
    set(user, "producer_byte_rate", 1000.0);
    set(userAndClient, "request_percentage", 12.5);
    set(defaultClient, "consumer_byte_rate", 2000.0);
    set(ip, "connection_creation_rate", 7.0);
    awaitQuotas(
        Map.of(
            user, Map.of("producer_byte_rate", 1000.0),
            userAndClient, Map.of("request_percentage", 12.5),
            defaultClient, Map.of("consumer_byte_rate", 2000.0),
            ip, Map.of("connection_creation_rate", 7.0)));

    ClientQuotaFilterComponent u = ClientQuotaFilterComponent.ofEntity("user", "u");
    assertThat(describe(ClientQuotaFilter.contains(List.of(u))))
        .containsOnlyKeys(user, userAndClient);
    assertThat(describe(ClientQuotaFilter.containsOnly(List.of(u)))).containsOnlyKeys(user);
    assertThat(
            describe(
                ClientQuotaFilter.contains(
                    List.of(ClientQuotaFilterComponent.ofDefaultEntity("client-id")))))
        .containsOnlyKeys(defaultClient);
    assertThat(
            describe(
                ClientQuotaFilter.contains(
                    List.of(ClientQuotaFilterComponent.ofEntityType("client-id")))))
        .containsOnlyKeys(userAndClient, defaultClient);
    assertThatThrownBy(
            () ->
                describe(
                    ClientQuotaFilter.contains(
                        List.of(u, ClientQuotaFilterComponent.ofEntityType("ip")))))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("IP filter component should not be used");
  }

  @Test
  void shouldRefuseQuotasThatCannotBe() throws Exception {
    ClientQuotaEntity user = entity("user", "u");
    awaitRefusal(user, "producer_byte_rate", 0.0, "must be greater than 0");
    awaitRefusal(user, "producer_byte_rate", 1.5, "cannot be a fractional value");
    awaitRefusal(user, "nonsense", 1.0, "Invalid configuration key nonsense");
    awaitRefusal(user, "connection_creation_rate", 1.0, "Invalid configuration key");
    awaitRefusal(entity("ip", "10.0.0.1"), "producer_byte_rate", 1.0, "Invalid configuration key");
    awaitRefusal(entity("ip", "10.0.0.1", "user", "u"), "x", 1.0, "Invalid quota entity");
    awaitRefusal(entity("ip", "999.0.0.1"), "connection_creation_rate", 1.0, "is not a valid IP");
    awaitRefusal(entity("client-id", ""), "request_percentage", 1.0, "Empty client-id");
    awaitRefusal(entity("tribe", "t"), "request_percentage", 1.0, "entity type: tribe");
    ClientQuotaAlteration good =
        new ClientQuotaAlteration(user, List.of(new Op("producer_byte_rate", 5.0)));
    Clients.await(
        clients
            .admin()
            .alterClientQuotas(List.of(good), new AlterClientQuotasOptions().validateOnly(true))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
    assertThat(describe(ClientQuotaFilter.all())).isEmpty();
  }

  // ---- being held back

  private static double metric(Map<MetricName, ? extends Metric> metrics, String name) {
    return metrics.entrySet().stream()
        .filter(entry -> entry.getKey().name().equals(name))
        .mapToDouble(entry -> (double) entry.getValue().metricValue())
        .filter(value -> !Double.isNaN(value))
        .max()
        .orElse(0);
  }

  private KafkaProducer<byte[], byte[]> producer(String clientId) {
    return clients.producer(
        Map.of("client.id", clientId, "batch.size", 64 * 1024, "linger.ms", 5, "acks", "1"));
  }

  private void produce(KafkaProducer<byte[], byte[]> producer, int bytes) throws Exception {
    byte[] value = new byte[16 * 1024];
    Future<RecordMetadata> last = null;
    for (int sent = 0; sent < bytes; sent += value.length) {
      last = producer.send(new ProducerRecord<>(topic, 0, null, value));
    }
    producer.flush();
    assertThat(last.get(30, TimeUnit.SECONDS).offset()).isPositive();
  }

  @Test
  void shouldHoldAProducerToItsQuotaAndLeaveOthersAlone() throws Exception {
    set(entity("client-id", "slow"), "producer_byte_rate", (double) MIB);
    try (KafkaProducer<byte[], byte[]> slow = producer("slow");
        KafkaProducer<byte[], byte[]> fast = producer("fast")) {
      produce(slow, MIB);
      long begun = System.nanoTime();
      produce(slow, 6 * MIB);
      double seconds = (System.nanoTime() - begun) / 1e9;
      assertThat(6 / seconds).as("MiB/s of a quota of 1").isBetween(0.3, 2.0);
      assertThat(metric(slow.metrics(), "produce-throttle-time-max")).isPositive();

      produce(fast, 8 * MIB);
      assertThat(metric(fast.metrics(), "produce-throttle-time-max")).isZero();
    }
  }

  private int consume(KafkaConsumer<byte[], byte[]> consumer, int records) {
    TopicPartition partition = new TopicPartition(topic, 0);
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    int read = 0;
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (read < records && System.nanoTime() < deadline) {
      read += consumer.poll(Duration.ofMillis(200)).count();
    }
    return read;
  }

  @Test
  void shouldHoldAConsumerToItsQuotaAndLoseNothing() throws Exception {
    int records = 6 * 64;
    try (KafkaProducer<byte[], byte[]> producer = producer("p")) {
      produce(producer, 6 * MIB);
    }
    set(entity("client-id", "slow"), "consumer_byte_rate", (double) MIB);
    Map<String, Object> small =
        Map.of("max.partition.fetch.bytes", 128 * 1024, "fetch.max.bytes", 256 * 1024);
    Map<String, Object> slowly = new HashMap<>(small);
    slowly.put("client.id", "slow");
    try (KafkaConsumer<byte[], byte[]> slow = clients.consumer(slowly);
        KafkaConsumer<byte[], byte[]> fast = clients.consumer(small)) {
      long begun = System.nanoTime();
      assertThat(consume(slow, records)).isEqualTo(records);
      double seconds = (System.nanoTime() - begun) / 1e9;
      assertThat(6 / seconds).as("MiB/s of a quota of 1").isBetween(0.3, 2.5);
      assertThat(metric(slow.metrics(), "fetch-throttle-time-max")).isPositive();
      assertThat(consume(fast, records)).isEqualTo(records);
      assertThat(metric(fast.metrics(), "fetch-throttle-time-max")).isZero();
    }
  }

  @Test
  void shouldPreferTheQuotaOfTheNameToTheDefaultAndForgetWhatIsRemoved() throws Exception {
    set(entity("client-id", null), "producer_byte_rate", 100_000.0);
    set(entity("client-id", "free"), "producer_byte_rate", 1e12);
    try (KafkaProducer<byte[], byte[]> free = producer("free")) {
      produce(free, 2 * MIB);
      assertThat(metric(free.metrics(), "produce-throttle-time-max")).isZero();
    }
    try (KafkaProducer<byte[], byte[]> some = producer("some")) {
      produce(some, MIB);
      assertThat(metric(some.metrics(), "produce-throttle-time-max")).isPositive();
    }
    set(entity("client-id", null), "producer_byte_rate", null);
    try (KafkaProducer<byte[], byte[]> some = producer("some")) {
      produce(some, MIB);
      assertThat(metric(some.metrics(), "produce-throttle-time-max")).isZero();
    }
  }

  @Test
  @Tag("long")
  void shouldHoldBackWhoTakesTooMuchTimeOfThreads() throws Exception {
    set(entity("user", "ANONYMOUS", "client-id", "busy"), "request_percentage", 0.01);
    try (KafkaProducer<byte[], byte[]> busy = producer("busy");
        KafkaProducer<byte[], byte[]> other = producer("other")) {
      produce(busy, MIB);
      assertThat(metric(busy.metrics(), "produce-throttle-time-max")).isPositive();
      produce(other, MIB);
      assertThat(metric(other.metrics(), "produce-throttle-time-max")).isZero();
    }
  }

  @Test
  void shouldRefuseTopicsBeyondTheMutationQuota() throws Exception {
    set(entity("user", null), "controller_mutation_rate", 1.0);
    CreateTopicsOptions once = new CreateTopicsOptions().retryOnQuotaViolation(false);
    Clients.await(
        clients
            .admin()
            .createTopics(List.of(new NewTopic("m1", 10, (short) 1)), once)
            .all()
            .toCompletionStage()
            .toCompletableFuture());
    assertThatThrownBy(
            () ->
                Clients.await(
                    clients
                        .admin()
                        .createTopics(List.of(new NewTopic("m2", 1, (short) 1)), once)
                        .all()
                        .toCompletionStage()
                        .toCompletableFuture()))
        .isInstanceOfSatisfying(
            ThrottlingQuotaExceededException.class,
            refused -> assertThat(refused.throttleTimeMs()).isBetween(1_000, 30_000));
    assertThat(
            Clients.await(
                clients.admin().listTopics().names().toCompletionStage().toCompletableFuture()))
        .contains("m1")
        .doesNotContain("m2");
    set(entity("user", null), "controller_mutation_rate", null);
    clients.createTopic("m2", 1);
  }

  // ---- connections

  @Test
  void shouldCloseConnectionsOfAnAddressThatComeTooFast() throws Exception {
    set(entity("ip", "127.0.0.1"), "connection_creation_rate", 2.0);
    int closed = 0;
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 30; i++) {
        Socket socket = new Socket();
        socket.connect(broker.address());
        socket.setSoTimeout(3_000);
        sockets.add(socket);
      }
      for (Socket socket : sockets) {
        if (isClosed(socket)) {
          closed++;
          break;
        }
      }
      assertThat(closed).isOne();
      // The connection that was there before is not touched.
      assertThat(describe(ClientQuotaFilter.all())).hasSize(1);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  /** Whether the broker ends it within three seconds, without having been asked anything. */
  private static boolean isClosed(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  // ---- Millrace's own tool, and its figures

  private CommandLineFixture.Result millrace(String... args) {
    String[] all = Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--bootstrap-server";
    all[args.length + 1] = broker.bootstrap();
    CommandLineFixture.Result result = new CommandLineFixture().run(all);
    assertThat(result.exit()).as(result.err()).isZero();
    return result;
  }

  @Test
  void shouldServeMillracesQuotaCommands() throws Exception {
    millrace("quotas", "set", "--client-id", "c", "producer_byte_rate=1024");
    millrace("quotas", "set", "--user", "u", "--default-client-id", "request_percentage=0.5");
    awaitQuotas(
        Map.of(
            entity("client-id", "c"),
            Map.of("producer_byte_rate", 1024.0),
            entity("user", "u", "client-id", null),
            Map.of("request_percentage", 0.5)));
    assertThat(millrace("quotas", "list").lines())
        .anyMatch(line -> line.matches("client-id c +producer_byte_rate +1024"))
        .anyMatch(line -> line.matches("user u, default client-id +request_percentage +0.5"));
    assertThat(millrace("quotas", "list", "--output", "json").out())
        .contains("\"client-id\" : \"c\"")
        .contains("\"request_percentage\" : 0.5");
    assertThat(millrace("quotas", "describe", "--client-id", "c").lines())
        .containsExactly("producer_byte_rate=1024");
    millrace("quotas", "remove", "--client-id", "c");
    awaitQuotas(Map.of(entity("user", "u", "client-id", null), Map.of("request_percentage", 0.5)));
    assertThat(millrace("quotas", "describe", "--client-id", "c").out())
        .contains("No quotas are set");
  }

  // ---- Kafka's own tool

  private Tool.Result configs(String... args) {
    String[] all = Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--bootstrap-server";
    all[args.length + 1] = broker.bootstrap();
    return Tool.run("kafka.admin.ConfigCommand", all);
  }

  @Test
  void shouldServeKafkasConfigTool() throws Exception {
    configs(
            "--alter",
            "--entity-type",
            "clients",
            "--entity-name",
            "c",
            "--add-config",
            "producer_byte_rate=1024,consumer_byte_rate=2048")
        .succeeded();
    configs(
            "--alter",
            "--entity-type",
            "clients",
            "--entity-default",
            "--add-config",
            "request_percentage=50")
        .succeeded();
    configs(
            "--alter",
            "--entity-type",
            "users",
            "--entity-name",
            "u",
            "--add-config",
            "controller_mutation_rate=5")
        .succeeded();
    configs(
            "--alter",
            "--entity-type",
            "ips",
            "--entity-name",
            "10.0.0.1",
            "--add-config",
            "connection_creation_rate=9")
        .succeeded();
    awaitQuotas(
        Map.of(
            entity("client-id", "c"),
            Map.of("producer_byte_rate", 1024.0, "consumer_byte_rate", 2048.0),
            entity("client-id", null),
            Map.of("request_percentage", 50.0),
            entity("user", "u"),
            Map.of("controller_mutation_rate", 5.0),
            entity("ip", "10.0.0.1"),
            Map.of("connection_creation_rate", 9.0)));
    assertThat(configs("--describe", "--entity-type", "clients").succeeded().out())
        .contains("Quota configs for client-id 'c' are")
        .contains("producer_byte_rate=1024.0")
        .contains("Quota configs for the default client-id are request_percentage=50.0");
    assertThat(configs("--describe", "--entity-type", "ips").succeeded().out())
        .contains("Quota configs for ip '10.0.0.1' are connection_creation_rate=9.0");
    assertThat(configs("--describe", "--entity-type", "users").out())
        .contains("Quota configs for user-principal 'u' are controller_mutation_rate=5.0");
    configs(
            "--alter",
            "--entity-type",
            "clients",
            "--entity-name",
            "c",
            "--delete-config",
            "producer_byte_rate")
        .succeeded();
    assertThat(configs("--describe", "--entity-type", "clients").succeeded().out())
        .doesNotContain("producer_byte_rate");
  }
}
