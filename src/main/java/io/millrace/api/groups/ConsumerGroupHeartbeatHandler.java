package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.ClientId;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.consumer.ConsumerGroups;
import io.millrace.coordinator.shard.Reply;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ConsumerGroupHeartbeat (KIP-848): the one request with which a member of a consumer group joins,
 * lives, gets and gives up partitions, and leaves.
 *
 * <p>Owner: any thread.
 */
public final class ConsumerGroupHeartbeatHandler implements RequestHandler {
  private final Coordinator<GroupShard> groups;
  private final boolean enabled;

  /**
   * A handler.
   *
   * @param enabled whether {@code group.coordinator.rebalance.protocols} names the protocol; else
   *     every request gets UNSUPPORTED_VERSION
   */
  public ConsumerGroupHeartbeatHandler(Coordinator<GroupShard> groups, boolean enabled) {
    this.groups = groups;
    this.enabled = enabled;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.CONSUMER_GROUP_HEARTBEAT;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    if (!enabled) {
      context.reply(refused(Errors.UNSUPPORTED_VERSION));
      return;
    }
    ConsumerGroupHeartbeatRequestData request = (ConsumerGroupHeartbeatRequestData) message;
    ClientId client =
        new ClientId(
            context.clientId() == null ? "" : context.clientId(),
            '/' + context.remoteAddress().getAddress().getHostAddress(),
            context.version());
    AsyncReply.send(
        context,
        groups.ask(
            request.groupId(),
            (GroupShard shard, Reply<ConsumerGroupHeartbeatResponseData> reply) ->
                shard.kind(ConsumerGroups.class).heartbeat(request, client, reply)),
        ConsumerGroupHeartbeatHandler::refused);
  }

  private static ConsumerGroupHeartbeatResponseData refused(Errors error) {
    return new ConsumerGroupHeartbeatResponseData()
        .setErrorCode(error.code())
        .setErrorMessage(error.message());
  }
}
