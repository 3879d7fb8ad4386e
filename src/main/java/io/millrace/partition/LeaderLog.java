package io.millrace.partition;

import io.millrace.log.AppendOutcome;
import io.millrace.log.ReadResult;
import io.millrace.model.Loop;
import io.millrace.model.TransactionMarker;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;

/**
 * The log of a partition that this node leads, as the {@link Resident} writes and reads it.
 *
 * <p>Owner: partition loop.
 */
public interface LeaderLog {
  Loop loop();

  int leaderEpoch();

  /** First offset that can be read. */
  long logStartOffset();

  /** The offset that the next batch will get. */
  long nextOffset();

  /** Everything below this offset is persisted, and can be read. */
  long logEndOffset();

  /** Everything below this offset is committed. */
  long highWatermark();

  /**
   * Whether no other node can have led when this was called, so that none had committed anything
   * that is not here; false = this one leads no more, or cannot know in time. It costs the time
   * that followers take to fetch twice, and none when this replica alone is in sync.
   */
  Future<Boolean> confirmLead();

  /** The largest batch that consumers and followers take, and the log with them. */
  int maxBatchBytes();

  /** Why an append would be refused now, as far as can be told before; NONE = it would not. */
  Errors refusal();

  /**
   * Gives offsets to a batch of the broker's own making, with the promise of acks=all: {@link
   * Resident} hears whether it was committed or lost. The buffer must stay untouched after it.
   */
  AppendOutcome append(ByteBuffer batch);

  /** The same for the end of a transaction, which is refused when it comes too late. */
  AppendOutcome append(TransactionMarker marker);

  /**
   * Hands what was appended to the disk. {@link Resident#onHighWatermark} may be called before this
   * returns.
   */
  void write();

  /**
   * Finds what to read from {@code offset} on, also above the high watermark, at most {@code
   * maxBytes} but at least one batch.
   */
  ReadResult read(long offset, int maxBytes);
}
