package io.millrace.partition;

import io.millrace.cluster.PartitionLive;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;

/**
 * A replica that refuses what is produced, and answers fetches, as the test says.
 *
 * <p>Owner: the test's thread.
 */
public final class FakeReplica implements Replica {
  private final Errors produced;
  private final Function<FetchAsk, FetchAnswer> fetched;
  private final List<FetchAsk> asked = new ArrayList<>();
  private FetchRead reader;
  private PartitionLive live;
  private long followerLag;
  private RestingLog resting;
  private boolean late;

  public FakeReplica(Errors produced, FetchAnswer fetched) {
    this(produced, any -> fetched);
  }

  public FakeReplica(Errors produced, Function<FetchAsk, FetchAnswer> fetched) {
    this.produced = produced;
    this.fetched = fetched;
  }

  /** What was asked for by fetches. */
  public List<FetchAsk> asked() {
    return asked;
  }

  /** It answers a fetch when {@link #answer} says so, as one that reads a disk does. */
  public FakeReplica late() {
    late = true;
    return this;
  }

  /** Answers the last fetch. */
  public void answer() {
    reader.onRead(fetched.apply(asked.get(asked.size() - 1)));
  }

  /** It leads, and tells this. */
  public FakeReplica leads(PartitionLive told) {
    live = told;
    return this;
  }

  /** It follows, and lacks this much. */
  public FakeReplica lacks(long offsets) {
    followerLag = offsets;
    return this;
  }

  /** Nobody leads, and its log reaches so far. */
  public FakeReplica rests(RestingLog log) {
    resting = log;
    return this;
  }

  @Override
  public RestingLog resting() {
    return resting;
  }

  @Override
  public PartitionLive live() {
    return live;
  }

  @Override
  public long followerLag() {
    return followerLag;
  }

  @Override
  public void append(ProduceAppend append) {
    append.records().release();
    append.refuse(produced, null);
  }

  @Override
  public void read(FetchRead asking, FetchAsk ask) {
    asked.add(ask);
    reader = asking;
    asking.ask(ask);
    if (!late) {
      answer();
    }
  }

  /** There is news for whoever asked last. */
  public void fire() {
    reader.onFired(fetched.apply(asked.get(asked.size() - 1)));
  }

  @Override
  public void unwatch(FetchRead reader) {
    // Nobody is ever armed here.
  }
}
