package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.FakeController;
import io.millrace.config.Settings;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.Registered;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeRegistrationTest {
  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final FakeController controller = new FakeController();
  private LogDirectories directories;
  private NodeRegistration registration;

  @BeforeEach
  void open() throws Exception {
    Settings settings = Settings.of(Map.of("log.dirs", directory.toString()));
    directories = await(LogDirectories.open(vertx, settings));
    registration = new NodeRegistration(vertx, settings, 1, directories, controller);
  }

  @AfterEach
  void close() throws Exception {
    await(directories.close(-1));
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void shouldAskAgainAControllerThatHasTooMuchToDo() throws Exception {
    controller.registering = new Outcome(Errors.THROTTLING_QUOTA_EXCEEDED, "too many commands");

    Future<Registered> registered = registration.afterCrash(true, () -> false);
    controller.registering = Outcome.OK;

    assertThat(await(registered).outcome()).isEqualTo(Outcome.OK);
    assertThat(controller.registered).hasSizeGreaterThan(1);
  }

  @Test
  void shouldAskAgainWhileTheNodeBeforeItIsNotFencedYet() throws Exception {
    controller.registering = new Outcome(Errors.DUPLICATE_BROKER_REGISTRATION, "another is alive");

    Future<Registered> registered = registration.afterCrash(true, () -> false);
    controller.registering = Outcome.OK;

    assertThat(await(registered).outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void shouldLosePatienceWithAnotherNodeOfItsId() {
    var patience = new NodeRegistration.Patience();

    assertThat(
            Stream.generate(() -> patience.isOver(Errors.DUPLICATE_BROKER_REGISTRATION))
                .limit(201)
                .filter(over -> over))
        .hasSize(1);
    assertThat(patience.isOver(Errors.NOT_CONTROLLER)).isFalse();
    assertThat(patience.isOver(Errors.DUPLICATE_BROKER_REGISTRATION)).isFalse();
  }

  @Test
  void shouldNotAskAgainWhenItIsRefused() {
    controller.registering = new Outcome(Errors.UNSUPPORTED_VERSION, "too old");

    assertThatThrownBy(() -> await(registration.afterCrash(true, () -> false)))
        .hasMessageContaining("the controller refuses it: too old");
  }
}
