package io.millrace.cli;

import io.millrace.config.ConfigurationException;
import io.millrace.config.SettingsLoader;
import io.millrace.server.Node;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code start}: runs a node in this process until a signal ends it.
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

  public StartCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    SettingsLoader.Loaded loaded;
    try {
      loaded = SettingsLoader.load(config, System.getenv(), assignments);
    } catch (ConfigurationException e) {
      e.problems().forEach(problem -> context.terminal().note("millrace: " + problem));
      return ExitCode.USAGE;
    } catch (NoSuchFileException e) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "no such file: " + config, e);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, "cannot read " + config + ": " + e.getMessage(), e);
    }
    Logger log = LoggerFactory.getLogger("io.millrace.Millrace");
    loaded.warnings().forEach(log::warn);
    var starting = Node.start(loaded.settings()).toCompletionStage().toCompletableFuture();
    NodeShutdown shutdown = NodeShutdown.onSignal(starting, log);
    try {
      log.info("Millrace is ready: {}", starting.join().summary());
    } catch (CompletionException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot start: " + Failures.describe(Failures.unwrap(e)), e);
    }
    return shutdown.awaitEnd();
  }
}
