package io.millrace.coordinator.group;

import io.millrace.coordinator.group.ShardFixture.Awaited;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * A consumer as clients write it: joins, syncs, sends heartbeats, begins anew when it is told so.
 */
final class SimulatedMember {
  static final int SESSION_MS = 6_000;
  static final int REBALANCE_MS = 8_000;
  static final int PARTITIONS = 7;
  static final String GROUP = "g";

  private final ClassicFixture shard;
  private final Map<String, Map<String, String>> sent;
  private final String name;
  private final String instanceId;
  boolean alive = true;
  String memberId = "";
  int generation = -1;
  Set<Integer> owned = new TreeSet<>();
  long waitsSinceMs;
  private int metadata;
  private Awaited<JoinGroupResponseData> join;
  private Awaited<SyncGroupResponseData> sync;
  private boolean running;

  /**
   * A member that has not joined.
   *
   * @param instanceId null = dynamic
   * @param sent what leaders send, by generation and leader
   */
  SimulatedMember(
      ClassicFixture shard, Map<String, Map<String, String>> sent, String name, String instanceId) {
    this.shard = shard;
    this.sent = sent;
    this.name = name;
    this.instanceId = instanceId;
  }

  boolean isStatic() {
    return instanceId != null;
  }

  boolean isRunning() {
    return alive && running;
  }

  boolean waitsForJoin() {
    return alive && join != null && !join.isDone();
  }

  boolean waitsForSync() {
    return alive && sync != null && !sync.isDone();
  }

  /** Does the next thing. */
  void step() {
    if (!alive || waitsForJoin() || waitsForSync()) {
      return;
    }
    if (join != null) {
      Awaited<JoinGroupResponseData> reply = join;
      join = null;
      onJoined(reply);
    } else if (sync != null) {
      Awaited<SyncGroupResponseData> reply = sync;
      sync = null;
      onSynced(reply);
    } else if (running) {
      beat();
    } else {
      join();
    }
  }

  private void join() {
    JoinGroupRequestData request =
        new JoinGroupRequestData()
            .setGroupId(GROUP)
            .setMemberId(memberId)
            .setGroupInstanceId(instanceId)
            .setProtocolType("test")
            .setSessionTimeoutMs(SESSION_MS)
            .setRebalanceTimeoutMs(REBALANCE_MS);
    request
        .protocols()
        .add(new JoinGroupRequestProtocol().setName("p").setMetadata(new byte[] {(byte) metadata}));
    waitsSinceMs = shard.nowMs();
    ClientId client = new ClientId(name, "/" + name, ClassicFixture.VERSION);
    join = shard.ask(reply -> shard.classic.join(request, client, reply));
  }

  private void onJoined(Awaited<JoinGroupResponseData> reply) {
    Errors error =
        reply.failure() != null ? reply.failure() : Errors.forCode(reply.value().errorCode());
    if (error == Errors.MEMBER_ID_REQUIRED) {
      memberId = reply.value().memberId();
    } else if (error == Errors.NONE) {
      memberId = reply.value().memberId();
      generation = reply.value().generationId();
      sync(reply.value());
    } else {
      onError(error);
    }
  }

  private void sync(JoinGroupResponseData joined) {
    SyncGroupRequestData request =
        new SyncGroupRequestData()
            .setGroupId(GROUP)
            .setMemberId(memberId)
            .setGroupInstanceId(instanceId)
            .setGenerationId(generation)
            .setProtocolType("test")
            .setProtocolName("p");
    if (joined.leader().equals(memberId) && !joined.skipAssignment()) {
      Map<String, String> assignment = assignment(joined);
      assignment.forEach(
          (member, partitions) ->
              request
                  .assignments()
                  .add(
                      new SyncGroupRequestAssignment()
                          .setMemberId(member)
                          .setAssignment(partitions.getBytes(StandardCharsets.UTF_8))));
      sent.put(generation + " " + memberId, assignment);
    }
    waitsSinceMs = shard.nowMs();
    sync = shard.ask(reply -> shard.classic.sync(request, reply));
  }

  private static Map<String, String> assignment(JoinGroupResponseData joined) {
    Map<String, String> assignment = new HashMap<>();
    for (int i = 0; i < PARTITIONS; i++) {
      String member = joined.members().get(i % joined.members().size()).memberId();
      assignment.merge(member, Integer.toString(i), (a, b) -> a + "," + b);
    }
    assignment.put("a-stranger", "0");
    return assignment;
  }

  private void onSynced(Awaited<SyncGroupResponseData> reply) {
    Errors error =
        reply.failure() != null ? reply.failure() : Errors.forCode(reply.value().errorCode());
    if (error == Errors.NONE) {
      running = true;
      String text = new String(reply.value().assignment(), StandardCharsets.UTF_8);
      for (String partition : text.split(",", -1)) {
        if (!partition.isEmpty()) {
          owned.add(Integer.parseInt(partition));
        }
      }
    } else {
      onError(error);
    }
  }

  private void beat() {
    HeartbeatRequestData request =
        new HeartbeatRequestData()
            .setGroupId(GROUP)
            .setMemberId(memberId)
            .setGroupInstanceId(instanceId)
            .setGenerationId(generation);
    Awaited<HeartbeatResponseData> reply =
        shard.ask(answer -> shard.classic.heartbeat(request, answer));
    Errors error = Errors.forCode(reply.value().errorCode());
    if (error != Errors.NONE) {
      onError(error);
    }
  }

  private void onError(Errors error) {
    running = false;
    owned.clear();
    if (error == Errors.FENCED_INSTANCE_ID) {
      alive = false;
    } else if (error == Errors.UNKNOWN_MEMBER_ID) {
      memberId = "";
      generation = -1;
    }
  }

  /** Its subscription changes, so that it joins again. */
  void change() {
    if (isRunning()) {
      metadata++;
      running = false;
      owned.clear();
    }
  }

  void leave() {
    if (!alive || memberId.isEmpty()) {
      return;
    }
    LeaveGroupRequestData request = new LeaveGroupRequestData().setGroupId(GROUP);
    request
        .members()
        .add(new MemberIdentity().setMemberId(memberId).setGroupInstanceId(instanceId));
    shard.<LeaveGroupResponseData>ask(reply -> shard.classic.leave(request, reply));
    die();
  }

  void die() {
    alive = false;
    owned.clear();
  }

  /** A new process under the same name. */
  void start() {
    if (!alive) {
      alive = true;
      running = false;
      memberId = "";
      generation = -1;
      join = null;
      sync = null;
      owned.clear();
    }
  }

  @Override
  public String toString() {
    return name
        + (alive ? "" : " dead")
        + " id="
        + memberId
        + " generation="
        + generation
        + (running ? " owns " + owned : "")
        + (waitsForJoin() ? " joining" : "")
        + (waitsForSync() ? " syncing" : "");
  }
}
