package io.millrace.api.logs;

import io.vertx.core.Future;
import java.util.List;

/**
 * The log directories of this node. The free space of a file system is asked from the disk, so the
 * figures come from a worker.
 *
 * <p>Owner: any thread.
 */
public interface LogDirs {
  /**
   * One log directory.
   *
   * @param path absolute, exactly as in {@link io.millrace.partition.Partition.Status#logDir}
   * @param online false = it failed; its figures are -1
   * @param totalBytes size of the volume it is on; -1 = unknown
   * @param usableBytes of these, what this process could still write; -1 = unknown
   * @param cordoned whether it gets no new replicas (KIP-1066)
   */
  record LogDir(String path, boolean online, long totalBytes, long usableBytes, boolean cordoned) {
    /** One that is not cordoned. */
    public LogDir(String path, boolean online, long totalBytes, long usableBytes) {
      this(path, online, totalBytes, usableBytes, false);
    }

    /** The same, cordoned or not. */
    public LogDir cordoned(boolean now) {
      return new LogDir(path, online, totalBytes, usableBytes, now);
    }
  }

  /** All of {@code log.dirs}, in the order of the configuration. Does not fail. */
  Future<List<LogDir>> describe();
}
