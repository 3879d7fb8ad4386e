package io.millrace.api.peer;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.fetch.SliceRecords;
import io.millrace.log.FileSlice;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.protocol.replica.ReplicaCopyAnswer;
import io.millrace.protocol.replica.ReplicaCopyRequest;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Gives another replica of a partition the batches that it has lost, from this one, which must be
 * in sync; each batch is checked first. Only on the internal listener.
 *
 * <p>Owner: any thread.
 */
public final class ReplicaCopyHandler implements RequestHandler {
  /** Of one answer. */
  private static final int MOST_BYTES = 128 << 20;

  private final int nodeId;
  private final PartitionTable partitions;

  public ReplicaCopyHandler(int nodeId, PartitionTable partitions) {
    this.nodeId = nodeId;
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.FETCH_SNAPSHOT;
  }

  @Override
  public short maxVersion() {
    return ReplicaCopyRequest.VERSION;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    ReplicaCopyRequest request = ReplicaCopyRequest.of(message);
    if (request == null
        || request.from() < 0
        || request.to() <= request.from()
        || request.maxBytes() < 1) {
      context.reply(ReplicaCopyAnswer.refusal(Errors.INVALID_REQUEST));
      return;
    }
    Errors problem = problem(context, request);
    if (problem != Errors.NONE) {
      context.reply(ReplicaCopyAnswer.refusal(problem));
      return;
    }
    partitions
        .get(request.topic(), request.partition())
        .copyFor(request.from(), request.to(), Math.min(MOST_BYTES, request.maxBytes()))
        .onComplete(
            done -> {
              if (done.failed()) {
                context.reply(ReplicaCopyAnswer.refusal(Errors.KAFKA_STORAGE_ERROR));
              } else {
                FileSlice slice = done.result().value();
                context.reply(
                    ReplicaCopyAnswer.message(
                        request,
                        done.result().error(),
                        slice == null ? MemoryRecords.EMPTY : new SliceRecords(slice)));
              }
            });
  }

  private Errors problem(RequestContext context, ReplicaCopyRequest request) {
    TopicImage topic = context.image().topic(request.topic());
    PartitionImage image = topic == null ? null : topic.partition(request.partition());
    if (image == null) {
      return Errors.UNKNOWN_TOPIC_ID;
    }
    if (image.leaderEpoch() != request.leaderEpoch()) {
      return image.leaderEpoch() < request.leaderEpoch()
          ? Errors.UNKNOWN_LEADER_EPOCH
          : Errors.FENCED_LEADER_EPOCH;
    }
    if (!image.replicas().contains(request.nodeId())) {
      return Errors.CLUSTER_AUTHORIZATION_FAILED;
    }
    Partition here = partitions.get(request.topic(), request.partition());
    return here == null || !image.isr().contains(nodeId)
        ? Errors.NOT_LEADER_OR_FOLLOWER
        : Errors.NONE;
  }
}
