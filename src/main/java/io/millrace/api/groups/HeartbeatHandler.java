package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.ClassicGroups;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * Heartbeat of a member of a classic group: it lives, and hears whether it must join again.
 *
 * <p>Owner: any thread.
 */
public final class HeartbeatHandler implements RequestHandler {
  private final Coordinator<GroupShard> groups;

  public HeartbeatHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.HEARTBEAT;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    HeartbeatRequestData request = (HeartbeatRequestData) message;
    AsyncReply.send(
        context,
        groups.ask(
            request.groupId(),
            (GroupShard shard, Reply<HeartbeatResponseData> reply) ->
                shard.kind(ClassicGroups.class).heartbeat(request, reply)),
        HeartbeatHandler::refused);
  }

  /** While the shard is loaded nobody's session runs, so that all is well with the member. */
  private static HeartbeatResponseData refused(Errors error) {
    return new HeartbeatResponseData()
        .setErrorCode(error == Errors.COORDINATOR_LOAD_IN_PROGRESS ? 0 : error.code());
  }
}
