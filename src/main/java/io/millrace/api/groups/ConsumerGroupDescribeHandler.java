package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.consumer.ConsumerGroups;
import io.millrace.coordinator.shard.Reply;
import io.vertx.core.Future;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ConsumerGroupDescribe (KIP-848): consumer groups with their members, what these have and what
 * they are to have. Each group has an error of its own.
 *
 * <p>Owner: any thread.
 */
public final class ConsumerGroupDescribeHandler implements RequestHandler {
  private final Coordinator<GroupShard> groups;
  private final boolean enabled;

  /**
   * A handler.
   *
   * @param enabled whether {@code group.coordinator.rebalance.protocols} names the protocol; else
   *     every group gets UNSUPPORTED_VERSION
   */
  public ConsumerGroupDescribeHandler(Coordinator<GroupShard> groups, boolean enabled) {
    this.groups = groups;
    this.enabled = enabled;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.CONSUMER_GROUP_DESCRIBE;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    ConsumerGroupDescribeRequestData request = (ConsumerGroupDescribeRequestData) message;
    GroupAnswers.send(
        context,
        request.groupIds().stream().distinct().map(groupId -> describe(context, groupId)),
        list -> {
          list.forEach(
              one ->
                  one.setAuthorizedOperations(
                      GroupAnswers.operations(
                          request.includeAuthorizedOperations(), one.errorCode())));
          return new ConsumerGroupDescribeResponseData().setGroups(list);
        });
  }

  private Future<DescribedGroup> describe(RequestContext context, String groupId) {
    if (!enabled) {
      return Future.succeededFuture(refused(groupId, Errors.UNSUPPORTED_VERSION));
    }
    if (groupId == null) {
      return Future.succeededFuture(refused("", Errors.INVALID_GROUP_ID));
    }
    return groups
        .ask(
            groupId,
            (GroupShard shard, Reply<DescribedGroup> reply) ->
                shard.kind(ConsumerGroups.class).describe(groupId, reply))
        .otherwise(cause -> refused(groupId, AsyncReply.errorOf(context, cause)));
  }

  private static DescribedGroup refused(String groupId, Errors error) {
    return new DescribedGroup().setGroupId(groupId).setErrorCode(error.code());
  }
}
