package io.millrace.server;

import io.millrace.cli.CommandLineFixture;
import io.millrace.config.Settings;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A whole node in this JVM, alone in its cluster, on a free port of the loopback and without HTTP.
 *
 * <p>Owner: the test's thread.
 */
public final class NodeFixture implements AutoCloseable {
  private final Node node;

  private NodeFixture(Node node) {
    this.node = node;
  }

  /** Started and ready, with settings beyond those. */
  public static NodeFixture start(Map<String, String> more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("listeners", "PLAINTEXT://127.0.0.1:0");
    settings.put("http.port", "-1");
    settings.putAll(more);
    return new NodeFixture(await(Node.start(Settings.of(settings))));
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  public Node node() {
    return node;
  }

  /** Its address. */
  public String bootstrap() {
    return "127.0.0.1:" + node.listeners().get(0).port();
  }

  /** Runs a command line on it. */
  public CommandLineFixture.Result run(String... command) {
    return run(new CommandLineFixture(), command);
  }

  public CommandLineFixture.Result run(CommandLineFixture commandLine, String... command) {
    List<String> args = new ArrayList<>(List.of(command));
    args.addAll(List.of("-b", bootstrap()));
    return commandLine.run(args.toArray(String[]::new));
  }

  /** Stops it in order. */
  @Override
  public void close() {
    await(node.stop());
  }
}
