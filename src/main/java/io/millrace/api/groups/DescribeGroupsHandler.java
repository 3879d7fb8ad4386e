package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.cluster.AuthorizedOperations;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.GroupViews;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeGroups: classic groups with their members. Each group has an error of its own.
 *
 * <p>Owner: any thread.
 */
public final class DescribeGroupsHandler implements RequestHandler {
  private final Coordinator<GroupShard> groups;

  public DescribeGroupsHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_GROUPS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DescribeGroupsRequestData request = (DescribeGroupsRequestData) message;
    List<Future<DescribedGroup>> described =
        request.groups().stream().map(groupId -> describe(context, groupId)).toList();
    AsyncReply.send(
        context,
        Future.join(described)
            .map(
                all -> {
                  List<DescribedGroup> list = all.list();
                  list.forEach(one -> authorize(request, one));
                  return new DescribeGroupsResponseData().setGroups(list);
                }),
        error -> new DescribeGroupsResponseData());
  }

  private Future<DescribedGroup> describe(RequestContext context, String groupId) {
    return groups
        .ask(
            groupId,
            (GroupShard shard, Reply<DescribedGroup> reply) ->
                new Decision()
                    .answer(reply, GroupViews.describe(shard.groups(), groupId, context.version())))
        .otherwise(
            cause ->
                new DescribedGroup()
                    .setGroupId(groupId)
                    .setErrorCode(AsyncReply.errorOf(context, cause).code()));
  }

  private static void authorize(DescribeGroupsRequestData request, DescribedGroup group) {
    if (request.includeAuthorizedOperations() && group.errorCode() == Errors.NONE.code()) {
      group.setAuthorizedOperations(AuthorizedOperations.ALL_OF_GROUP);
    }
  }
}
