package io.millrace.quorum;

import io.vertx.core.Context;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;

/**
 * The one thread that touches the metadata log's files. It is never interrupted, not even by {@link
 * #close}: an interrupt would close the file under it.
 *
 * <p>Owner: any thread.
 */
final class DiskWorker {
  private final ExecutorService thread;

  DiskWorker(int nodeId) {
    thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread created = new Thread(task, "millrace-metadata-log-" + nodeId);
              created.setDaemon(true);
              return created;
            });
  }

  /** Runs a task after all earlier ones; {@code done} gets its value or failure, on the context. */
  <T> void run(Callable<T> task, Context context, BiConsumer<T, Throwable> done) {
    thread.execute(
        () -> {
          T value;
          try {
            value = task.call();
          } catch (Throwable failure) {
            context.runOnContext(ignored -> done.accept(null, failure));
            return;
          }
          context.runOnContext(ignored -> done.accept(value, null));
        });
  }

  /** Takes no more tasks; those taken run to their end. */
  void close() {
    thread.shutdown();
  }
}
