package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.group.CommitTicket;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.shard.Reply;
import io.millrace.metadata.TopicImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.TransactionVerifier;
import io.millrace.partition.TransactionVerifier.Question;
import io.millrace.protocol.WireIds;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ConcurrentTransactionsException;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponsePartition;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * TxnOffsetCommit: keeps what a group has read as part of a producer's transaction, once the
 * transaction's coordinator has said that the group's partition of {@code __consumer_offsets} takes
 * part in it. From version 5 on the request itself adds that partition (transaction version 2).
 *
 * <p>Owner: any thread.
 */
public final class TxnOffsetCommitHandler implements RequestHandler {
  private static final short FIRST_VERSION_THAT_RETRIES_LOADING = 2;
  private static final short FIRST_VERSION_WITH_ABORTABLE = 4;
  private static final short FIRST_VERSION_THAT_ADDS = 5;
  // A transaction of the producer ended during each of them: no client of ours does that.
  private static final int MAX_VERIFICATIONS = 3;
  private static final int PAUSE_MS = 20;

  private final Coordinator<GroupShard> groups;
  private final TransactionVerifier verifier;
  private final Clock clock;
  private final int timeoutMs;
  private final Metrics.Counter commits;

  /**
   * A handler.
   *
   * @param timeoutMs how long a verification may take
   * @param commits counts offsets, also of transactions that are aborted then
   */
  public TxnOffsetCommitHandler(
      Coordinator<GroupShard> groups,
      TransactionVerifier verifier,
      Clock clock,
      int timeoutMs,
      Metrics.Counter commits) {
    this.groups = groups;
    this.verifier = verifier;
    this.clock = clock;
    this.timeoutMs = timeoutMs;
    this.commits = commits;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.TXN_OFFSET_COMMIT;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    TxnOffsetCommitRequestData request = (TxnOffsetCommitRequestData) message;
    TxnOffsetCommitResponseData refused = new TxnOffsetCommitResponseData();
    Errors invalid = invalid(request);
    if (invalid != Errors.NONE) {
      request.topics().forEach(topic -> refuse(refused, topic, invalid));
      context.reply(refused);
      return;
    }
    Map<String, Uuid> topicIds = new HashMap<>();
    request.setTopics(existing(context, request, topicIds, refused));
    if (request.topics().isEmpty()) {
      context.reply(refused);
      return;
    }
    AsyncReply.send(
        context,
        commitOnceLoaded(context, request, topicIds, timeoutMs / PAUSE_MS)
            .map(committed -> respond(committed, refused)),
        error -> {
          Errors told = told(error, context.version());
          request.topics().forEach(topic -> refuse(refused, topic, told));
          return refused;
        });
  }

  private static Errors invalid(TxnOffsetCommitRequestData request) {
    if (request.groupId() == null || request.groupId().isEmpty()) {
      return Errors.INVALID_GROUP_ID;
    }
    if (request.producerId() < 0) {
      return Errors.INVALID_PRODUCER_ID_MAPPING;
    }
    return request.producerEpoch() < 0 ? Errors.INVALID_PRODUCER_EPOCH : Errors.NONE;
  }

  /** The topics with the partitions that exist; the others are refused. */
  private static List<TxnOffsetCommitRequestTopic> existing(
      RequestContext context,
      TxnOffsetCommitRequestData request,
      Map<String, Uuid> topicIds,
      TxnOffsetCommitResponseData refused) {
    List<TxnOffsetCommitRequestTopic> existing = new ArrayList<>(request.topics().size());
    for (TxnOffsetCommitRequestTopic topic : request.topics()) {
      TopicImage image = context.image().topic(topic.name());
      List<TxnOffsetCommitRequestPartition> known = new ArrayList<>(topic.partitions().size());
      List<TxnOffsetCommitRequestPartition> unknown = new ArrayList<>(0);
      for (TxnOffsetCommitRequestPartition partition : topic.partitions()) {
        boolean exists = image != null && image.partition(partition.partitionIndex()) != null;
        (exists ? known : unknown).add(partition);
      }
      if (!unknown.isEmpty()) {
        refuse(
            refused,
            new TxnOffsetCommitRequestTopic().setName(topic.name()).setPartitions(unknown),
            Errors.UNKNOWN_TOPIC_OR_PARTITION);
      }
      if (!known.isEmpty()) {
        topicIds.put(topic.name(), WireIds.uuid(image.id()));
        existing.add(topic.setPartitions(known));
      }
    }
    return existing;
  }

  private static void refuse(
      TxnOffsetCommitResponseData response, TxnOffsetCommitRequestTopic topic, Errors error) {
    TxnOffsetCommitResponseTopic answer = new TxnOffsetCommitResponseTopic().setName(topic.name());
    for (TxnOffsetCommitRequestPartition partition : topic.partitions()) {
      answer
          .partitions()
          .add(
              new TxnOffsetCommitResponsePartition()
                  .setPartitionIndex(partition.partitionIndex())
                  .setErrorCode(error.code()));
    }
    response.topics().add(answer);
  }

