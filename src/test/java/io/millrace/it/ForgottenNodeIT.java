package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace cluster unregister}: a node that will not come back is forgotten. */
@Timeout(120)
class ForgottenNodeIT {
  private static String endpointsSeenBy(MillraceProcess node) {
    return Tool.run(
            "org.apache.kafka.tools.ClusterTool",
            "list-endpoints",
            "--bootstrap-server",
            node.bootstrap(),
            "--include-fenced-brokers")
        .succeeded()
        .out();
  }

  @Test
  void shouldForgetANodeThatWasStopped(@TempDir Path dir) throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 2, Map.of())) {
      cluster.node(2).set("process.roles", "broker");
      cluster.startAll();
      MillraceProcess stays = cluster.node(1);
      assertThat(endpointsSeenBy(stays)).containsPattern("(?m)^2\\s");
      cluster.node(2).stop();

      var forgotten =
          new CommandLineFixture().run("cluster", "unregister", "2", "-b", stays.bootstrap());

      assertThat(forgotten.exit()).as(forgotten::toString).isZero();
      assertThat(forgotten.out()).isEqualTo("Node 2 is forgotten\n");
      assertThat(endpointsSeenBy(stays))
          .containsPattern("(?m)^1\\s")
          .doesNotContainPattern("(?m)^2\\s");
    }
  }
}
