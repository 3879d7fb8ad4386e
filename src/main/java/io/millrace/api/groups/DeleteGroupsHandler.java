package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import io.vertx.core.Future;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DeleteGroups: removes groups without members, with all their offsets. Each group has an error of
 * its own: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP.
 *
 * <p>Owner: any thread.
 */
public final class DeleteGroupsHandler implements RequestHandler {
  private final Coordinator<GroupShard> groups;

  public DeleteGroupsHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DELETE_GROUPS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DeleteGroupsRequestData request = (DeleteGroupsRequestData) message;
    GroupAnswers.send(
        context,
        request.groupsNames().stream().distinct().map(id -> delete(context, id)),
        list -> {
          DeleteGroupsResponseData response = new DeleteGroupsResponseData();
          list.forEach(response.results()::add);
          return response;
        });
  }

  private Future<DeletableGroupResult> delete(RequestContext context, String groupId) {
    return groups
        .ask(groupId, (GroupShard shard, Reply<Errors> reply) -> shard.deleteGroup(groupId, reply))
        .otherwise(cause -> AsyncReply.errorOf(context, cause))
        .map(error -> new DeletableGroupResult().setGroupId(groupId).setErrorCode(error.code()));
  }
}
