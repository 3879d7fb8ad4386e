package io.millrace.cli.disks;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.config.Settings;
import io.millrace.server.Node;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace disks} of a node whose file cordons one of its log directories. */
@Timeout(120)
class DisksCommandsTest {
  @TempDir Path directory;

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static CommandLineFixture.Result run(Node node, String... command) {
    List<String> args = new ArrayList<>(List.of(command));
    args.addAll(List.of("-b", "127.0.0.1:" + node.listeners().get(0).port()));
    return new CommandLineFixture().run(args.toArray(String[]::new));
  }

  @Test
  void shouldUncordonWhatTheFileCordons() throws Exception {
    String first = directory.resolve("first").toString();
    String second = directory.resolve("second").toString();
    Node node =
        await(
            Node.start(
                Settings.of(
                    Map.of(
                        "listeners", "PLAINTEXT://127.0.0.1:0",
                        "http.port", "-1",
                        "node.id", "7",
                        "log.dirs", first + "," + second,
                        "cordoned.log.dirs", second))));
    try {
      assertThat(run(node, "disks", "list").lines())
          .anyMatch(line -> line.contains(second) && line.contains("cordoned"));

      CommandLineFixture.Result done =
          run(node, "disks", "uncordon", "7", second, "--timeout", "5");

      assertThat(done.exit()).as(done.err()).isZero();
      assertThat(run(node, "disks", "list").lines())
          .anyMatch(line -> line.contains(second) && line.contains("online"));
    } finally {
      await(node.stop());
    }
  }
}
