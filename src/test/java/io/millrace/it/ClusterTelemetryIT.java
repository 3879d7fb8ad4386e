package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client pushes to one node of a cluster, and to another one when that is gone. */
@Timeout(180)
class ClusterTelemetryIT {
  private static MillraceProcess pushedTo(List<MillraceProcess> nodes, String clientId) {
    for (MillraceProcess node : nodes) {
      JsonObject client = TelemetryIT.client(node.http(), clientId);
      if (client != null && client.getString("lastPush") != null) {
        return node;
      }
    }
    return null;
  }

  @Test
  @Tag("long")
  void shouldLetAClientGoOnAtAnotherNode(@TempDir Path dir) throws Exception {
    try (TestCluster cluster = TestCluster.onLoopback(dir, 3, Map.of())) {
      cluster.startAll();
      List<MillraceProcess> nodes = cluster.nodes();
      try (Clients clients = new Clients(cluster)) {
        Clients.await(
            clients
                .admin()
                .incrementalAlterConfigs(
                    Map.of(
                        new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "s"),
                        List.of(
                            new AlterConfigOp(
                                new ConfigEntry("metrics", "*"), AlterConfigOp.OpType.SET),
                            new AlterConfigOp(
                                new ConfigEntry("interval.ms", "2000"), AlterConfigOp.OpType.SET))))
                .all());
      }
      try (KafkaProducer<byte[], byte[]> producer =
          TelemetryIT.producer(cluster.bootstrap(), "mover")) {
        assertThat(producer.metrics()).isNotEmpty();
        Await.until("a push", TestCluster.PATIENCE, () -> pushedTo(nodes, "mover") != null);
        MillraceProcess first = pushedTo(nodes, "mover");
        String id = TelemetryIT.client(first.http(), "mover").getString("clientInstanceId");
        TelemetryIT.awaitNewPush(first.http(), "mover");
        first.kill();

        List<MillraceProcess> others = nodes.stream().filter(node -> node != first).toList();
        Await.until(
            "a push elsewhere", TestCluster.PATIENCE, () -> pushedTo(others, "mover") != null);
        MillraceProcess second = pushedTo(others, "mover");
        assertThat(TelemetryIT.client(second.http(), "mover").getString("clientInstanceId"))
            .isEqualTo(id);
      }
    }
  }
}
