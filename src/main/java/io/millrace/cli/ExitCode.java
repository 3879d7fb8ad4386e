package io.millrace.cli;

/**
 * What the process says when it ends; part of the command line's contract with scripts.
 *
 * <p>Owner: immutable.
 */
public final class ExitCode {
  /** Done; also when the reader of our output went away first, as {@code head} does. */
  public static final int OK = 0;

  /** The broker or the operating system refused, or something went wrong. */
  public static final int FAILED = 1;

  /** The command line itself is wrong; nothing has been done. */
  public static final int USAGE = 2;

  /** No broker answers at the given addresses in time, or none that knows a controller. */
  public static final int UNREACHABLE = 3;

  /** The topic, partition, group, transactional id, node or file does not exist. */
  public static final int NOT_FOUND = 4;

  /** {@code dump} has found damage in a file. */
  public static final int CORRUPT = 5;

  private ExitCode() {}
}
