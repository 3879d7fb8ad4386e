package io.millrace.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/**
 * A command that talks to a broker as its client.
 *
 * <p>Owner: the command's thread.
 */
public abstract class ClientCommand implements Callable<Integer> {
  /** What the command gets from outside. */
  protected final CliContext context;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec;

  /** Which broker; set once the command line is parsed. */
  @Mixin protected BrokerOptions broker;

  protected ClientCommand(CliContext context) {
    this.context = context;
  }

  /** A command line that makes no sense. */
  protected final CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  /** A command line that makes no sense, as {@code cause} says. */
  protected final CommandLine.ParameterException usage(IllegalArgumentException cause) {
    return new CommandLine.ParameterException(spec.commandLine(), cause.getMessage(), cause);
  }

  /** What to tell of a failure: with where to look, if nobody has answered. */
  final Throwable explained(Throwable thrown) {
    return Failures.isUnanswered(thrown)
        ? WhyUnanswered.explain(
            Failures.asFailure(thrown), context.clients(), broker.settings(Map.of()))
        : thrown;
  }

  /** Writes a line of the result. */
  protected final void println(String line) {
    context.terminal().out().println(line);
  }
}
