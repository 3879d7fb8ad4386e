package io.millrace.cli.partitions;

import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How long a command shows the progress of moves.
 *
 * <p>Owner: the command's thread.
 */
public final class WaitOptions {
  private static final int DAY_S = 86_400;

  @Spec(Spec.Target.MIXEE)
  CommandSpec mixee;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description =
          "Show progress for so long at most; the move goes on without it. 0 = do not wait."
              + " Default: a day.")
  int seconds = DAY_S;

  public boolean waits() {
    return seconds > 0;
  }

  public long ms() {
    if (seconds < 0 || seconds > DAY_S) {
      throw new CommandLine.ParameterException(
          mixee.commandLine(), "--wait must be 0 to " + DAY_S + " seconds: " + seconds);
    }
    return TimeUnit.SECONDS.toMillis(seconds);
  }
}
