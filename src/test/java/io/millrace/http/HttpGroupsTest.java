package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.group.CommittedOffset;
import io.millrace.coordinator.group.GroupSnapshot;
import io.millrace.coordinator.group.MemberView;
import io.millrace.coordinator.group.PartitionLag;
import io.millrace.coordinator.group.Rebalance;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the API shows of groups. */
class HttpGroupsTest extends HttpFixture {
  private static GroupSnapshot group(String id, int members) {
    List<MemberView> views =
        java.util.stream.IntStream.range(0, members)
            .mapToObj(
                i ->
                    new MemberView(
                        "m" + i,
                        null,
                        "app",
                        "/127.0.0.1",
                        i == 0 ? MemberView.NO_EPOCH : 7,
                        () -> Map.of("orders", List.of(0, 1)),
                        () -> i == 0 ? null : Map.of("orders", List.of(i))))
            .toList();
    return new GroupSnapshot(
        id,
        "classic",
        "consumer",
        "Stable",
        3,
        members,
        views,
        Map.of(),
        List.of(new Rebalance(3, List.of(), 0, 1, 1_000, 1_250, members)));
  }

  private static PartitionLag lag(int partition, long committed, long end) {
    CommittedOffset offset =
        new CommittedOffset(
            committed, -1, "note", 1_000, -1, org.apache.kafka.common.Uuid.ZERO_UUID);
    return PartitionLag.of("orders", partition, offset, end);
  }

  @Test
  void shouldListGroupsWithTheirLag() throws Exception {
    node.groups.add(group("billing", 2), lag(0, 5, 25).since(1_000, 3_500), lag(1, 7, 7));

    JsonObject body = json("/api/v1/groups");

    assertThat(body.getJsonArray("groups").getJsonObject(0))
        .isEqualTo(
            new JsonObject()
                .put("groupId", "billing")
                .put("type", "classic")
                .put("protocolType", "consumer")
                .put("state", "Stable")
                .put("epoch", 3)
                .put("memberCount", 2)
                .put("partitions", 2)
                .put("lag", new JsonObject().put("records", 20).put("seconds", 2.5)));
    assertThat(body.getBoolean("incomplete")).isFalse();
  }

  @Test
  void shouldListGroupsInPages() throws Exception {
    List.of("a", "b", "c").forEach(id -> node.groups.add(group(id, 0)));

    JsonObject first = json("/api/v1/groups?limit=2");
    JsonObject second = json("/api/v1/groups?limit=2&after=" + first.getString("next"));

    assertThat(first.getJsonArray("groups")).hasSize(2);
    assertThat(second.getJsonArray("groups").getJsonObject(0).getString("groupId")).isEqualTo("c");
    assertThat(second.getString("next")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1001", "many", ""})
  void shouldRefuseAPageOfGroupsOfNoSize(String limit) throws Exception {
    assertThat(get("/api/v1/groups?limit=" + limit).statusCode()).isEqualTo(400);
  }

  @Test
  void shouldDescribeAGroup() throws Exception {
    node.groups.add(group("billing", 1), lag(0, 5, 25), lag(1, 7, -1));

    JsonObject body = json("/api/v1/groups/billing");

    JsonObject member = body.getJsonArray("members").getJsonObject(0);
    assertThat(member.getString("clientHost")).isEqualTo("/127.0.0.1");
    assertThat(member.getInteger("epoch")).isNull();
    assertThat(member.getJsonArray("targetAssignment")).isNull();
    assertThat(member.getJsonArray("assignment"))
        .isEqualTo(
            new JsonArray()
                .add(
                    new JsonObject()
                        .put("topic", "orders")
                        .put("partitions", new JsonArray().add(0).add(1))));
    JsonObject unknown = body.getJsonArray("offsets").getJsonObject(1);
    assertThat(unknown.getLong("committedOffset")).isEqualTo(7);
    assertThat(unknown.getString("metadata")).isEqualTo("note");
    assertThat(unknown.getLong("endOffset")).isNull();
    assertThat(unknown.getJsonObject("lag").getLong("records")).isNull();
    assertThat(body.getJsonArray("rebalances").getJsonObject(0).getLong("durationMs"))
        .isEqualTo(250);
  }

  @Test
  void shouldFindAGroupWithAnUnusualName() throws Exception {
    node.groups.add(group("a/b c%\u00e9", 0));

    assertThat(json("/api/v1/groups/a%2Fb%20c%25%C3%A9").getString("groupId"))
        .isEqualTo("a/b c%\u00e9");
  }

  @Test
  void shouldMissAGroup() throws Exception {
    HttpResponse<String> response = get("/api/v1/groups/nope");

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).contains("There is no such group");
  }

  @Test
  void shouldAskToTryAgainWhileAGroupIsLoaded() throws Exception {
    node.groups.refusal = Errors.COORDINATOR_LOAD_IN_PROGRESS;

    HttpResponse<String> response = get("/api/v1/groups/billing");

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("retry-after")).contains("1");
  }

  @Test
  void shouldFreeThePlaceOfEachAnswerAboutGroups() throws Exception {
    for (int i = 0; i <= HttpApi.MAX_LARGE_ANSWERS; i++) {
      assertThat(get("/api/v1/groups/nope").statusCode()).isEqualTo(404);
    }
  }
}
