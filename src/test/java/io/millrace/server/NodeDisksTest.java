package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.it.Disks;
import io.millrace.metadata.PartitionImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node says of itself when its disk is not the one that it stopped with. */
@Timeout(120)
class NodeDisksTest {
  @TempDir Path directory;

  /** null = it is stopped. */
  private NodeFixture node;

  @BeforeEach
  void startNode() throws Exception {
    start();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get(60, TimeUnit.SECONDS);
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
      node = null;
    }
  }

  private void start() throws Exception {
    node =
        NodeFixture.start(
            Map.of(
                "node.id", "1",
                "log.dirs", data().toString(),
                "metadata.log.dir", metadata().toString()));
  }

  private void produce() throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", node.bootstrap()),
            new StringSerializer(),
            new StringSerializer())) {
      producer.send(new ProducerRecord<>("t", "a record")).get(60, TimeUnit.SECONDS);
    }
  }

  private Path data() {
    return directory.resolve("data");
  }

  private Path metadata() {
    return directory.resolve("metadata");
  }

  private PartitionImage partition() {
    return node.node().image().topic("t").partitions().get(0);
  }

  @Test
  void shouldKeepTheLeaderEpochAfterACleanStop() throws Exception {
    int before = partition().leaderEpoch();
    stop();

    start();

    assertThat(partition().leaderEpoch()).isEqualTo(before);
    assertThat(partition().possibleLoss()).isFalse();
  }

  @Test
  void shouldGoOnInTheSegmentThatItStoppedWith() throws Exception {
    produce();
    stop();

    start();
    produce();

    try (Stream<Path> files = Files.list(data().resolve("t-0"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".log"))).hasSize(1);
    }
  }

  @Test
  void shouldBeginANewLeaderEpochOnADiskThatWasRestoredFromACopy() throws Exception {
    stop();
    Path copy = directory.resolve("copy");
    Disks.copy(data(), copy);
    start();
    int before = partition().leaderEpoch();
    stop();
    Disks.wipe(data());
    Disks.copy(copy, data());

    start();

    assertThat(partition().leaderEpoch()).isGreaterThan(before);
  }

  @Test
  void shouldSayThatRecordsMayBeLostWithTheDisk() throws Exception {
    stop();
    Disks.wipe(data());

    start();

    assertThat(partition().possibleLoss()).isTrue();
  }

  @Test
  void shouldNotStartWhereTheMetadataDirectoryIsAFile() throws Exception {
    stop();
    Files.move(metadata(), directory.resolve("moved"));
    Files.writeString(metadata(), "a file");

    assertThatThrownBy(this::start)
        .hasMessageContaining("metadata.log.dir cannot be used: " + metadata())
        .hasMessageContaining("is not a directory");
  }
}
