package io.millrace.controller;

import static io.millrace.controller.ControllerFixture.await;
import static io.millrace.controller.ControllerFixture.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.controller.Controller.CreatedTopic;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.TopicImage;
import io.millrace.quorum.Quorum;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControllerVerticleTest {
  @TempDir Path directory;

  @Test
  void shouldPublishATopicBeforeItsCreationCompletes() {
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      node.register();
      CreatedTopic created = node.create("orders");
      TopicImage topic = node.image().topic("orders");
      assertThat(topic.id()).isEqualTo(created.id());
      assertThat(topic.partition(0).leader()).isEqualTo(ControllerFixture.NODE);
    }
  }

  @Test
  void shouldRestoreTheImageAfterARestart() {
    MetadataImage before;
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      node.register();
      node.create("orders");
      before = node.image();
    }
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      assertThat(node.image().sameContent(before)).isTrue();
      assertThat(node.image().controllerId()).isEqualTo(ControllerFixture.NODE);
    }
  }

  @Test
  void shouldKeepTheClusterIdOfTheFirstStart() {
    String id;
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      id = node.image().clusterId();
      assertThat(id).hasSize(22);
    }
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      assertThat(node.image().clusterId()).isEqualTo(id);
    }
  }

  @Test
  void shouldRefuseToStartUnderAnotherClusterId() {
    try (ControllerFixture node =
        ControllerFixture.starting(directory, SystemFileIo.INSTANCE, 1 << 20, "first")) {
      await(node.started());
    }
    try (ControllerFixture node =
        ControllerFixture.starting(directory, SystemFileIo.INSTANCE, 1 << 20, "second")) {
      assertThatThrownBy(() -> await(node.started()))
          .hasMessageContaining("cluster.id is second")
          .hasMessageContaining("first");
    }
  }

  @Test
  void shouldSeeCreationsThatAreUnderWay() {
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      node.register();
      List<Future<List<CreatedTopic>>> creations = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        creations.add(node.controller.createTopics(List.of(topic("orders")), false));
      }
      List<Errors> errors = new ArrayList<>();
      for (Future<List<CreatedTopic>> creation : creations) {
        errors.add(await(creation).get(0).outcome().error());
      }
      assertThat(errors).startsWith(Errors.NONE).hasSize(20);
      assertThat(errors.subList(1, 20)).containsOnly(Errors.TOPIC_ALREADY_EXISTS);
    }
  }

  @Test
  void shouldTellListenersOfEachChangeInOrder() {
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      List<ImageDelta> deltas = new CopyOnWriteArrayList<>();
      node.controller.images().subscribe(deltas::add);
      node.register();
      CreatedTopic created = node.create("orders");
      await(node.controller.deleteTopics(List.of(new Controller.TopicRef(null, created.id()))));
      assertThat(deltas).hasSize(3);
      assertThat(deltas.get(0).changedBrokers()).containsExactly(ControllerFixture.NODE);
      assertThat(deltas.get(1).changedTopics()).containsOnlyKeys(created.id());
      assertThat(deltas.get(2).deletedTopics()).containsOnlyKeys(created.id());
      assertThat(deltas.get(2).before()).isSameAs(deltas.get(1).after());
    }
  }

  @Test
  void shouldRegisterUnderTheOffsetOfTheRecord() {
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      long first = node.register();
      assertThat(node.image().brokers().get(ControllerFixture.NODE).epoch()).isEqualTo(first);
      assertThat(node.image().offset()).isEqualTo(first);
      long second = node.register("other", "r");
      assertThat(second).isGreaterThan(first);
      assertThat(node.image().brokers().get(ControllerFixture.NODE).rack()).isEqualTo("r");
    }
  }

  @Test
  void shouldRefuseACommandWhoseRecordsAreTooLargeForOneMessage() {
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      node.register();
      node.create("orders");
      ConfigResource orders = ConfigResource.topic("orders");
      List<Controller.ConfigOp> large = new ArrayList<>();
      for (int i = 0; i < 140; i++) {
        large.add(
            new Controller.ConfigOp(Controller.ConfigOp.Op.SET, "key-" + i, "v".repeat(32_000)));
      }
      long before = node.image().offset();
      assertThatThrownBy(
              () -> await(node.controller.incrementalAlterConfigs(Map.of(orders, large), false)))
          .cause()
          .isInstanceOfSatisfying(
              QuorumException.class,
              refused -> assertThat(refused.error()).isEqualTo(Errors.POLICY_VIOLATION))
          .hasMessageContaining("140 changes")
          .hasMessageContaining("at most " + Quorum.MAX_GROUP_BYTES + " bytes");
      assertThat(node.image().offset()).isEqualTo(before);
      await(node.controller.incrementalAlterConfigs(Map.of(orders, large.subList(0, 100)), false));
      assertThat(node.image().configs(orders)).hasSize(100);
    }
  }

  @Test
  void shouldNeverGiveAProducerIdTwice() {
    long end = 0;
    for (int start = 0; start < 3; start++) {
      try (ControllerFixture node = ControllerFixture.start(directory)) {
        for (int i = 0; i < 3; i++) {
          Controller.ProducerIdBlock block = await(node.controller.allocateProducerIds());
          assertThat(block.first()).isGreaterThanOrEqualTo(end);
          end = block.first() + block.count();
        }
      }
    }
    assertThat(end).isEqualTo(9_000);
  }

  @Test
  void shouldReportTheRateOfCreationsOneByOne() {
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      node.register();
      int topics = 1_000;
      long startNs = System.nanoTime();
      for (int i = 0; i < topics; i++) {
        assertThat(node.create("topic-" + i).outcome().error()).isEqualTo(Errors.NONE);
      }
      long tookNs = System.nanoTime() - startNs;
      System.out.printf(
          "%d topics created one by one, each fsynced: %.0f a second%n",
          topics, topics * 1e9 / tookNs);
      startNs = System.nanoTime();
      await(node.controller.createTopics(List.of(topic("wide", 10_000)), false));
      System.out.printf(
          "10,000 partitions in one request: %.1f ms%n", (System.nanoTime() - startNs) / 1e6);
      assertThat(node.image().topics()).hasSize(topics + 1);
      assertThat(node.image().topic("wide").partitions()).hasSize(10_000);
    }
    long startNs = System.nanoTime();
    try (ControllerFixture node = ControllerFixture.start(directory)) {
      System.out.printf(
          "start with 11,000 partitions: %.1f ms%n", (System.nanoTime() - startNs) / 1e6);
      assertThat(node.image().topics()).hasSize(1_001);
    }
  }
}
