package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.ClassicGroups;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import java.util.List;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * LeaveGroup: a member goes, or from version 3 on many at once (KIP-345).
 *
 * <p>Owner: any thread.
 */
public final class LeaveGroupHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_MANY = 3;

  private final Coordinator<GroupShard> groups;

  public LeaveGroupHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LEAVE_GROUP;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    LeaveGroupRequestData request = (LeaveGroupRequestData) message;
    boolean many = context.version() >= FIRST_VERSION_WITH_MANY;
    LeaveGroupRequestData leaving = many ? request : ofOne(request);
    AsyncReply.send(
        context,
        groups
            .ask(
                leaving.groupId(),
                (GroupShard shard, Reply<LeaveGroupResponseData> reply) ->
                    shard.kind(ClassicGroups.class).leave(leaving, reply))
            .map(response -> many ? response : toOne(response)),
        error -> new LeaveGroupResponseData().setErrorCode(error.code()));
  }

  private static LeaveGroupRequestData ofOne(LeaveGroupRequestData request) {
    return new LeaveGroupRequestData()
        .setGroupId(request.groupId())
        .setMembers(List.of(new MemberIdentity().setMemberId(request.memberId())));
  }

  /** What happened to the only member is what happened to the request. */
  private static LeaveGroupResponseData toOne(LeaveGroupResponseData response) {
    return new LeaveGroupResponseData()
        .setErrorCode(
            response.members().isEmpty()
                ? response.errorCode()
                : response.members().get(0).errorCode());
  }
}
