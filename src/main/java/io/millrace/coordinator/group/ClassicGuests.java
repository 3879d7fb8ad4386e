package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;

/**
 * Groups of another kind that take in members of the classic protocol (KIP-848, online migration).
 *
 * <p>Owner: partition loop.
 */
public interface ClassicGuests {
  /** Whether it has a group of this id with members. */
  boolean hosts(String groupId);

  /**
   * Whether a group that has just become a classic one goes on in its generation; else its members
   * have to join again. Asked once, when it has.
   */
  boolean keepsGeneration(String groupId);

  /** JoinGroup; what can be said without the group is checked. */
  Decision join(JoinGroupRequestData request, ClientId client, Reply<JoinGroupResponseData> reply);

  /** SyncGroup. */
  Decision sync(SyncGroupRequestData request, Reply<SyncGroupResponseData> reply);

  /** Heartbeat. */
  Decision heartbeat(HeartbeatRequestData request, Reply<HeartbeatResponseData> reply);

  /** LeaveGroup. */
  Decision leave(LeaveGroupRequestData request, Reply<LeaveGroupResponseData> reply);
}
