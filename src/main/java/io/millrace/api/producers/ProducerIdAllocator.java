package io.millrace.api.producers;

import io.millrace.controller.Controller;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.model.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Gives out producer ids, each once in the life of the cluster, from blocks that the controller
 * commits. The next block is fetched while the present one still lasts, so that only the first
 * producer after a start waits for a commit. Ids left over when the node stops are never used.
 *
 * <p>Owner: the loop given to it; {@link #next} may be called from any thread.
 */
public final class ProducerIdAllocator {
  private final Loop loop;
  private final Controller controller;
  private final Deque<Promise<Long>> waiting = new ArrayDeque<>();

  // Invariant: ids from next (inclusive) to end (exclusive) are this node's and not given out.
  private long next;
  private long end;
  private int blockSize;
  // null = none is in reserve.
  private ProducerIdBlock following;
  private boolean fetching;

  public ProducerIdAllocator(Loop loop, Controller controller) {
    this.loop = loop;
    this.controller = controller;
  }

  /** An id that nobody else has; fails as {@link Controller#allocateProducerIds} does. */
  public Future<Long> next() {
    Promise<Long> promise = Promise.promise();
    loop.run(
        () -> {
          waiting.add(promise);
          serve();
        });
    return promise.future();
  }

  private void serve() {
    // A listener of a promise may call next() and so come back here: state first, then complete.
    while (!waiting.isEmpty() && hasIds()) {
      Promise<Long> promise = waiting.poll();
      long id = next++;
      promise.complete(id);
    }
    boolean low = following == null && (end - next) * 2 <= blockSize;
    if (low && !fetching) {
      fetch();
    }
  }

  private boolean hasIds() {
    if (next == end && following != null) {
      next = following.first();
      end = following.first() + following.count();
      blockSize = following.count();
      following = null;
    }
    return next < end;
  }

  private void fetch() {
    fetching = true;
    controller
        .allocateProducerIds()
        .onComplete(
            block ->
                loop.run(
                    () -> {
                      fetching = false;
                      if (block.succeeded()) {
                        following = block.result();
                        serve();
                      } else {
                        refuse(block.cause());
                      }
                    }));
  }

  /** Those who wait are told; the next one who comes makes a new attempt. */
  private void refuse(Throwable cause) {
    Deque<Promise<Long>> refused = new ArrayDeque<>(waiting);
    waiting.clear();
    refused.forEach(promise -> promise.fail(cause));
  }
}
