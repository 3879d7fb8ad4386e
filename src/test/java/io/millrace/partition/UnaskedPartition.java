package io.millrace.partition;

import io.millrace.log.ActiveProducer;
import io.millrace.model.EpochEnd;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;

/**
 * The one partition of a node; a test that asks it for more than it overrides fails by
 * UnsupportedOperationException.
 *
 * <p>Owner: the test's thread.
 */
public abstract class UnaskedPartition implements PartitionTable, Partition, Replica {
  private final TopicIdPartition id;
  private final Loop loop;

  protected UnaskedPartition(TopicIdPartition id, Loop loop) {
    this.id = id;
    this.loop = loop;
  }

  @Override
  public final TopicIdPartition id() {
    return id;
  }

  @Override
  public final Loop loop() {
    return loop;
  }

  @Override
  public final Replica replica() {
    return this;
  }

  @Override
  public Collection<Partition> all() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void append(ProduceAppend append) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void read(FetchRead reader, FetchAsk ask) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void unwatch(FetchRead reader) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Answer<ListedOffset>> listOffset(
      long timestampMs, boolean readCommitted, int currentLeaderEpoch) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Answer<EpochEnd>> endOfEpoch(int leaderEpoch, int currentLeaderEpoch) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Answer<Long>> deleteRecords(long beforeOffset) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Answer<List<ActiveProducer>>> activeProducers() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Status status() {
    throw new UnsupportedOperationException();
  }
}
