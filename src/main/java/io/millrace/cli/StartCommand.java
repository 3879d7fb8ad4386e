package io.millrace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code start}: see {@link NodeRun}.
 *
 * <p>Owner: the command's thread.
 */
@Command(
    name = "start",
    description = {
      "Run a node until SIGTERM or SIGINT, which end it in good order.",
      "Needs no configuration. Settings come from the file, then the environment, then --set; the"
          + " later ones win."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace start",
      "  millrace start --set log.dirs=/var/lib/millrace --set http.port=-1",
      "  millrace start --config millrace.properties",
      "  MILLRACE_LOG_RETENTION_HOURS=24 millrace start",
      "",
      "Every setting: docs/configuration.md. Logs go to standard output."
    })
public final class StartCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      defaultValue = "${env:MILLRACE_CONFIG}",
      description = "Settings as a properties file. Default: MILLRACE_CONFIG, else none.")
  Path config;

  @Option(
      names = {"-s", "--set"},
      paramLabel = "KEY=VALUE",
      description = "One setting; repeatable.")
  List<String> assignments = new ArrayList<>();

  @Option(
      names = "--dev",
      description = {
        "Find other nodes on this machine that are started with --dev. Each of them needs its own"
            + " log.dirs, listeners and http.port.",
        "Nothing beyond this machine can reach what the nodes say to each other."
      })
  boolean dev;

  public StartCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    return new NodeRun(context.terminal(), config, assignments, dev).run();
  }
}
