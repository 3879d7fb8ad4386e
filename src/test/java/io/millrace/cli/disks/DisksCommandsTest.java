package io.millrace.cli.disks;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import io.millrace.server.NodeFixture;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace disks} of a node whose file cordons one of its log directories. */
@Timeout(120)
class DisksCommandsTest {
  @TempDir Path directory;
  private String first;
  private String second;

  private NodeFixture start() {
    first = directory.resolve("first").toString();
    second = directory.resolve("second").toString();
    return NodeFixture.start(
        Map.of("node.id", "7", "log.dirs", first + "," + second, "cordoned.log.dirs", second));
  }

  @Test
  void shouldUncordonWhatTheFileCordons() throws Exception {
    try (NodeFixture node = start()) {
      assertThat(node.run("disks", "list").lines())
          .anyMatch(line -> line.contains(second) && line.contains("cordoned"));

      CommandLineFixture.Result done = node.run("disks", "uncordon", "7", second, "--timeout", "5");

      assertThat(done.exit()).as(done.err()).isZero();
      assertThat(node.run("disks", "list").lines())
          .anyMatch(line -> line.contains(second) && line.contains("online"));
    }
  }

  @Test
  void shouldNotDrainWhatFitsNowhere() throws Exception {
    try (NodeFixture node = start()) {
      assertThat(node.run("topics", "create", "kept").exit()).isZero();

      CommandLineFixture.Result refused = node.run("disks", "drain", "7", first);

      assertThat(refused.exit()).isEqualTo(ExitCode.FAILED);
      assertThat(refused.err()).contains("no other log directory that works, is not cordoned");
    }
  }
}
