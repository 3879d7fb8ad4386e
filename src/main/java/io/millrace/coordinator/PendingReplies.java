package io.millrace.coordinator;

import io.millrace.coordinator.shard.Decision;
import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.LeaderLog;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the replies of a shard until the high watermark covers everything that was decided before
 * them, and releases them then; those that have waited for too long are refused.
 *
 * <p>Owner: partition loop.
 */
final class PendingReplies {
  private static final Logger LOG = LoggerFactory.getLogger(PendingReplies.class);

  private static final int EXPIRY_CHECK_MS = 1_000;

  private final TopicIdPartition id;
  private final LeaderLog log;
  private final Clock clock;
  private final int timeoutMs;
  private final ReplyQueue waiting = new ReplyQueue();
  private boolean expiryScheduled;

  /**
   * Nothing waits yet.
   *
   * @param timeoutMs after which a reply is COORDINATOR_NOT_AVAILABLE
   */
  PendingReplies(TopicIdPartition id, LeaderLog log, Clock clock, int timeoutMs) {
    this.id = id;
    this.log = log;
    this.clock = clock;
    this.timeoutMs = timeoutMs;
  }

  /** Releases a decision when everything that has its offset now is committed; perhaps at once. */
  void releaseWhenCommitted(Decision decision) {
    if (waiting.isEmpty() && log.highWatermark() >= log.nextOffset()) {
      release(decision);
    } else {
      await(decision);
    }
  }

  /** Releases a decision later: when everything that has its offset now is committed. */
  void await(Decision decision) {
    waiting.add(log.nextOffset(), monotonicMs() + timeoutMs, decision);
    scheduleExpiry();
  }

  private void scheduleExpiry() {
    if (!expiryScheduled) {
      expiryScheduled = true;
      log.loop().schedule(EXPIRY_CHECK_MS, this::expire);
    }
  }

  private void expire() {
    expiryScheduled = false;
    long nowMs = monotonicMs();
    for (Decision late = waiting.pollExpired(nowMs);
        late != null;
        late = waiting.pollExpired(nowMs)) {
      late.refuse(AppendErrors.toClient(Errors.REQUEST_TIMED_OUT));
    }
    if (!waiting.isEmpty()) {
      scheduleExpiry();
    }
  }

  private long monotonicMs() {
    return TimeUnit.NANOSECONDS.toMillis(clock.nanos());
  }

  void onHighWatermark(long highWatermark) {
    for (Decision next = waiting.poll(highWatermark);
        next != null;
        next = waiting.poll(highWatermark)) {
      release(next);
    }
  }

  /** Takes out all that rest on a record at or above this offset. */
  List<Decision> removeAbove(long offset) {
    return waiting.removeAbove(offset);
  }

  private void release(Decision decision) {
    try {
      decision.release();
    } catch (RuntimeException e) {
      LOG.error("A reply of {} failed", id, e);
    }
  }

  /** Refuses decisions that do not wait here, or no more. */
  void refuse(List<Decision> decisions, Errors error) {
    for (Decision decision : decisions) {
      try {
        decision.refuse(error);
      } catch (RuntimeException e) {
        LOG.error("A reply of {} failed", id, e);
      }
    }
  }
}
