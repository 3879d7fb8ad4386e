package io.millrace.http;

import io.millrace.log.clean.CleanerConfig;
import io.millrace.log.clean.LogCompaction;
import java.util.List;

/**
 * The compaction of the logs of this node. Declared here, wired by {@code server}.
 *
 * <p>Owner: any thread.
 */
public interface CompactionView {
  /**
   * The compacted logs of a log directory.
   *
   * @param logs in no order
   */
  record Directory(String path, List<LogCompaction> logs) {}

  /** The settings in force; null = the cleaner is off. */
  CleanerConfig config();

  /** Logs that are being compacted. */
  int running();

  /** The log directories in which logs are compacted. */
  List<Directory> directories();
}
