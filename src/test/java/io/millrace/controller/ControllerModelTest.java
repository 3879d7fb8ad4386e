package io.millrace.controller;

import static io.millrace.controller.ControllerFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.NewPartitions;
import io.millrace.controller.Controller.NewTopic;
import io.millrace.controller.Controller.TopicRef;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random commands, many at a time, against a map that says what must come of them; with restarts
 * and snapshots in between, and two more brokers that come and go. Broker 1 always serves.
 */
class ControllerModelTest {
  private static final int ROUNDS = 12;
  private static final int COMMANDS_PER_ROUND = 60;
  private static final int NAMES = 12;
  private static final List<Integer> OTHERS = List.of(2, 3);

  @TempDir Path directory;

  private record Topic(int partitions, Map<String, String> configs) {}

  /** A command that is under way, and the error that the model expects of it. */
  private record Check(String what, Errors expected, Supplier<Errors> actual) {}

  private final Map<String, Topic> model = new TreeMap<>();
  private final List<Check> checks = new ArrayList<>();
  private final Map<Integer, Long> epochs = new HashMap<>();
  private long producerIds;

  @Test
  void shouldDoWhatTheModelDoes() {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    System.out.println("ControllerModelTest: -Dmillrace.seed=" + seed);
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      try (ControllerFixture node =
          ControllerFixture.start(directory, SystemFileIo.INSTANCE, 4_000)) {
        compare(node, "seed " + seed + ", after restart " + round);
        node.register();
        for (int nodeId : OTHERS) {
          join(node.controller, nodeId, round);
        }
        for (int i = 0; i < COMMANDS_PER_ROUND; i++) {
          command(node.controller, random);
          if (random.nextInt(15) == 0) {
            settle(seed, round);
            compare(node, "seed " + seed + ", round " + round);
          }
        }
        settle(seed, round);
        compare(node, "seed " + seed + ", round " + round);
      }
    }
  }

  private void command(ControllerVerticle controller, Random random) {
    String name = "topic-" + random.nextInt(NAMES);
    switch (random.nextInt(8)) {
      case 0, 1 -> create(controller, name, 1 + random.nextInt(4), 1 + random.nextInt(3));
      case 2 -> delete(controller, name);
      case 3 -> grow(controller, name, 1 + random.nextInt(8));
      case 4 -> configure(controller, name, "key-" + random.nextInt(3), random);
      case 5 -> allocate(controller);
      default -> comeOrGo(controller, OTHERS.get(random.nextInt(2)), random.nextInt(3));
    }
  }

  private void join(ControllerVerticle controller, int nodeId, int round) {
    var registered =
        controller.registerBroker(
            new BrokerRegistration(
                nodeId,
                new UUID(round, nodeId),
                List.of(new UUID(0, nodeId)),
                List.of(),
                null,
                ClusterConfig.DEFAULT.features(),
                -1,
                Tails.WHOLE,
                true,
                true));
    epochs.put(nodeId, await(registered).epoch());
  }

  private void comeOrGo(ControllerVerticle controller, int nodeId, int what) {
    var beat =
        controller.heartbeat(
            new Heartbeat(nodeId, epochs.get(nodeId), Long.MAX_VALUE, what == 0, what == 1));
    check("heartbeat of " + nodeId, Errors.NONE, beat, reply -> reply.outcome().error());
  }

  private void create(ControllerVerticle controller, String name, int partitions, int replicas) {
    Errors expected = model.containsKey(name) ? Errors.TOPIC_ALREADY_EXISTS : Errors.NONE;
    model.putIfAbsent(name, new Topic(partitions, Map.of("key-0", "0")));
    var created =
        controller.createTopics(
            List.of(
                new NewTopic(name, partitions, (short) replicas, Map.of(), Map.of("key-0", "0"))),
            false);
    check("create " + name, expected, created, list -> list.get(0).outcome().error());
  }

  private void delete(ControllerVerticle controller, String name) {
    Errors expected = model.remove(name) == null ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.NONE;
    var deleted = controller.deleteTopics(List.of(new TopicRef(name, TopicId.ZERO)));
    check("delete " + name, expected, deleted, list -> list.get(0).outcome().error());
  }

  private void grow(ControllerVerticle controller, String name, int partitions) {
    Topic topic = model.get(name);
    Errors expected = Errors.UNKNOWN_TOPIC_OR_PARTITION;
    if (topic != null) {
      expected = partitions > topic.partitions() ? Errors.NONE : Errors.INVALID_PARTITIONS;
      model.put(name, new Topic(Math.max(partitions, topic.partitions()), topic.configs()));
    }
    var grown =
        controller.createPartitions(List.of(new NewPartitions(name, partitions, null)), false);
    check("grow " + name, expected, grown, map -> map.get(name).error());
  }

  private void configure(ControllerVerticle controller, String name, String key, Random random) {
    Topic topic = model.get(name);
    String value = List.of("1", "2", "bad", "").get(random.nextInt(4));
    boolean delete = value.isEmpty();
    Errors expected = Errors.UNKNOWN_TOPIC_OR_PARTITION;
    if (topic != null) {
      expected = value.equals("bad") ? Errors.INVALID_CONFIG : Errors.NONE;
      if (expected == Errors.NONE) {
        Map<String, String> configs = new TreeMap<>(topic.configs());
        if (delete) {
          configs.remove(key);
        } else {
          configs.put(key, value);
        }
        model.put(name, new Topic(topic.partitions(), configs));
      }
    }
    ConfigResource resource = ConfigResource.topic(name);
    ConfigOp op =
        delete
            ? new ConfigOp(ConfigOp.Op.DELETE, key, null)
            : new ConfigOp(ConfigOp.Op.SET, key, value);
    var altered = controller.incrementalAlterConfigs(Map.of(resource, List.of(op)), false);
    check("configure " + name, expected, altered, map -> map.get(resource).error());
  }

  private void allocate(ControllerVerticle controller) {
    long expected = producerIds;
    producerIds += 1_000;
    var block = controller.allocateProducerIds();
    check(
        "allocate " + expected,
        Errors.NONE,
        block,
        given -> given.first() == expected ? Errors.NONE : Errors.UNKNOWN_SERVER_ERROR);
  }

  private interface ErrorOf<T> {
    Errors of(T reply);
  }

  private <T> void check(String what, Errors expected, Future<T> reply, ErrorOf<T> error) {
    checks.add(new Check(what, expected, () -> error.of(await(reply))));
  }

  private void settle(long seed, int round) {
    for (Check check : checks) {
      assertThat(check.actual().get())
          .as("seed %d, round %d: %s", seed, round, check.what())
          .isEqualTo(check.expected());
    }
    checks.clear();
  }

  private void compare(ControllerFixture node, String when) {
    MetadataImage image = node.image();
    Map<String, Topic> actual = new TreeMap<>();
    for (TopicImage topic : image.topics()) {
      actual.put(
          topic.name(),
          new Topic(
              topic.partitions().size(),
              new TreeMap<>(image.configs(ConfigResource.topic(topic.name())))));
    }
    assertThat(actual).as(when).isEqualTo(model);
    for (TopicImage topic : image.topics()) {
      for (PartitionImage partition : topic.partitions()) {
        boolean led = partition.leader() != PartitionImage.NO_LEADER;
        assertThat(partition.isr()).as(when).isNotEmpty().isSubsetOf(partition.replicas());
        assertThat(led && partition.isr().contains(partition.leader()))
            .as("%s: %s", when, partition)
            .isEqualTo(partition.isr().stream().anyMatch(id -> image.brokers().get(id).active()));
      }
    }
  }
}
