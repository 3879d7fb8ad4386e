package io.millrace.http;

import java.util.List;

/**
 * Whether the node serves clients, and if not why. Declared here, wired by {@code server}.
 *
 * <p>Owner: any thread.
 */
public interface Readiness {
  /**
   * An address that the node listens on.
   *
   * @param name the listener's name, such as {@code PLAINTEXT}
   * @param port as bound, never 0
   *     <p>Owner: immutable.
   */
  record BoundListener(String name, String host, int port) {}

  /**
   * How far the recovery of a log directory is.
   *
   * @param partitions to look at
   * @param recovered those that are done
   * @param offline true = the directory has failed and serves nothing
   *     <p>Owner: immutable.
   */
  record LogDirProgress(String logDir, int partitions, int recovered, boolean offline) {}

  /**
   * The state of one moment.
   *
   * @param reasons why the node is not ready, for a person; empty = it is ready
   * @param listeners what is bound already
   * @param logDirs every directory of {@code log.dirs}
   *     <p>Owner: immutable.
   */
  record Report(List<String> reasons, List<BoundListener> listeners, List<LogDirProgress> logDirs) {
    public Report {
      reasons = List.copyOf(reasons);
      listeners = List.copyOf(listeners);
      logDirs = List.copyOf(logDirs);
    }

    public boolean ready() {
      return reasons.isEmpty();
    }
  }

  /** Quick: it is asked on an event loop. */
  Report report();
}
