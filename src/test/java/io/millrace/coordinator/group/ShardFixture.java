package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;

/** The log and the clock of a shard: what the runtime does, without waiting. */
public abstract class ShardFixture {
  /** A request's reply, whenever it comes. */
  public static final class Awaited<R> implements Reply<R> {
    private R value;
    private Errors failure;

    @Override
    public void complete(R answer) {
      assertThat(isDone()).as("second answer").isFalse();
      value = answer;
    }

    @Override
    public void fail(Errors error, String message) {
      assertThat(isDone()).as("second answer").isFalse();
      failure = error;
    }

    public boolean isDone() {
      return value != null || failure != null;
    }

    /** null = there is none yet, or it failed. */
    public R value() {
      return value;
    }

    /** null = it did not fail. */
    public Errors failure() {
      return failure;
    }
  }

  private record Timer(long atMs, int order, Supplier<Decision> onExpired) {}

  /** The clock and what it will do. */
  protected final class ManualTimers implements Timers {
    private final Map<String, Timer> byKey = new HashMap<>();
    private int order;

    @Override
    public void schedule(String key, long delayMs, Supplier<Decision> onExpired) {
      byKey.put(key, new Timer(nowMs + delayMs, order++, onExpired));
    }

    @Override
    public void cancel(String key) {
      byKey.remove(key);
    }

    @Override
    public long nowMs() {
      return nowMs;
    }

    int size() {
      return byKey.size();
    }

    private Map.Entry<String, Timer> nextUntil(long endMs) {
      return byKey.entrySet().stream()
          .filter(entry -> entry.getValue().atMs <= endMs)
          .min(
              Comparator.comparingLong((Map.Entry<String, Timer> entry) -> entry.getValue().atMs)
                  .thenComparingInt(entry -> entry.getValue().order))
          .orElse(null);
    }
  }

  private final List<CoordinatorRecord> log = new ArrayList<>();
  private long nowMs = 1_000_000;
  private Errors nextRefusal = Errors.NONE;
  private ManualTimers timers = new ManualTimers();

  /** All records so far. */
  public final List<CoordinatorRecord> log() {
    return log;
  }

  public final long nowMs() {
    return nowMs;
  }

  protected final ManualTimers timers() {
    return timers;
  }

  /** The timers of a shard that is about to be loaded. */
  protected final ManualTimers newTimers() {
    timers = new ManualTimers();
    return timers;
  }

  /** Changes the state of the shard. */
  protected abstract void replay(CoordinatorRecord record);

  /** The records of a decision are replayed, and its replies are released. */
  protected void onCarriedOut() {}

  /** The next decision with records is refused. */
  public final void refuseNext(Errors error) {
    nextRefusal = error;
  }

  /** Carries a command out. */
  public final <R> Awaited<R> ask(Function<Reply<R>, Decision> command) {
    Awaited<R> reply = new Awaited<>();
    carryOut(command.apply(reply));
    return reply;
  }

  public final void carryOut(Decision decision) {
    if (!decision.records().isEmpty() && nextRefusal != Errors.NONE) {
      Errors error = nextRefusal;
      nextRefusal = Errors.NONE;
      decision.refuse(error);
      return;
    }
    for (CoordinatorRecord record : decision.records()) {
      CoordinatorRecord written = throughBytes(record);
      log.add(written);
      replay(written);
    }
    decision.release();
    onCarriedOut();
  }

  private static CoordinatorRecord throughBytes(CoordinatorRecord record) {
    if (record.value() == null) {
      return record;
    }
    ApiMessage value = CoordinatorRecordType.fromId(record.key().apiKey()).newRecordValue();
    value.read(
        MessageUtil.toByteBufferAccessor(record.value(), record.valueVersion()),
        record.valueVersion());
    return new CoordinatorRecord(record.key(), value, record.valueVersion());
  }

  /** Lets time pass, and timers expire in their order. */
  public final void advance(long ms) {
    long endMs = nowMs + ms;
    for (Map.Entry<String, Timer> next = timers.nextUntil(endMs);
        next != null;
        next = timers.nextUntil(endMs)) {
      timers.byKey.remove(next.getKey());
      nowMs = Math.max(nowMs, next.getValue().atMs);
      carryOut(next.getValue().onExpired.get());
    }
    nowMs = endMs;
  }
}
