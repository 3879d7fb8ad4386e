package io.millrace.log;

import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.quota.ByteRate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The moves of logs between the log directories of this node: which there are, how many copy at a
 * time, and how fast ({@code replica.alter.log.dirs.io.max.bytes.per.second}).
 *
 * <p>Owner: any thread.
 */
public final class LogMoves {
  /**
   * How far a move is.
   *
   * @param from path of the log directory that has the log
   * @param to path of the log directory that gets it
   * @param copiedBytes of its segments
   * @param totalBytes of its segments, now
   * @param offsetLag about so many offsets are not copied
   *     <p>Owner: immutable.
   */
  public record Progress(
      TopicIdPartition id,
      String from,
      String to,
      long copiedBytes,
      long totalBytes,
      long offsetLag) {}

  /** What the node hears of a move; on the loop of the partition. */
  public interface Listener {
    /** The log is in this directory now. */
    void onMoved(TopicIdPartition id, LogDirectory to);
  }

  private final Clock clock;
  private final Listener listener;
  private final int atATime;
  private final ByteRate rate;
  private volatile long bytesPerSecond = ByteRate.UNLIMITED;
  private final Map<TopicIdPartition, LogMove> moves = new ConcurrentHashMap<>();
  private final Metrics.Counter bytes;
  private final Metrics.Counter done;
  private final Metrics.Counter failed;

  // Guarded by this.
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  // Guarded by this. Invariant: at most atATime.
  private int copying;

  /**
   * Without moves.
   *
   * @param atATime so many logs are copied at a time, at least 1; the others wait
   */
  public LogMoves(Clock clock, Listener listener, int atATime, Metrics metrics) {
    this.clock = clock;
    this.listener = listener;
    this.atATime = Math.max(1, atATime);
    this.rate = new ByteRate(clock.nanos());
    bytes = metrics.counter("log_moves_bytes", "Bytes copied to other log directories");
    String moved = "Logs that were to move to another log directory";
    done = metrics.counter("log_moves", moved, "result", "moved");
    failed = metrics.counter("log_moves", moved, "result", "failed");
    metrics.gauge("log_moves_active", "Logs on their way to another log directory", moves::size);
    metrics.gauge(
        "log_moves_bytes_left",
        "Bytes of these that are not copied yet",
        () -> progress().stream().mapToLong(p -> p.totalBytes() - p.copiedBytes()).sum());
  }

  /** How fast all moves together may copy, from now on; {@link Long#MAX_VALUE} = no limit. */
  public void limit(long newBytesPerSecond) {
    bytesPerSecond = newBytesPerSecond;
    rate.limit(newBytesPerSecond, clock.nanos());
  }

  /** The moves under way, those that wait included. */
  public List<Progress> progress() {
    List<Progress> all = new ArrayList<>();
    moves.values().forEach(move -> all.add(move.progress()));
    return all;
  }

  void onBegun(LogMove move) {
    moves.put(move.id(), move);
  }

  /** Runs this when the move may copy: at once, or when another one has ended. */
  void admit(Runnable begin) {
    synchronized (this) {
      if (copying == atATime) {
        waiting.add(begin);
        return;
      }
      copying++;
    }
    begin.run();
  }

  /** A move that waits is given up; false = it was admitted. */
  synchronized boolean withdraw(Runnable begin) {
    return waiting.remove(begin);
  }

  /** An admitted move has ended. */
  void onLeft() {
    Runnable next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        copying--;
      }
    }
    if (next != null) {
      next.run();
    }
  }

  void onEnded(LogMove move) {
    moves.remove(move.id(), move);
  }

  void onMoved(TopicIdPartition id, LogDirectory to) {
    done.increment();
    listener.onMoved(id, to);
  }

  void onFailed() {
    failed.increment();
  }

  void onCopied(int length) {
    bytes.add(length);
    rate.spend(length, clock.nanos());
  }

  /** How long nothing may be copied; 0 = something may be now. */
  long waitMs() {
    return rate.waitMs(clock.nanos());
  }

  /** The largest part to copy at once, so that a low rate gives short waits. */
  int partBytes(int most) {
    return (int) Math.max(16 << 10, Math.min(most, bytesPerSecond / 4));
  }
}
