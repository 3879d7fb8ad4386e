package io.millrace.cli.partitions;

import io.millrace.cli.Terminal;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How fast replicas are copied.
 *
 * <p>Owner: the command's thread.
 */
final class ThrottleOption {
  @Spec(Spec.Target.MIXEE)
  CommandSpec mixee;

  @Option(
      names = "--throttle",
      paramLabel = "BYTES",
      description = {
        "Copy no more bytes a second than this, on each broker.",
        "The throttle is lifted when the moves are complete. If this command ends before that,"
            + " give it again: it waits for them and lifts what there is. partitions move --cancel"
            + " lifts it too."
      })
  Long bytesPerSecond;

  boolean given() {
    return bytesPerSecond != null;
  }

  /** Refuses what makes no sense. */
  void check(WaitOptions wait) {
    if (given() && bytesPerSecond < 1) {
      throw new CommandLine.ParameterException(
          mixee.commandLine(), "--throttle must be at least 1 byte per second: " + bytesPerSecond);
    }
    if (given() && !wait.waits()) {
      throw new CommandLine.ParameterException(
          mixee.commandLine(), "--throttle does not go with --wait 0: nobody would lift it");
    }
  }

  MoveThrottle with(Admin admin, Terminal terminal) {
    return new MoveThrottle(admin, terminal, bytesPerSecond);
  }
}
