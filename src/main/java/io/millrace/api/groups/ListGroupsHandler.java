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
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * ListGroups: the groups of all shards of this node, by state (KIP-518) and type (KIP-848). Clients
 * ask every node.
 *
 * <p>Owner: any thread.
 */
public final class ListGroupsHandler implements RequestHandler {
  private final Coordinator<GroupShard> groups;

  public ListGroupsHandler(Coordinator<GroupShard> groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_GROUPS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    ListGroupsRequestData request = (ListGroupsRequestData) message;
    List<Future<List<ListedGroup>>> ofShards =
        groups.localPartitions().stream()
            .map(partition -> list(context, partition, request))
            .toList();
    AsyncReply.send(
        context,
        ofShards.isEmpty()
            ? Future.succeededFuture(new ListGroupsResponseData())
            : Future.join(ofShards)
                .map(
                    all -> {
                      List<ListedGroup> listed = new ArrayList<>();
                      all.<List<ListedGroup>>list().forEach(listed::addAll);
                      return new ListGroupsResponseData().setGroups(listed);
                    }),
        error -> new ListGroupsResponseData().setErrorCode(error.code()));
  }

  private Future<List<ListedGroup>> list(
      RequestContext context, int partition, ListGroupsRequestData request) {
    return groups
        .ask(
            partition,
            (GroupShard shard, Reply<List<ListedGroup>> reply) ->
                new Decision()
                    .answer(
                        reply,
                        GroupViews.list(
                            shard.groups(), request.statesFilter(), request.typesFilter())))
        .recover(
            cause ->
                // Another node leads it, and lists its groups.
                AsyncReply.errorOf(context, cause) == Errors.NOT_COORDINATOR
                    ? Future.succeededFuture(List.of())
                    : Future.failedFuture(cause));
  }
}
