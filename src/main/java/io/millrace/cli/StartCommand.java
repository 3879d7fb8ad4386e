package io.millrace.cli;

import io.millrace.config.ConfigurationException;
import io.millrace.config.SettingsLoader;
import io.millrace.server.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code start}: runs a node until the process is told to end. */
@Command(
    name = "start",
    description = "Start a node. Without any option it serves on port 9092.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace start",
      "  millrace start --config conf/millrace.properties",
      "  millrace start --set log.dirs=/var/lib/millrace --set listeners=PLAINTEXT://:9092",
      "",
      "Every key can also come from the environment: MILLRACE_LOG_RETENTION_HOURS=24"
    })
final class StartCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(StartCommand.class);
  private static final long STOP_SECONDS = 30;

  private final CliContext context;

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "A properties file with Kafka's key names.")
  Path config;

  @Option(
      names = {"-s", "--set"},
      paramLabel = "KEY=VALUE",
      description = "A setting; wins over the file and the environment. Repeatable.")
  List<String> assignments = new ArrayList<>();

  StartCommand(CliContext context) {
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
    } catch (IOException e) {
      context.terminal().note("millrace: the file " + config + " cannot be read: " + e);
      return ExitCode.USAGE;
    }
    loaded.warnings().forEach(LOG::warn);
    Node node;
    try {
      node = Node.start(loaded.settings()).toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      LOG.debug("The start failed", e);
      context.terminal().note("millrace: " + e.getCause().getMessage());
      return ExitCode.FAILED;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(node), "stop"));
    announce(node);
    // The loops are running; this thread has nothing left to do but to keep the process alive.
    new CompletableFuture<Void>().join();
    return ExitCode.OK;
  }

  /** One line for people and scripts, with the ports that were bound. */
  private static void announce(Node node) {
    String listeners =
        node.listeners().stream()
            .map(l -> l.name() + " " + (l.host().isEmpty() ? "0.0.0.0" : l.host()) + ":" + l.port())
            .collect(Collectors.joining(", "));
    String http = node.httpPort() < 0 ? "" : ", http " + node.httpHost() + ":" + node.httpPort();
    System.out.println("Millrace is ready: node " + node.nodeId() + ", " + listeners + http);
  }

  /**
   * SIGTERM is how a node is meant to end, so a clean stop ends with 0 and not with the code of the
   * signal.
   */
  private static void stop(Node node) {
    int code = ExitCode.OK;
    try {
      node.stop().toCompletionStage().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
      LOG.info("Stopped");
    } catch (ExecutionException | TimeoutException | InterruptedException e) {
      LOG.error("The stop was not clean; the next start recovers the logs", e);
      code = ExitCode.FAILED;
    }
    Runtime.getRuntime().halt(code);
  }
}
