package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * A command that only groups others: alone it shows its help and is wrong usage.
 *
 * <p>Owner: the command's thread.
 */
public abstract class CommandGroup implements Callable<Integer> {
  @CommandLine.Spec CommandLine.Model.CommandSpec spec;

  @Override
  public final Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return ExitCode.USAGE;
  }
}
