package io.millrace.cli;

import io.millrace.server.Node;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;

/**
 * Ends the node in good order when a signal ends the process. The JVM would report a signal as 143
 * or 130 even after everything went well; here the process ends with 0 when all is on the disk, and
 * with 1 when something could not be written.
 *
 * <p>Owner: the JVM's shutdown thread.
 */
final class NodeShutdown implements Runnable {
  private static final long STOP_PATIENCE_S = 60;

  private final Node node;
  private final CompletableFuture<Void> starting;
  private final Logger log;
  private final CountDownLatch ended = new CountDownLatch(1);

  private volatile boolean begun;

  private NodeShutdown(Node node, CompletableFuture<Void> starting, Logger log) {
    this.node = node;
    this.starting = starting;
    this.log = log;
  }

  /**
   * From now on signals stop this node.
   *
   * @param starting how its start goes
   */
  static NodeShutdown onSignal(Node node, CompletableFuture<Void> starting, Logger log) {
    NodeShutdown shutdown = new NodeShutdown(node, starting, log);
    Runtime.getRuntime().addShutdownHook(new Thread(shutdown, "shutdown"));
    return shutdown;
  }

  /** Whether a signal has come. */
  boolean begun() {
    return begun;
  }

  /** Waits until the process ends. */
  int awaitEnd() throws InterruptedException {
    ended.await();
    return ExitCode.OK;
  }

  @Override
  public void run() {
    if (starting.isCompletedExceptionally()) {
      // The process is ending because of that, with its own exit code.
      return;
    }
    begun = true;
    int code = ExitCode.OK;
    try {
      log.info("Stopping");
      node.stop().toCompletionStage().toCompletableFuture().get(STOP_PATIENCE_S, TimeUnit.SECONDS);
      log.info("Stopped");
    } catch (ExecutionException e) {
      log.error("Not stopped in good order: {}", Failures.describe(Failures.unwrap(e)));
      code = ExitCode.FAILED;
    } catch (TimeoutException e) {
      log.error("Not stopped in time");
      code = ExitCode.FAILED;
    } catch (InterruptedException e) {
      code = ExitCode.FAILED;
    }
    LogbackConfiguration.flush();
    Runtime.getRuntime().halt(code);
  }
}
