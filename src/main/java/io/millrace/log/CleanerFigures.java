package io.millrace.log;

import io.millrace.metrics.Metrics;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Figures about the compaction of all log directories of a node. What Kafka tells of the last
 * rounds of its threads is told here of the last {@value #RECENT} rounds.
 *
 * <p>Owner: any thread.
 */
final class CleanerFigures {
  private static final int RECENT = 16;

  /**
   * A round that has ended.
   *
   * @param mappedBytes read to note keys
   * @param copiedBytes read to write segments anew
   * @param writtenBytes of new segments
   * @param mapUse share of the memory for keys that was full, 0 to 1
   */
  record Round(long mappedBytes, long copiedBytes, long writtenBytes, long tookMs, double mapUse) {}

  private final Metrics.Counter runs;
  private final Metrics.Counter readBytes;
  private final Metrics.Counter writtenBytes;
  private final Metrics.Counter failures;
  private final Metrics.Counter throttled;
  private final ArrayDeque<Round> recent = new ArrayDeque<>();

  CleanerFigures(Metrics metrics) {
    runs = metrics.counter("log_cleaner_runs", "Rounds of compaction of a log");
    readBytes = metrics.counter("log_cleaner_read_bytes", "Bytes of segments read to compact them");
    writtenBytes = metrics.counter("log_cleaner_written_bytes", "Bytes of compacted segments");
    failures =
        metrics.counter("log_cleaner_uncleanable_logs", "Logs found that cannot be compacted");
    throttled =
        metrics.counter(
            "log_cleaner_throttled_ms", "Waits for log.cleaner.io.max.bytes.per.second");
    metrics.gauge(
        "log_cleaner_recopy_ratio",
        "Bytes written of the bytes copied from, in the last rounds",
        this::recopyRatio);
    metrics.gauge(
        "log_cleaner_max_clean_time_seconds",
        "Longest of the last rounds",
        () -> max(round -> round.tookMs / 1000.0));
    metrics.gauge(
        "log_cleaner_max_buffer_utilization_ratio",
        "Fullest that the memory for keys was in the last rounds",
        () -> max(Round::mapUse));
  }

  void onRound(Round round) {
    runs.increment();
    readBytes.add(round.mappedBytes + round.copiedBytes);
    writtenBytes.add(round.writtenBytes);
    synchronized (recent) {
      recent.addLast(round);
      if (recent.size() > RECENT) {
        recent.removeFirst();
      }
    }
  }

  void onUncleanable() {
    failures.increment();
  }

  void onThrottled(long ms) {
    throttled.add(ms);
  }

  private List<Round> recent() {
    synchronized (recent) {
      return List.copyOf(recent);
    }
  }

  private double max(ToDoubleFunction<Round> figure) {
    return recent().stream().mapToDouble(figure).max().orElse(0);
  }

  private double recopyRatio() {
    List<Round> rounds = recent();
    long copied = rounds.stream().mapToLong(Round::copiedBytes).sum();
    long written = rounds.stream().mapToLong(Round::writtenBytes).sum();
    return copied == 0 ? 0 : (double) written / copied;
  }
}
