package io.millrace.network;

import io.millrace.model.Loop;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.ArrayList;
import java.util.List;

/**
 * All event loops of the node, one {@link Loop} instance for each.
 *
 * <p>Owner: immutable.
 */
public final class Loops {
  private final List<NettyLoop> all;

  public Loops(Vertx vertx) {
    List<NettyLoop> found = new ArrayList<>();
    for (EventExecutor executor : ((VertxInternal) vertx).nettyEventLoopGroup()) {
      found.add(new NettyLoop((EventLoop) executor));
    }
    this.all = List.copyOf(found);
  }

  public List<NettyLoop> all() {
    return all;
  }

  /**
   * The loop that the caller runs on.
   *
   * @throws IllegalStateException on any other thread
   */
  public Loop current() {
    for (NettyLoop loop : all) {
      if (loop.inLoop()) {
        return loop;
      }
    }
    throw new IllegalStateException(Thread.currentThread() + " is no event loop of this node");
  }
}
