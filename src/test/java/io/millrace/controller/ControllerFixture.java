package io.millrace.controller;

import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.log.FileIo;
import io.millrace.log.SystemFileIo;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.MetadataImage;
import io.millrace.model.Clock;
import io.millrace.quorum.QuorumConfig;
import io.millrace.quorum.QuorumVerticle;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A controller on real files, for one start; speaks in verbs and waits. */
final class ControllerFixture implements AutoCloseable {
  static final int NODE = 1;

  /** Knows a few keys; a value of "bad" is wrong. */
  static final ConfigRules RULES =
      new ConfigRules() {
        @Override
        public Optional<String> validate(ConfigResource resource, Map<String, String> configs) {
          return configs.values().stream()
              .filter("bad"::equals)
              .findFirst()
              .map(value -> "value is " + value);
        }

        @Override
        public boolean isList(ConfigResource.Type type, String key) {
          return key.equals("cleanup.policy");
        }

        @Override
        public String defaultValue(ConfigResource.Type type, String key) {
          return key.equals("cleanup.policy") ? "delete" : null;
        }
      };

  final Vertx vertx = Vertx.vertx();
  final ControllerVerticle controller;
  private final Future<String> started;

  private ControllerFixture(QuorumConfig quorum, String clusterId) {
    controller =
        new ControllerVerticle(
            new ControllerConfig(NODE, clusterId, 3, (short) 1, true),
            RULES,
            (vertx, listener) -> QuorumVerticle.open(vertx, quorum, listener),
            new Random(7));
    started = vertx.deployVerticle(controller);
  }

  static ControllerFixture start(Path directory) {
    return start(directory, SystemFileIo.INSTANCE, 1 << 20);
  }

  static ControllerFixture start(Path directory, FileIo io, long snapshotBytes) {
    ControllerFixture fixture = starting(directory, io, snapshotBytes, null);
    try {
      await(fixture.started);
      return fixture;
    } catch (RuntimeException e) {
      fixture.close();
      throw e;
    }
  }

  static ControllerFixture starting(
      Path directory, FileIo io, long snapshotBytes, String clusterId) {
    return new ControllerFixture(
        new QuorumConfig(
            NODE, directory.resolve(QuorumConfig.DIRECTORY), snapshotBytes, io, Clock.SYSTEM),
        clusterId);
  }

  Future<String> started() {
    return started;
  }

  MetadataImage image() {
    return (MetadataImage) controller.images().image();
  }

  long register() {
    return register("", null);
  }

  /** Registers its node, of which nothing else is known; returns the broker epoch. */
  long register(String host, String rack) {
    return await(
            controller.registerBroker(
                new BrokerRegistration(
                    NODE,
                    null,
                    List.of(),
                    List.of(new Endpoint("PLAINTEXT", host, 9092)),
                    rack,
                    ClusterConfig.DEFAULT.features(),
                    -1,
                    Tails.WHOLE,
                    true,
                    true)))
        .epoch();
  }

  static Controller.NewTopic topic(String name) {
    return topic(name, 1);
  }

  static Controller.NewTopic topic(String name, int partitions) {
    return new Controller.NewTopic(name, partitions, (short) 1, Map.of(), Map.of());
  }

  Controller.CreatedTopic create(String name) {
    return await(controller.createTopics(List.of(topic(name)), false)).get(0);
  }

  /** The value, or an exception whose message has that of the failure. */
  static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    await(vertx.close());
  }
}