  /**
   * While the group's shard is being loaded, it is waited for if the client's version has no error
   * that lets it try again: it would give the transaction up.
   *
   * @param pauses after so many it is told
   */
  private Future<TxnOffsetCommitResponseData> commitOnceLoaded(
      RequestContext context,
      TxnOffsetCommitRequestData request,
      Map<String, Uuid> topicIds,
      int pauses) {
    return commit(context, request, topicIds, 1)
        .recover(
            cause -> {
              if (context.version() >= FIRST_VERSION_THAT_RETRIES_LOADING
                  || !(cause instanceof CoordinatorLoadInProgressException)
                  || pauses == 0) {
                return Future.failedFuture(cause);
              }
              Promise<TxnOffsetCommitResponseData> later = Promise.promise();
              context
                  .loop()
                  .schedule(
                      PAUSE_MS,
                      () ->
                          commitOnceLoaded(context, request, topicIds, pauses - 1)
                              .onComplete(later));
              return later.future();
            });
  }

  // ---- verification

  private Future<TxnOffsetCommitResponseData> commit(
      RequestContext context,
      TxnOffsetCommitRequestData request,
      Map<String, Uuid> topicIds,
      int verification) {
    TopicImage offsets = context.image().topic(CoordinatorTopic.OFFSETS);
    if (offsets == null) {
      return Future.failedFuture(Errors.NOT_COORDINATOR.exception());
    }
    String groupId = request.groupId();
    boolean adds = context.version() >= FIRST_VERSION_THAT_ADDS;
    Question question =
        new Question(
            request.transactionalId(),
            request.producerId(),
            request.producerEpoch(),
            new TopicIdPartition(
                offsets.id(),
                offsets.name(),
                CoordinatorRuntime.partitionFor(groupId, offsets.partitions().size())),
            adds);
    // The end of a transaction of version 2 raises the producer's epoch: the log refuses what is
    // late, so that nobody needs to remember the end.
    Future<CommitTicket> ticket =
        adds
            ? Future.succeededFuture(CommitTicket.NONE)
            : groups.ask(groupId, (shard, reply) -> shard.ticket(reply));
    return ticket.compose(
        given ->
            verifier
                .verify(question, clock.wallMs() + timeoutMs)
                .compose(
                    error ->
                        error == Errors.NONE
                            ? commitVerified(context, request, topicIds, given, verification)
                            : Future.failedFuture(error.exception())));
  }

  private Future<TxnOffsetCommitResponseData> commitVerified(
      RequestContext context,
      TxnOffsetCommitRequestData request,
      Map<String, Uuid> topicIds,
      CommitTicket ticket,
      int verification) {
    return groups
        .ask(
            request.groupId(),
            (GroupShard shard, Reply<TxnOffsetCommitResponseData> reply) ->
                shard.commitOffsets(request, topicIds, context.version(), ticket, reply))
        .recover(
            cause ->
                cause instanceof ConcurrentTransactionsException && verification < MAX_VERIFICATIONS
                    ? commit(context, request, topicIds, verification + 1)
                    : Future.failedFuture(cause));
  }

  // ---- answers

  /** The error as clients of this version know it. */
  private static Errors told(Errors error, short version) {
    Errors told =
        switch (error) {
          case PRODUCER_FENCED -> Errors.INVALID_PRODUCER_EPOCH;
          case TRANSACTION_ABORTABLE ->
              version < FIRST_VERSION_WITH_ABORTABLE ? Errors.INVALID_TXN_STATE : error;
          // Retried by every client without looking for another coordinator.
          case NETWORK_EXCEPTION -> Errors.COORDINATOR_LOAD_IN_PROGRESS;
          case CONCURRENT_TRANSACTIONS ->
              version < FIRST_VERSION_THAT_ADDS ? Errors.COORDINATOR_LOAD_IN_PROGRESS : error;
          case NOT_ENOUGH_REPLICAS, REQUEST_TIMED_OUT -> Errors.COORDINATOR_NOT_AVAILABLE;
          default -> error;
        };
    return told == Errors.COORDINATOR_LOAD_IN_PROGRESS
            && version < FIRST_VERSION_THAT_RETRIES_LOADING
        ? Errors.COORDINATOR_NOT_AVAILABLE
        : told;
  }

  private TxnOffsetCommitResponseData respond(
      TxnOffsetCommitResponseData committed, TxnOffsetCommitResponseData refused) {
    int count = 0;
    Map<String, TxnOffsetCommitResponseTopic> byName = new HashMap<>();
    for (TxnOffsetCommitResponseTopic topic : committed.topics()) {
      byName.put(topic.name(), topic);
      for (TxnOffsetCommitResponsePartition partition : topic.partitions()) {
        count += partition.errorCode() == Errors.NONE.code() ? 1 : 0;
      }
    }
    commits.add(count);
    for (TxnOffsetCommitResponseTopic topic : refused.topics()) {
      // A topic of which only some partitions exist is one topic in the answer.
      TxnOffsetCommitResponseTopic same = byName.get(topic.name());
      if (same == null) {
        committed.topics().add(topic);
      } else {
        same.partitions().addAll(topic.partitions());
      }
    }
    return committed;
  }
}
