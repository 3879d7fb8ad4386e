package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.GroupViews;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.vertx.core.Future;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

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
    GroupAnswers.send(
        context,
        request.groups().stream().distinct().map(groupId -> describe(context, groupId)),
        list -> {
          list.forEach(
              one ->
                  one.setAuthorizedOperations(
                      GroupAnswers.operations(
                          request.includeAuthorizedOperations(), one.errorCode())));
          return new DescribeGroupsResponseData().setGroups(list);
        });
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
}
