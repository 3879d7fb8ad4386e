package io.millrace.network;

import io.millrace.model.Loop;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * One event loop of the node.
 *
 * <p>Owner: any thread.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // Netty: a failed write or close ends in channelInactive.
public final class NettyLoop implements Loop {
  private final EventLoop eventLoop;

  NettyLoop(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  EventLoop eventLoop() {
    return eventLoop;
  }

  @Override
  public boolean inLoop() {
    return eventLoop.inEventLoop();
  }

  @Override
  public void execute(Runnable task) {
    try {
      eventLoop.execute(task);
    } catch (RejectedExecutionException e) {
      // The node is down: nobody is left who could use the outcome.
      if (!eventLoop.isShuttingDown()) {
        throw e;
      }
    }
  }

  @Override
  public void schedule(long delayMs, Runnable task) {
    if (!eventLoop.isShuttingDown()) {
      eventLoop.schedule(task, delayMs, TimeUnit.MILLISECONDS);
    }
  }
}
