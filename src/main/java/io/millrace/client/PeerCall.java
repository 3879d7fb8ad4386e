package io.millrace.client;

import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * A request on its way, until its answer is here or can no longer come.
 *
 * <p>Owner: connection loop.
 */
final class PeerCall {
  final ApiKeys key;
  final short version;
  final long timeoutMs;
  final ByteBuffer frame;

  /** Whether who asks gives the memory of the answer back. */
  final boolean borrows;

  private final Promise<Peers.Lent> promise;

  int correlationId;
  long sentNanos;
  ScheduledFuture<?> timer;
  // Invariant: set once; the promise is complete then.
  private boolean done;

  PeerCall(
      ApiKeys key,
      short version,
      long timeoutMs,
      ByteBuffer frame,
      boolean borrows,
      Promise<Peers.Lent> promise) {
    this.key = key;
    this.version = version;
    this.timeoutMs = timeoutMs;
    this.frame = frame;
    this.borrows = borrows;
    this.promise = promise;
  }

  boolean isDone() {
    return done;
  }

  void answer(Peers.Lent response) {
    if (end()) {
      promise.complete(response);
    }
  }

  void fail(PeerException why) {
    if (end()) {
      promise.fail(why);
    }
  }

  private boolean end() {
    if (done) {
      return false;
    }
    done = true;
    if (timer != null) {
      timer.cancel(false);
    }
    return true;
  }

  @Override
  public String toString() {
    return key.name + " v" + version;
  }
}
