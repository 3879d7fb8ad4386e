package io.millrace.cli;

import java.util.List;

/**
 * Ends a command with one line for the user and an exit code.
 *
 * <p>Owner: immutable.
 */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int exitCode;

  public CommandFailure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  public CommandFailure(int exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** One of {@link ExitCode}. */
  public int exitCode() {
    return exitCode;
  }

  /** Throws the first, which carries the others; returns when there is none. */
  public static void throwFirst(List<CommandFailure> failures) {
    if (!failures.isEmpty()) {
      CommandFailure first = failures.get(0);
      failures.subList(1, failures.size()).forEach(first::addSuppressed);
      throw first;
    }
  }
}
