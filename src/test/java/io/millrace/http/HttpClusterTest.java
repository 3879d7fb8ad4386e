package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.Address;
import io.millrace.cluster.NodeLive;
import io.millrace.cluster.PartitionLive;
import io.millrace.cluster.ReplicaLive;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumView;
import io.millrace.quorum.state.QuorumRules;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the API shows of the cluster and its topics. */
class HttpClusterTest extends HttpFixture {
  @Test
  void shouldShowTheCluster() throws Exception {
    JsonObject body = json("/api/v1/cluster");

    assertThat(body.getString("clusterId")).isEqualTo("AAAAAAAAAAAAAAAAAAAAAA");
    assertThat(body.getInteger("controllerId")).isEqualTo(7);
    assertThat(body.getInteger("topics")).isEqualTo(1);
    assertThat(body.getInteger("partitions")).isEqualTo(2);
    assertThat(body.getInteger("offlinePartitions")).isZero();
    assertThat(body.getJsonArray("brokers").getJsonObject(0).getString("rack")).isEqualTo("r1");
  }

  @Test
  void shouldSayWhyAPartitionHasNoLeader() throws Exception {
    node.topic(
        "dark",
        new PartitionImage(
            0,
            List.of(7, 8),
            List.of(8),
            List.of(),
            PartitionImage.NO_LEADER,
            3,
            4,
            false,
            List.of(),
            List.of(),
            List.of(7, 8)));

    JsonObject offline = json("/api/v1/cluster").getJsonArray("offline").getJsonObject(0);
    JsonObject partition = json("/api/v1/topics/dark").getJsonArray("partitions").getJsonObject(0);

    assertThat(offline.getString("topic")).isEqualTo("dark");
    assertThat(offline.getString("reason")).contains("not yet reported by");
    assertThat(partition.getString("offlineReason")).isEqualTo(offline.getString("reason"));
    assertThat(partition.getJsonArray("maybeCut")).containsExactly(7, 8);
  }

  @Test
  void shouldShowTheQuorumAndTheMembers() throws Exception {
    VoterId self = new VoterId(7, new UUID(0, 7));
    VoterId other = new VoterId(8, new UUID(0, 8));
    node.quorum =
        new QuorumView(
            self,
            QuorumRules.Role.LEADER,
            true,
            5,
            self,
            40,
            42,
            List.of(
                new QuorumView.Replica(self, true, 42, -1, -1),
                new QuorumView.Replica(other, true, 41, 1_000, -1)),
            null,
            0);
    node.live.put(
        9,
        new NodeLive(
            9,
            new Address("10.0.0.9", 9093),
            List.of("PLAINTEXT://b9:9092"),
            List.of("broker"),
            null,
            "1.2.3",
            40,
            2,
            0,
            1_000));

    JsonObject body = json("/api/v1/cluster");

    JsonObject quorum = body.getJsonObject("quorum");
    assertThat(quorum.getInteger("term")).isEqualTo(5);
    assertThat(quorum.getInteger("leaderId")).isEqualTo(7);
    assertThat(quorum.getString("role")).isEqualTo("leader");
    assertThat(quorum.getJsonArray("voters").getJsonObject(0).getLong("lag")).isZero();
    assertThat(quorum.getJsonArray("voters").getJsonObject(1).getLong("lag")).isEqualTo(1);
    assertThat(quorum.getJsonArray("voters").getJsonObject(1).getString("lastFetchAt"))
        .isEqualTo("1970-01-01T00:00:01Z");
    assertThat(body.getJsonArray("nodes").stream().map(one -> ((JsonObject) one).encode()))
        .hasSize(3)
        .anyMatch(one -> one.contains("\"nodeId\":7,\"alive\":true,\"voter\":true"))
        .anyMatch(one -> one.contains("\"nodeId\":8,\"alive\":false,\"voter\":true"))
        .anyMatch(one -> one.contains("\"internal\":\"10.0.0.9:9093\""));
    assertThat(body.getJsonArray("brokers").getJsonObject(0).getInteger("leaders")).isEqualTo(2);
    assertThat(body.getJsonObject("finalizedFeatures").getInteger("metadata.version")).isOne();
  }

