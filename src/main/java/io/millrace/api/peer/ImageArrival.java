package io.millrace.api.peer;

import io.millrace.metadata.ImagePublisher;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits until this node's image has got as far as the controller's was.
 *
 * <p>Owner: any thread.
 */
final class ImageArrival {
  private record Waiting(long offset, Promise<Void> promise) {}

  private final ImagePublisher images;
  private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();

  /** Offset of the image when it was last found not to arrive in time. */
  private volatile long stuckAt = Long.MIN_VALUE;

  ImageArrival(ImagePublisher images) {
    this.images = images;
    images.subscribe(delta -> wake());
  }

  /**
   * Completes when the image has the record at {@code offset}, or when it has taken too long: what
   * was committed is committed, and a node that lags does not change that. One wait is enough to
   * know it: while the image has not moved since then, because the disk of this node is full say,
   * this completes at once.
   */
  Future<Void> reached(long offset, long maxMs) {
    long now = images.image().offset();
    if (now >= offset || now == stuckAt) {
      return Future.succeededFuture();
    }
    Waiting wait = new Waiting(offset, Promise.promise());
    waiting.add(wait);
    // It may have come between the question and the note.
    wake();
    return wait.promise()
        .future()
        .timeout(maxMs, TimeUnit.MILLISECONDS)
        .recover(
            late -> {
              waiting.remove(wait);
              long here = images.image().offset();
              if (here < offset) {
                stuckAt = here;
              }
              return late instanceof TimeoutException
                  ? Future.succeededFuture()
                  : Future.failedFuture(late);
            });
  }

  /** How many wait now. */
  int size() {
    return waiting.size();
  }

  private void wake() {
    if (waiting.isEmpty()) {
      return;
    }
    long offset = images.image().offset();
    List<Waiting> due = waiting.stream().filter(wait -> wait.offset() <= offset).toList();
    for (Waiting wait : due) {
      // Who takes it out completes it: another thread may have seen it too.
      if (waiting.remove(wait)) {
        wait.promise().complete();
      }
    }
  }
}
