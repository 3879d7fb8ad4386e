package io.millrace.server;

import io.millrace.client.Peers;
import io.millrace.http.CompactionView;
import io.millrace.http.ScrubView;
import io.millrace.log.LogDirectory;
import io.millrace.metadata.ClusterImage;
import java.util.List;
import java.util.function.Supplier;

/**
 * What looks after the logs of the node again and again: their compaction and their scrub, and what
 * retention waits for.
 *
 * <p>Owner: any thread.
 */
final class LogCare {
  private final NodeParts node;
  private final Scrubbing scrubbing;
  // null = it has not begun.
  private volatile Compaction compaction;

  /**
   * Not begun.
   *
   * @param peers null = the node is alone
   */
  LogCare(NodeParts node, Peers peers, Supplier<? extends ClusterImage> image) {
    this.node = node;
    this.scrubbing = new Scrubbing(node, peers, image);
  }

  /** Begins in these directories; once, after all their logs are open. */
  void start(List<LogDirectory> directories) {
    for (LogDirectory directory : directories) {
      node.metrics()
          .gauge(
              "log_future_timestamp_partitions",
              "Logs whose retention by time waits for records with timestamps in the future",
              directory::logsFromTheFuture,
              "log_dir",
              directory.path().toString());
    }
    compaction = Compaction.start(node.live(), directories, node.metrics());
    scrubbing.start(directories);
  }

  /** null = it has not begun. */
  CompactionView compaction() {
    return compaction;
  }

  ScrubView scrub() {
    return scrubbing.view();
  }
}
