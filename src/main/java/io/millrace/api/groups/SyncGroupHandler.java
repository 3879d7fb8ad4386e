package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.ClassicGroups;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * SyncGroup: the leader brings the assignment of a generation, each member gets its own.
 *
 * <p>Owner: any thread.
 */
public final class SyncGroupHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_PROTOCOL = 5;

  private final Coordinator<GroupShard> groups;

  public SyncGroupHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.SYNC_GROUP;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    SyncGroupRequestData request = (SyncGroupRequestData) message;
    boolean namesProtocol = request.protocolType() != null && request.protocolName() != null;
    if (context.version() >= FIRST_VERSION_WITH_PROTOCOL && !namesProtocol) {
      context.reply(refused(Errors.INCONSISTENT_GROUP_PROTOCOL));
      return;
    }
    AsyncReply.send(
        context,
        groups.ask(
            request.groupId(),
            (GroupShard shard, Reply<SyncGroupResponseData> reply) ->
                shard.kind(ClassicGroups.class).sync(request, reply)),
        SyncGroupHandler::refused);
  }

  private static SyncGroupResponseData refused(Errors error) {
    return new SyncGroupResponseData().setErrorCode(error.code());
  }
}
