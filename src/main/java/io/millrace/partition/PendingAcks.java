package io.millrace.partition;

import io.millrace.log.PartitionLog;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.partition.state.AckQueue;
import io.millrace.partition.state.LeaderState;
import java.io.IOException;
import org.apache.kafka.common.protocol.Errors;

/**
 * The batches of a leader that have their offsets and wait to be acknowledged. None is before the
 * log has reported it persisted (acks=1) or the high watermark covers it (acks=all).
 *
 * <p>Owner: partition loop.
 */
final class PendingAcks {
  private static final int CHECK_MS = 100;

  private final Loop loop;
  private final PartitionLog log;
  private final LeaderState state;
  private final Clock clock;
  private final AckQueue<ProduceAppend> untilPersisted = new AckQueue<>();
  private final AckQueue<ProduceAppend> untilCommitted = new AckQueue<>();
  private boolean expiryScheduled;

  PendingAcks(Loop loop, PartitionLog log, LeaderState state, Clock clock) {
    this.loop = loop;
    this.log = log;
    this.state = state;
    this.clock = clock;
  }

  /**
   * Acknowledges a batch, at once or later.
   *
   * @param end of its offsets (exclusive)
   */
  void await(ProduceAppend append, long end) {
    if (append.acks() == -1) {
      if (state.highWatermark() >= end) {
        append.acknowledge(log.logStartOffset());
      } else {
        untilCommitted.add(end, append.deadlineMs(), append);
        scheduleExpiry();
      }
    } else if (log.logEndOffset() >= end) {
      append.acknowledge(log.logStartOffset());
    } else {
      untilPersisted.add(end, append.deadlineMs(), append);
      scheduleExpiry();
    }
  }

  void onPersisted(long logEndOffset) {
    complete(untilPersisted, logEndOffset);
  }

  void onHighWatermark() {
    complete(untilCommitted, state.highWatermark());
  }

  private void complete(AckQueue<ProduceAppend> queue, long reached) {
    long startOffset = log.logStartOffset();
    for (ProduceAppend append = queue.poll(reached); append != null; append = queue.poll(reached)) {
      append.acknowledge(startOffset);
    }
  }

  /** What was assigned from this offset (inclusive) on is lost. */
  void onAppendFailed(long fromOffset, IOException cause) {
    refuseAbove(untilPersisted, fromOffset, cause);
    refuseAbove(untilCommitted, fromOffset, cause);
  }

  private static void refuseAbove(
      AckQueue<ProduceAppend> queue, long fromOffset, IOException cause) {
    for (ProduceAppend append : queue.removeAbove(fromOffset)) {
      append.refuse(
          Errors.KAFKA_STORAGE_ERROR, "The batch could not be written: " + cause.getMessage());
    }
  }

  /** Nobody acknowledges anything here any more. */
  void refuseAll(Errors why) {
    for (ProduceAppend append : untilPersisted.removeAbove(-1)) {
      append.refuse(why, null);
    }
    for (ProduceAppend append : untilCommitted.removeAbove(-1)) {
      append.refuse(why, null);
    }
  }

  private void scheduleExpiry() {
    if (!expiryScheduled) {
      expiryScheduled = true;
      loop.schedule(CHECK_MS, this::expire);
    }
  }

  private void expire() {
    expiryScheduled = false;
    long nowMs = clock.wallMs();
    for (ProduceAppend append : untilPersisted.expire(nowMs)) {
      append.refuse(Errors.REQUEST_TIMED_OUT, null);
    }
    for (ProduceAppend append : untilCommitted.expire(nowMs)) {
      append.refuse(
          state.hasEnoughReplicas()
              ? Errors.REQUEST_TIMED_OUT
              : Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
          null);
    }
    if (!untilPersisted.isEmpty() || !untilCommitted.isEmpty()) {
      scheduleExpiry();
    }
  }
}
