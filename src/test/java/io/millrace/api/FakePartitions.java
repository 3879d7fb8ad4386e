package io.millrace.api;

import io.millrace.log.ActiveProducer;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.EpochEnd;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Answer;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.partition.Replica;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;

/** Partitions that answer what tests tell them to. */
public final class FakePartitions implements PartitionTable {
  private final Map<String, Fake> partitions = new LinkedHashMap<>();

  public Fake add(String topic, int partition) {
    Fake fake = new Fake(new TopicIdPartition(TestImage.idOf(topic), topic, partition));
    partitions.put(TestImage.idOf(topic) + "-" + partition, fake);
    return fake;
  }

  @Override
  public Partition get(TopicId topic, int partition) {
    return partitions.get(topic + "-" + partition);
  }

  @Override
  public Collection<Partition> all() {
    return List.copyOf(partitions.values());
  }

  /** One partition with offsets 10 (start) to 50 (end) of epoch 3. */
  public static final class Fake implements Partition {
    private final TopicIdPartition id;

    /** Set: a loop that it shares with others. */
    public Loop loop = new InlineLoop();

    /** What was asked of it. */
    public final List<String> asked = new ArrayList<>();

    public Errors error = Errors.NONE;
    public Status status = new Status("/data/a", 1234, 10, 45, 45, 50, true, true);
    public List<ActiveProducer> producers = List.of();
    public volatile ReplicaCondition condition = ReplicaCondition.ONLINE;

    /** Set: what is produced to and fetched from, on the test's own thread. */
    public Replica replica;

    /** Set: every answer comes with it. */
    public Future<?> delay = Future.succeededFuture();

    private Fake(TopicIdPartition id) {
      this.id = id;
    }

    private <T> Future<Answer<T>> answer(T value) {
      return delay.map(
          done -> error == Errors.NONE ? Answer.of(value) : Answer.refused(error, null));
    }

    @Override
    public TopicIdPartition id() {
      return id;
    }

    @Override
    public ReplicaCondition condition() {
      return condition;
    }

    @Override
    public Loop loop() {
      return loop;
    }

    @Override
    public Replica replica() {
      return replica;
    }

    @Override
    public Future<Answer<ListedOffset>> listOffset(
        long timestampMs, boolean readCommitted, int currentLeaderEpoch) {
      asked.add("list " + timestampMs + " " + readCommitted + " " + currentLeaderEpoch);
      return answer(
          switch ((int) timestampMs) {
            case -1 -> new ListedOffset(readCommitted ? 40 : 45, -1, 3);
            case -2, -4 -> new ListedOffset(10, -1, 3);
            case -3 -> new ListedOffset(44, 9_000, 3);
            default -> new ListedOffset(20, timestampMs, 3);
          });
    }

    @Override
    public Future<Answer<EpochEnd>> endOfEpoch(int leaderEpoch, int currentLeaderEpoch) {
      asked.add("epoch " + leaderEpoch + " " + currentLeaderEpoch);
      return answer(new EpochEnd(3, 50));
    }

    @Override
    public Future<Answer<Long>> deleteRecords(long beforeOffset) {
      asked.add("delete " + beforeOffset);
      return answer(beforeOffset < 0 ? 45 : beforeOffset);
    }

    @Override
    public Future<Answer<List<ActiveProducer>>> activeProducers() {
      return answer(producers);
    }

    @Override
    public Status status() {
      return status;
    }
  }
}
