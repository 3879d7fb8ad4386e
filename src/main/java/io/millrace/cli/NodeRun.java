package io.millrace.cli;

import io.millrace.config.ClusterKeys;
import io.millrace.config.ConfigurationException;
import io.millrace.config.SettingsLoader;
import io.millrace.server.Node;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node in this process, from its settings to its end by a signal.
 *
 * <p>Owner: the command's thread.
 */
final class NodeRun {
  private final Terminal terminal;
  private final Path config;
  private final List<String> assignments;
  private final boolean dev;

  /**
   * Prepares a run.
   *
   * @param config a properties file; null = none
   * @param assignments {@code key=value}
   * @param dev whether it joins other nodes on this machine
   */
  NodeRun(Terminal terminal, Path config, List<String> assignments, boolean dev) {
    this.terminal = terminal;
    this.config = config;
    this.assignments = assignments;
    this.dev = dev;
  }

  /**
   * Understands a plain {@code start}, without the option parser, which would take a third of the
   * time until the node is ready. Knows only the spellings that scripts use; null = anything else,
   * which includes everything that is wrong.
   */
  static NodeRun parsePlain(String[] args, Terminal terminal, Map<String, String> environment) {
    if (args.length == 0 || !args[0].equals("start")) {
      return null;
    }
    Path config = null;
    List<String> assignments = new ArrayList<>();
    for (int i = 1; i < args.length; i += 2) {
      if (i + 1 == args.length || args[i + 1].startsWith("-")) {
        return null;
      }
      if (args[i].equals("--set")) {
        assignments.add(args[i + 1]);
      } else if (args[i].equals("--config") && config == null) {
        config = Path.of(args[i + 1]);
      } else {
        return null;
      }
    }
    if (config == null && environment.containsKey("MILLRACE_CONFIG")) {
      config = Path.of(environment.get("MILLRACE_CONFIG"));
    }
    return new NodeRun(terminal, config, assignments, false);
  }

  /**
   * Starts the node and waits until it ends.
   *
   * @return the exit code, if it does not even start
   */
  int run() throws InterruptedException {
    SettingsLoader.Loaded loaded;
    try {
      loaded =
          SettingsLoader.load(
              dev ? ClusterKeys.devDefaults() : Map.of(), config, System.getenv(), assignments);
    } catch (ConfigurationException e) {
      e.problems().forEach(problem -> terminal.note("millrace: " + problem));
      return ExitCode.USAGE;
    } catch (NoSuchFileException e) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "no such file: " + config, e);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, "cannot read " + config + ": " + e.getMessage(), e);
    }
    Logger log = LoggerFactory.getLogger("io.millrace.Millrace");
    loaded.warnings().forEach(log::warn);
    Node node = Node.of(loaded.settings());
    var starting = node.start().toCompletionStage().toCompletableFuture();
    NodeShutdown shutdown = NodeShutdown.onSignal(node, starting, log);
    try {
      starting.join();
      log.info("Millrace is ready: {}", node.summary());
    } catch (CompletionException e) {
      if (shutdown.begun()) {
        return shutdown.awaitEnd();
      }
      throw new CommandFailure(
          ExitCode.FAILED, "cannot start: " + Failures.describe(Failures.unwrap(e)), e);
    }
    return shutdown.awaitEnd();
  }
}