  /** Node 8 is in sync and ten records behind, node 9 is not in sync. */
  private void topicThatLacksAReplica() {
    node.minInsyncReplicas = 2;
    node.topic("short", new PartitionImage(0, List.of(7, 8, 9), List.of(7, 8), List.of(), 7, 3, 4));
    TopicIdPartition id = new TopicIdPartition(node.topic("short").id(), "short", 0);
    node.led.put(
        id,
        new PartitionLive(
            id,
            7,
            3,
            0,
            90,
            List.of(
                new ReplicaLive(7, true, 100, 0),
                new ReplicaLive(8, true, 90, 1_500),
                new ReplicaLive(9, false, -1, -1))));
  }

  @Test
  void shouldShowWhatTheClusterLacks() throws Exception {
    topicThatLacksAReplica();

    JsonObject body = json("/api/v1/cluster");

    assertThat(body.getInteger("underReplicatedPartitions")).isEqualTo(1);
    assertThat(body.getInteger("underMinIsrPartitions")).isZero();
    // Those of "orders" have just their one replica.
    assertThat(body.getInteger("atMinIsrPartitions")).isEqualTo(3);
    assertThat(body.getLong("maxReplicaLagRecords")).isEqualTo(10);
    assertThat(body.getDouble("maxReplicaLagSeconds")).isEqualTo(1.5);
  }

  @Test
  void shouldShowHowFarTheReplicasOfATopicAre() throws Exception {
    topicThatLacksAReplica();

    JsonObject topic = json("/api/v1/topics/short");

    assertThat(topic.getInteger("underReplicatedPartitions")).isEqualTo(1);
    JsonObject partition = topic.getJsonArray("partitions").getJsonObject(0);
    assertThat(partition.getBoolean("underReplicated")).isTrue();
    assertThat(partition.getInteger("minInsyncReplicas")).isEqualTo(2);
    assertThat(partition.getJsonArray("replicaStates").stream().map(Object::toString))
        .containsExactly(
            "{\"nodeId\":7,\"inSync\":true,\"condition\":\"online\","
                + "\"logEndOffset\":100,\"lagRecords\":0,\"lagSeconds\":0.0}",
            "{\"nodeId\":8,\"inSync\":true,\"condition\":\"online\","
                + "\"logEndOffset\":90,\"lagRecords\":10,\"lagSeconds\":1.5}",
            "{\"nodeId\":9,\"inSync\":false,\"condition\":\"online\","
                + "\"logEndOffset\":null,\"lagRecords\":null,"
                + "\"lagSeconds\":null}");
  }

  @Test
  void shouldStayReadyWhenTheClusterLacksReplicas() throws Exception {
    topicThatLacksAReplica();

    JsonObject ready = json("/health/ready");

    assertThat(ready.getString("status")).isEqualTo("ready");
    assertThat(ready.getJsonObject("replication").getInteger("underReplicatedPartitions"))
        .isEqualTo(1);
  }

  @Test
  void shouldShowTopicsPageByPage() throws Exception {
    for (int i = 0; i < 5; i++) {
      node.topic("t" + i, 1);
    }

    JsonObject first = json("/api/v1/topics?limit=4");
    JsonObject second = json("/api/v1/topics?limit=4&after=" + first.getString("next"));

    assertThat(names(first)).containsExactly("orders", "t0", "t1", "t2");
    assertThat(names(second)).containsExactly("t3", "t4");
    assertThat(second.getString("next")).isNull();
  }

  private static List<String> names(JsonObject page) {
    List<String> names = new ArrayList<>();
    page.getJsonArray("topics").forEach(topic -> names.add(((JsonObject) topic).getString("name")));
    return names;
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "x", "10001", "99999999999"})
  void shouldRefuseALimit(String limit) throws Exception {
    assertThat(get("/api/v1/topics?limit=" + limit).statusCode()).isEqualTo(400);
  }

  @Test
  void shouldShowATopic() throws Exception {
    JsonObject body = json("/api/v1/topics/orders");

    assertThat(body.getString("name")).isEqualTo("orders");
    assertThat(body.getJsonObject("configs"))
        .isEqualTo(new JsonObject().put("retention.ms", "1000"));
    assertThat(body.getJsonArray("partitions")).hasSize(2);
    assertThat(body.getJsonArray("partitions").getJsonObject(1).getInteger("leaderEpoch"))
        .isEqualTo(3);
  }
}
