package io.millrace.controller;

import static io.millrace.controller.ControllerFixture.await;
import static io.millrace.controller.ControllerFixture.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.MetadataImage;
import io.millrace.quorum.QuorumConfig;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.UnsyncedLossIo;
import io.millrace.simulation.Seeds;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the controller does when its disk does not do what it should. */
class ControllerFaultsTest {
  private static final long SNAPSHOT_BYTES = 1 << 20;

  @TempDir Path directory;

  private static Errors failureOf(Future<?> command) {
    await(command.otherwiseEmpty());
    assertThat(command.cause()).isInstanceOf(QuorumException.class);
    return ((QuorumException) command.cause()).error();
  }

  private Path log() {
    return directory.resolve(QuorumConfig.DIRECTORY).resolve("00000000000000000000.log");
  }

  @Test
  void shouldFailACommandThatFindsTheDiskFull() {
    UnsyncedLossIo io = new UnsyncedLossIo();
    try (ControllerFixture node = ControllerFixture.start(directory, io, SNAPSHOT_BYTES)) {
      node.register();
      io.failNextWrite(10, new IOException("No space left on device"));
      assertThat(failureOf(node.controller.createTopics(List.of(topic("a")), false)))
          .isEqualTo(Errors.KAFKA_STORAGE_ERROR);
      assertThat(node.image().topic("a")).isNull();
    }
  }

  @Test
  void shouldGoOnByItselfWhenThereIsSpaceAgain() {
    UnsyncedLossIo io = new UnsyncedLossIo();
    MetadataImage before;
    try (ControllerFixture node = ControllerFixture.start(directory, io, SNAPSHOT_BYTES)) {
      node.register();
      io.failNextWrite(10, new IOException("No space left on device"));
      failureOf(node.controller.createTopics(List.of(topic("a")), false));
      CreatedTopic created = createWhenThereIsAController(node, "b");
      assertThat(created.outcome().error()).isEqualTo(Errors.NONE);
      assertThat(node.image().topic("a")).isNull();
      before = node.image();
    }
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      assertThat(node.image().sameContent(before)).isTrue();
    }
  }

  private static CreatedTopic createWhenThereIsAController(ControllerFixture node, String name) {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      Future<List<CreatedTopic>> creation =
          node.controller.createTopics(List.of(topic(name)), false);
      await(creation.otherwiseEmpty());
      if (creation.succeeded()) {
        return creation.result().get(0);
      }
      assertThat(creation.cause()).isInstanceOf(QuorumException.class);
      assertThat(System.nanoTime()).isLessThan(deadlineNs);
      // A timer, not a busy loop, until the voter tries again.
      await(node.vertx.timer(50, TimeUnit.MILLISECONDS));
    }
  }

  @Test
  void shouldNotBuildUponACommandThatFailed() {
    UnsyncedLossIo io = new UnsyncedLossIo();
    try (ControllerFixture node = ControllerFixture.start(directory, io, SNAPSHOT_BYTES)) {
      node.register();
      io.failNextWrite(10, new IOException("No space left on device"));
      List<Future<?>> commands = new ArrayList<>();
      commands.add(node.controller.createTopics(List.of(topic("a")), false));
      // These rest on topic a, which will never have been.
      for (int count = 2; count < 20; count++) {
        commands.add(
            node.controller.createPartitions(
                List.of(new Controller.NewPartitions("a", count, null)), false));
      }
      commands.forEach(ControllerFaultsTest::failureOf);
      assertThat(createWhenThereIsAController(node, "a").partitions()).isEqualTo(1);
    }
  }

  @Test
  void shouldNeverAcknowledgeAfterAFailedFsync() {
    UnsyncedLossIo io = new UnsyncedLossIo();
    try (ControllerFixture node = ControllerFixture.start(directory, io, SNAPSHOT_BYTES)) {
      node.register();
      io.failNextForce(new IOException("Input/output error"));
      assertThat(failureOf(node.controller.createTopics(List.of(topic("a")), false)))
          .isEqualTo(Errors.KAFKA_STORAGE_ERROR);
      assertThat(failureOf(node.controller.createTopics(List.of(topic("b")), false)))
          .isEqualTo(Errors.KAFKA_STORAGE_ERROR);
      assertThat(node.image().topics()).isEmpty();
    }
  }

  @Test
  void shouldRefuseToStartOnADamagedLog() throws IOException {
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      node.register();
    }
    byte[] bytes = Files.readAllBytes(log());
    bytes[70] ^= 1;
    Files.write(log(), bytes);
    try (ControllerFixture node =
        ControllerFixture.starting(directory, SystemFileIo.INSTANCE, SNAPSHOT_BYTES, null)) {
      assertThatThrownBy(() -> await(node.started()))
          .hasMessageContaining("is damaged")
          .hasMessageContaining("this node does not start");
    }
    assertThat(Files.readAllBytes(log())).isEqualTo(bytes);
  }

  @Test
  void shouldFinishTheStartWhenAFullDiskHasSpaceAgain() {
    UnsyncedLossIo io = new UnsyncedLossIo();
    io.failNextWrite(0, new IOException("No space left on device"));
    try (ControllerFixture node = ControllerFixture.starting(directory, io, SNAPSHOT_BYTES, null)) {
      await(node.started());
    }
  }

  @Test
  void shouldKeepEveryAcknowledgedTopicWhenThePowerGoes() throws IOException {
    List<String> acknowledged = new ArrayList<>();
    for (int seed = 0; seed < 8; seed++) {
      UnsyncedLossIo io = new UnsyncedLossIo();
      try (ControllerFixture node = ControllerFixture.start(directory, io, 2_000)) {
        for (String name : acknowledged) {
          assertThat(node.image().topic(name)).as("seed %d: %s", seed, name).isNotNull();
        }
        node.register();
        List<Future<List<CreatedTopic>>> creations = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
          creations.add(node.controller.createTopics(List.of(topic("t-" + seed + "-" + i)), false));
        }
        await(creations.get(Seeds.random(seed).nextInt(creations.size())).otherwiseEmpty());
        io.losePower(Seeds.random(seed));
        for (Future<List<CreatedTopic>> creation : creations) {
          await(creation.otherwiseEmpty());
          if (creation.succeeded()) {
            acknowledged.add(creation.result().get(0).name());
          }
        }
      }
    }
    assertThat(acknowledged).isNotEmpty();
  }

  @Test
  void shouldKeepTheLogSmallBySnapshots() throws IOException {
    MetadataImage before;
    try (ControllerFixture node =
        ControllerFixture.start(directory, SystemFileIo.INSTANCE, 5_000)) {
      node.register();
      for (int i = 0; i < 300; i++) {
        CreatedTopic created = node.create("topic-" + i);
        await(node.controller.deleteTopics(List.of(new Controller.TopicRef(null, created.id()))));
      }
      before = node.image();
    }
    long bytes = 0;
    try (var files = Files.list(directory.resolve(QuorumConfig.DIRECTORY))) {
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
    }
    assertThat(bytes).isLessThan(20_000); // 300 topics come and gone take 80,000
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      assertThat(node.image().sameContent(before)).isTrue();
      assertThat(node.image().offset()).isGreaterThan(before.offset());
    }
  }
}
