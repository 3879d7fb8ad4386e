package io.millrace.replication;

import io.millrace.client.Peers;
import io.millrace.log.HealthyReplicas;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicIdPartition;
import io.millrace.protocol.replica.ReplicaCopyAnswer;
import io.millrace.protocol.replica.ReplicaCopyRequest;
import io.millrace.record.RecordBatch;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * Reads what this node has lost from the other replicas in sync, the leader first.
 *
 * <p>Owner: any thread.
 */
public final class ReplicaCopies implements HealthyReplicas {
  /** The connection for it: nothing waits for its large answers but themselves. */
  private static final String LANE = "repair";

  private static final long TIMEOUT_MS = 30_000;

  /** A range is in so many segments of another replica at most. */
  private static final int MOST_ANSWERS = 100;

  private final int nodeId;
  private final Peers peers;
  private final Supplier<? extends ClusterImage> image;

  public ReplicaCopies(int nodeId, Peers peers, Supplier<? extends ClusterImage> image) {
    this.nodeId = nodeId;
    this.peers = peers;
    this.image = image;
  }

  /** One range that is being read. */
  private record Wanted(TopicIdPartition id, int leaderEpoch, long from, long to, int maxBytes) {}

  @Override
  public Future<Copy> read(TopicIdPartition id, long from, long to, int maxBytes) {
    TopicImage topic = image.get().topic(id.topicId());
    PartitionImage partition = topic == null ? null : topic.partition(id.partition());
    if (partition == null) {
      return Future.failedFuture("the partition is not part of the metadata");
    }
    List<Integer> others = new ArrayList<>(partition.isr());
    others.remove((Integer) nodeId);
    if (others.remove((Integer) partition.leader())) {
      others.add(0, partition.leader());
    }
    if (others.isEmpty()) {
      return Future.failedFuture("no other replica is in sync");
    }
    Wanted wanted = new Wanted(id, partition.leaderEpoch(), from, to, maxBytes);
    return readOfOne(wanted, others, 0, new ArrayList<>());
  }

  private Future<Copy> readOfOne(
      Wanted wanted, List<Integer> others, int index, List<String> problems) {
    if (index == others.size()) {
      return Future.failedFuture(String.join("; ", problems));
    }
    int other = others.get(index);
    ByteBuffer collected = ByteBuffer.allocate(wanted.maxBytes);
    return readOn(wanted, other, wanted.from, collected, 1)
        .map(all -> new Copy(other, all))
        .recover(
            cause -> {
              problems.add("node " + other + ": " + cause.getMessage());
              return readOfOne(wanted, others, index + 1, problems);
            });
  }

  private Future<ByteBuffer> readOn(
      Wanted wanted, int other, long from, ByteBuffer collected, int answers) {
    if (from >= wanted.to || !collected.hasRemaining() || answers > MOST_ANSWERS) {
      return Future.succeededFuture(collected.flip());
    }
    ReplicaCopyRequest request =
        new ReplicaCopyRequest(
            nodeId,
            wanted.id.topicId(),
            wanted.id.partition(),
            wanted.leaderEpoch,
            from,
            wanted.to,
            collected.remaining());
    return peers
        .request(other, LANE, request.message(), ReplicaCopyRequest.VERSION, TIMEOUT_MS)
        .map(ReplicaCopyAnswer::of)
        .compose(
            answer -> {
              if (answer.error() != Errors.NONE) {
                return Future.failedFuture(answer.error() + ": " + answer.error().message());
              }
              ByteBuffer batches = answer.batches();
              if (!batches.hasRemaining()) {
                return Future.succeededFuture(collected.flip());
              }
              long next = end(batches);
              if (next <= from || batches.remaining() > collected.remaining()) {
                return Future.failedFuture("it answered what was not asked for");
              }
              collected.put(batches);
              return readOn(wanted, other, next, collected, answers + 1);
            });
  }

  /** The offset behind the last batch; -1 = these are no batches. */
  private static long end(ByteBuffer batches) {
    long end = -1;
    int at = batches.position();
    while (at < batches.limit()) {
      int left = batches.limit() - at;
      if (left < RecordBatch.HEADER_SIZE
          || !RecordBatch.isPlausible(batches, at)
          || RecordBatch.sizeInBytes(batches, at) > left) {
        return -1;
      }
      end = RecordBatch.nextOffset(batches, at);
      at += RecordBatch.sizeInBytes(batches, at);
    }
    return end;
  }
}
