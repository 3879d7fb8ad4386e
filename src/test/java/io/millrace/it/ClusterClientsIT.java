package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * How soon Kafka's clients, with the settings that they come with, leave a node that is cut off
 * from its cluster while they themselves still reach it.
 */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("long")
class ClusterClientsIT {
  private TestNetwork network;
  private TestCluster cluster;
  private int topics;

  @BeforeAll
  void start(@TempDir Path dir) {
    network = TestNetwork.of(3);
    cluster = TestCluster.onHosts(network, dir, 3, Map.of());
    cluster.nodes().forEach(node -> node.expectInOutput(TestCluster.MASTERSHIP));
    cluster.startAll();
  }

  @AfterAll
  void stop() {
    if (network != null) {
      try {
        cluster.close();
      } finally {
        network.close();
      }
    }
  }

  @BeforeEach
  void awaitHealth() {
    cluster.awaitSameImage();
  }

  @AfterEach
  void heal() {
    network.heal();
  }

  /** Isolates a node that is not the controller, and waits until it knows of none. */
  private int cutOffABroker() {
    int cutOff = cluster.awaitFollower();
    network.isolate(cutOff);
    Await.until(
        "node " + cutOff + " knows no controller",
        TestCluster.PATIENCE,
        () -> cluster.controllerSeenBy(cutOff).isEmpty());
    return cutOff;
  }

  private static Admin admin(String bootstrap) {
    return Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  private Duration create(Admin admin) throws Exception {
    long began = System.nanoTime();
    admin.createTopics(List.of(new NewTopic("t" + ++topics, 1, (short) 1))).all().get();
    return Duration.ofNanos(System.nanoTime() - began);
  }

  private Duration createSome(Admin admin, String what) throws Exception {
    Duration longest = Duration.ZERO;
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      Duration took = create(admin);
      all.append(' ').append(took.toMillis());
      longest = took.compareTo(longest) > 0 ? took : longest;
    }
    System.out.println(what + ": topics made in" + all + " ms");
    return longest;
  }

  @Test
  void shouldLeadAnAdminAwayFromAControllerThatIsCutOff() throws Exception {
    int controller = cluster.awaitController(cluster.allBut());
    try (Admin admin = admin(cluster.bootstrap())) {
      create(admin);
      network.isolate(controller);
      assertThat(createSome(admin, "controller cut off")).isLessThan(Duration.ofSeconds(10));
    }
  }

  @Test
  void shouldLeadANewAdminAwayFromANodeThatIsCutOff() throws Exception {
    int cutOff = cutOffABroker();
    for (int i = 0; i < 4; i++) {
      try (Admin admin = admin(cluster.node(cutOff).bootstrap())) {
        assertThat(createSome(admin, "through a broker cut off"))
            .isLessThan(Duration.ofSeconds(10));
      }
    }
  }

  @Test
  void shouldLeadANewProducerToThePartitionsOfOthers() throws Exception {
    String topic = "p" + ++topics;
    try (Admin admin = admin(cluster.bootstrap())) {
      admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1))).all().get();
    }
    int cutOff = cutOffABroker();
    Map<String, Object> config =
        Map.of("bootstrap.servers", cluster.node(cutOff).bootstrap(), "acks", "all");
    long began = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int partition = 0; partition < 3; partition++) {
        sent.add(producer.send(new ProducerRecord<>(topic, partition, null, new byte[10])));
      }
      for (Future<RecordMetadata> record : sent) {
        record.get();
      }
    }
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    System.out.println("first records of a new producer: " + took.toMillis() + " ms");
    assertThat(took).isLessThan(Duration.ofSeconds(10));
  }
}
