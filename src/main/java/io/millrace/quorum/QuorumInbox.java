package io.millrace.quorum;

import io.millrace.metadata.MetadataFormatException;
import io.millrace.model.Clock;
import io.millrace.quorum.state.Message;
import io.vertx.core.Context;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages of other replicas on their way to the quorum's context. What cannot be read, and what is
 * too much, is dropped and counted: whoever needs it sends it again.
 *
 * <p>Owner: any thread.
 */
final class QuorumInbox {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumInbox.class);

  /** Bytes of messages that were received and not yet handled. */
  private static final long MAX_BYTES = 64L << 20;

  private static final long WARN_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Clock clock;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong warnAtNanos;

  QuorumInbox(Clock clock) {
    this.clock = clock;
    this.warnAtNanos = new AtomicLong(clock.nanos());
  }

  /** Reads a message before it returns; {@code handler} gets it on the context. */
  void receive(int fromNodeId, ByteBuffer message, Context context, Consumer<Message> handler) {
    int size = message.remaining();
    Message read;
    try {
      read = QuorumMessageCodec.decode(message);
    } catch (MetadataFormatException e) {
      drop(fromNodeId, e.getMessage());
      return;
    }
    if (read.from().nodeId() != fromNodeId) {
      drop(fromNodeId, "it is signed by " + read.from());
      return;
    }
    if (bytes.addAndGet(size) > MAX_BYTES) {
      bytes.addAndGet(-size);
      drop(fromNodeId, "too much has not been handled yet");
      return;
    }
    context.runOnContext(
        ignored -> {
          bytes.addAndGet(-size);
          handler.accept(read);
        });
  }

  /** Messages dropped since the start. */
  long dropped() {
    return dropped.get();
  }

  private void drop(int fromNodeId, String why) {
    long count = dropped.incrementAndGet();
    long now = clock.nanos();
    long warnAt = warnAtNanos.get();
    if (now - warnAt >= 0 && warnAtNanos.compareAndSet(warnAt, now + WARN_AGAIN_NANOS)) {
      LOG.warn(
          "Dropped a quorum message of node {}: {} ({} since the start)", fromNodeId, why, count);
    }
  }
}
