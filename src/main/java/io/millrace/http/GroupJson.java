package io.millrace.http;

import io.millrace.coordinator.group.GroupSnapshot;
import io.millrace.coordinator.group.MemberView;
import io.millrace.coordinator.group.PartitionLag;
import io.millrace.coordinator.group.Rebalance;
import io.millrace.coordinator.group.RebalanceCause;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Draws groups as JSON. Lag is in records and in seconds; null = unknown.
 *
 * <p>Owner: immutable.
 */
final class GroupJson {
  /** Partitions in the answer about one group; {@code partitions} says how many there are. */
  static final int MAX_OFFSETS = 10_000;

  /** Characters of the clients' own texts. */
  static final int MAX_METADATA = 256;

  private GroupJson() {}

  /** The answer of {@code /api/v1/groups}. */
  static JsonObject page(GroupsView.Page page) {
    JsonArray groups = new JsonArray();
    page.groups().forEach(group -> groups.add(summary(group)));
    List<GroupsView.GroupLag> all = page.groups();
    boolean more = page.more() && !all.isEmpty();
    return new JsonObject()
        .put("groups", groups)
        .put("next", more ? all.get(all.size() - 1).group().groupId() : null)
        .put("incomplete", page.incomplete());
  }

  private static JsonObject summary(GroupsView.GroupLag of) {
    GroupSnapshot group = of.group();
    return new JsonObject()
        .put("groupId", group.groupId())
        .put("type", group.type())
        .put("protocolType", group.protocolType())
        .put("state", group.state())
        .put("epoch", group.epoch())
        .put("memberCount", group.memberCount())
        .put("partitions", of.lags().size())
        .put("lag", total(of.lags()));
  }

  /** Of a group that has committed nothing nobody knows, and 0 would say that it has read all. */
  private static JsonObject total(List<PartitionLag> lags) {
    return lags.isEmpty()
        ? lag(PartitionLag.UNKNOWN, PartitionLag.UNKNOWN)
        : lag(PartitionLag.totalRecords(lags), PartitionLag.longestMs(lags));
  }

  /** The answer of {@code /api/v1/groups/ID}. */
  static JsonObject group(GroupsView.GroupLag of) {
    JsonArray members = new JsonArray();
    of.group().members().forEach(member -> members.add(member(member)));
    JsonArray offsets = new JsonArray();
    of.lags().stream().limit(MAX_OFFSETS).forEach(lag -> offsets.add(offset(lag)));
    JsonArray rebalances = new JsonArray();
    of.group().rebalances().forEach(rebalance -> rebalances.add(rebalance(rebalance)));
    return summary(of)
        .put("members", members)
        .put("offsets", offsets)
        .put("rebalances", rebalances);
  }

  private static JsonObject member(MemberView member) {
    return new JsonObject()
        .put("memberId", member.memberId())
        .put("groupInstanceId", member.groupInstanceId())
        .put("clientId", member.clientId())
        .put("clientHost", member.clientHost())
        .put("epoch", member.epoch() == MemberView.NO_EPOCH ? null : member.epoch())
        .put("assignment", assignment(member.assignment().get()))
        .put("targetAssignment", assignment(member.target().get()));
  }

  private static JsonArray assignment(Map<String, List<Integer>> byTopic) {
    if (byTopic == null) {
      return null;
    }
    JsonArray topics = new JsonArray();
    byTopic.forEach(
        (topic, partitions) ->
            topics.add(
                new JsonObject().put("topic", topic).put("partitions", new JsonArray(partitions))));
    return topics;
  }

  private static JsonObject offset(PartitionLag lag) {
    return new JsonObject()
        .put("topic", lag.topic())
        .put("partition", lag.partition())
        .put("committedOffset", lag.committed().offset())
        .put("committedAt", time(lag.committed().commitTimestampMs()))
        .put("metadata", clipped(lag.committed().metadata()))
        .put("endOffset", known(lag.endOffset()))
        .put("lag", lag(lag.records(), lag.ms()));
  }

  private static JsonObject rebalance(Rebalance rebalance) {
    JsonArray causes = new JsonArray();
    rebalance.causes().forEach(cause -> causes.add(cause(cause)));
    boolean over = rebalance.endedMs() >= 0;
    return new JsonObject()
        .put("epoch", rebalance.generation())
        .put("startedAt", time(rebalance.startedMs()))
        .put("endedAt", over ? time(rebalance.endedMs()) : null)
        .put("durationMs", over ? rebalance.endedMs() - rebalance.startedMs() : null)
        .put("attempts", rebalance.attempts())
        .put("memberCount", rebalance.members())
        .put("causes", causes)
        .put("moreCauses", rebalance.moreCauses());
  }

  private static JsonObject cause(RebalanceCause cause) {
    return new JsonObject()
        .put("kind", cause.kind().name())
        .put("memberId", cause.memberId())
        .put("detail", cause.detail())
        .put("text", cause.toString());
  }

  private static JsonObject lag(long records, long ms) {
    return new JsonObject()
        .put("records", known(records))
        .put("seconds", ms < 0 ? null : Double.valueOf(ms / 1e3));
  }

  private static String clipped(String text) {
    return text.length() > MAX_METADATA ? text.substring(0, MAX_METADATA) : text;
  }

  private static Long known(long figure) {
    return figure < 0 ? null : Long.valueOf(figure);
  }

  private static String time(long ms) {
    return ms < 0 ? null : Instant.ofEpochMilli(ms).toString();
  }
}
