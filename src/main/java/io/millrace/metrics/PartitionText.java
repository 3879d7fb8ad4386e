package io.millrace.metrics;

import java.util.Arrays;
import java.util.function.IntToLongFunction;

/**
 * Writes the figures of all partitions in Prometheus' text format. By hand, since thousands of
 * series through the objects of a client library take longer than a scrape may.
 *
 * <p>Owner: the scraping thread.
 */
final class PartitionText implements PartitionFigures.Visitor {
  /** With more partitions than this on a node only the sums are written. */
  static final int MAX_PARTITIONS = 10_000;

  private static final int FIELDS = 6;

  private String[] labels = new String[256];
  private long[] figures = new long[256 * FIELDS];
  private int count;
  private int partitions;
  private int leaders;
  private long bytes;

  @Override
  public void partition(
      String topic,
      int partition,
      long sizeInBytes,
      long logStartOffset,
      long highWatermark,
      long lastStableOffset,
      long logEndOffset,
      boolean leader) {
    partitions++;
    leaders += leader ? 1 : 0;
    bytes += sizeInBytes;
    if (count == MAX_PARTITIONS) {
      return;
    }
    if (count == labels.length) {
      labels = Arrays.copyOf(labels, count * 2);
      figures = Arrays.copyOf(figures, count * 2 * FIELDS);
    }
    // Topic names consist of letters, digits, '.', '_' and '-': nothing to escape.
    labels[count] = "{topic=\"" + topic + "\",partition=\"" + partition + "\"} ";
    int at = count * FIELDS;
    figures[at] = sizeInBytes;
    figures[at + 1] = logStartOffset;
    figures[at + 2] = highWatermark;
    figures[at + 3] = logEndOffset;
    figures[at + 4] = leader ? 1 : 0;
    figures[at + 5] = highWatermark - lastStableOffset;
    count++;
  }

  void writeTo(StringBuilder out) {
    sum(out, "millrace_partitions", "Partitions with a replica on this node", partitions);
    sum(out, "millrace_partition_leaders", "Partitions that this node leads", leaders);
    sum(out, "millrace_log_bytes", "Bytes of all logs on this node", bytes);
    if (partitions > count) {
      return;
    }
    series(out, "millrace_partition_log_bytes", "Bytes of the log", 0);
    series(out, "millrace_partition_log_start_offset", "First offset that can be read", 1);
    series(out, "millrace_partition_high_watermark", "End of what is committed", 2);
    series(out, "millrace_partition_log_end_offset", "End of the log", 3);
    series(out, "millrace_partition_leader", "1 = this node leads the partition", 4);
    unstable(out);
  }

  private static void sum(StringBuilder out, String name, String help, long value) {
    head(out, name, help);
    out.append(name).append(' ').append(value).append('\n');
  }

  private void series(StringBuilder out, String name, String help, int field) {
    head(out, name, help);
    IntToLongFunction figure = i -> figures[i * FIELDS + field];
    for (int i = 0; i < count; i++) {
      out.append(name).append(labels[i]).append(figure.applyAsLong(i)).append('\n');
    }
  }

  /** Most partitions have no open transaction, and no series here. */
  private void unstable(StringBuilder out) {
    String name = "millrace_partition_last_stable_offset_lag";
    head(out, name, "Offsets between the last stable one and the high watermark; none = 0");
    for (int i = 0; i < count; i++) {
      long lag = figures[i * FIELDS + 5];
      if (lag > 0) {
        out.append(name).append(labels[i]).append(lag).append('\n');
      }
    }
  }

  private static void head(StringBuilder out, String name, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(" gauge\n");
  }
}
