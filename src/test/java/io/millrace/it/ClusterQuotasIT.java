package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntityData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntryData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.OpData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A quota is set at any node of a cluster, and holds at each of them for itself. */
@Timeout(180)
class ClusterQuotasIT {
  private static final int RECORD_BYTES = 100_000;
  private static final ClientQuotaEntity SLOW =
      new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, "slow"));

  /** Over the wire: an Admin would go to the controller. null = removes it. */
  private static void set(MillraceProcess at, Double bytesPerSecond) {
    OpData rate =
        new OpData()
            .setKey("producer_byte_rate")
            .setRemove(bytesPerSecond == null)
            .setValue(bytesPerSecond == null ? 0 : bytesPerSecond);
    EntityData slow =
        new EntityData().setEntityType(ClientQuotaEntity.CLIENT_ID).setEntityName("slow");
    try (WireClient client = WireClient.connect(at.address())) {
      AlterClientQuotasResponseData response =
          (AlterClientQuotasResponseData)
              client.call(
                  ApiKeys.ALTER_CLIENT_QUOTAS,
                  1,
                  new AlterClientQuotasRequestData()
                      .setEntries(
                          List.of(new EntryData().setEntity(List.of(slow)).setOps(List.of(rate)))));
      assertThat(response.entries())
          .extracting(entry -> Errors.forCode(entry.errorCode()))
          .containsExactly(Errors.NONE);
    }
  }

  private static Map<ClientQuotaEntity, Map<String, Double>> quotas(MillraceProcess at)
      throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", at.bootstrap()))) {
      return Clients.await(admin.describeClientQuotas(ClientQuotaFilter.all()).entities());
    }
  }

  private static void awaitQuotas(
      MillraceProcess at, Map<ClientQuotaEntity, Map<String, Double>> wanted) {
    Await.until(
        "the quotas " + wanted,
        TestCluster.PATIENCE,
        () -> {
          try {
            return quotas(at).equals(wanted);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  /** Writes to one partition, and so to one node; how long it was told to wait at most, in ms. */
  private static double throttledMs(Clients clients, String clientId, int partition)
      throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        clients.producer(Map.of("client.id", clientId, "linger.ms", 0))) {
      for (int i = 0; i < 8; i++) {
        Clients.await(
            producer.send(new ProducerRecord<>("t", partition, null, new byte[RECORD_BYTES])));
      }
      for (Metric metric : producer.metrics().values()) {
        if (metric.metricName().name().equals("produce-throttle-time-max")) {
          return (Double) metric.metricValue();
        }
      }
      throw new AssertionError("no throttle time");
    }
  }

  @Test
  void shouldHoldAQuotaOnEachNodeWhereverItIsSet(@TempDir Path dir) throws Exception {
    // Windows of 2 s altogether: 200,000 bytes per second let 400,000 pass.
    try (TestCluster cluster =
        TestCluster.onLoopback(
            dir, 3, Map.of("quota.window.num", "2", "auto.create.topics.enable", "false"))) {
      cluster.startAll();
      List<MillraceProcess> nodes = cluster.nodes();
      try (Clients clients = new Clients(cluster)) {
        clients.createTopic("t", 3);
        Map<ClientQuotaEntity, Map<String, Double>> wanted =
            Map.of(SLOW, Map.of("producer_byte_rate", 200_000.0));
        // One of them is the controller; the others send it there.
        set(nodes.get(0), 100_000.0);
        set(nodes.get(1), 150_000.0);
        set(nodes.get(2), 200_000.0);
        for (MillraceProcess node : nodes) {
          awaitQuotas(node, wanted);
        }
        assertThat(clients.partitions("t").stream().map(one -> one.leader().id()).distinct())
            .hasSize(3);
        for (int partition = 0; partition < 3; partition++) {
          assertThat(throttledMs(clients, "slow", partition)).isPositive();
          assertThat(throttledMs(clients, "other", partition)).isZero();
        }

        set(nodes.get(0), null);
        for (MillraceProcess node : nodes) {
          awaitQuotas(node, Map.of());
        }
        assertThat(throttledMs(clients, "slow", 0)).isZero();
      }
    }
  }
}
