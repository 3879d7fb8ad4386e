package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.ClassicGroups;
import io.millrace.coordinator.group.ClientId;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * JoinGroup: the way into the next generation of a classic group. The answer waits until the
 * generation is complete.
 *
 * <p>Owner: any thread.
 */
public final class JoinGroupHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_NO_PROTOCOL = 7;

  private final Coordinator<GroupShard> groups;

  public JoinGroupHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.JOIN_GROUP;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    JoinGroupRequestData request = (JoinGroupRequestData) message;
    ClientId client =
        new ClientId(
            context.clientId() == null ? "" : context.clientId(),
            '/' + context.remoteAddress().getAddress().getHostAddress(),
            context.version());
    AsyncReply.send(
        context,
        groups
            .ask(
                request.groupId(),
                (GroupShard shard, Reply<JoinGroupResponseData> reply) ->
                    shard.kind(ClassicGroups.class).join(request, client, reply))
            .map(response -> told(response, context.version())),
        error ->
            told(
                new JoinGroupResponseData()
                    .setErrorCode(error.code())
                    .setMemberId(request.memberId())
                    .setProtocolName(null),
                context.version()));
  }

  /** Older versions have no null for "no protocol". */
  private static JoinGroupResponseData told(JoinGroupResponseData response, short version) {
    return version < FIRST_VERSION_WITH_NO_PROTOCOL && response.protocolName() == null
        ? response.setProtocolName("")
        : response;
  }
}
