package io.millrace.cli;

import picocli.CommandLine.Option;

/**
 * How the results are written.
 *
 * <p>Owner: the command's thread.
 */
public final class OutputOptions {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "text or json.")
  OutputFormat format = OutputFormat.TEXT;

  public OutputFormat format() {
    return format;
  }

  /** Whether they are for programs. */
  public boolean json() {
    return format == OutputFormat.JSON;
  }
}
