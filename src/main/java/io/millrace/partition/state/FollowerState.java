package io.millrace.partition.state;

import io.millrace.model.EpochEnd;
import org.apache.kafka.common.protocol.Errors;

/**
 * A follower's view of one leader epoch: what it makes of the leader's answers, and how far it
 * knows its log to be committed. Pure.
 *
 * <p>Owner: partition loop.
 */
public final class FollowerState {
  /**
   * What a leader has answered, but for the records.
   *
   * @param hasRecords whether there are any
   * @param highWatermark of the leader
   * @param startOffset of the leader's log
   * @param divergingEpoch -1 = the logs do not part; else the leader's largest epoch up to the one
   *     that it was asked for
   * @param divergingEndOffset where that epoch ends in the leader's log
   *     <p>Owner: immutable.
   */
  public record Answer(
      Errors error,
      boolean hasRecords,
      long highWatermark,
      long startOffset,
      int divergingEpoch,
      long divergingEndOffset) {
    /** Whether the log is a part of the leader's from its beginning to its end. */
    private boolean agrees() {
      return error == Errors.NONE && divergingEpoch < 0;
    }
  }

  /** What is to be done with the log. */
  public enum Action {
    /** Nothing: there is no news but, perhaps, of the high watermark. */
    NOTHING,
    /** The leader does not answer now. */
    WAIT,
    /** The records follow on what is there. */
    APPEND,
    /** What begins at the offset is not the leader's. */
    CUT,
    /** The leader keeps nothing of what is there: the log begins again at the offset. */
    START_ANEW
  }

  /**
   * An action.
   *
   * @param offset of {@link Action#CUT} and {@link Action#START_ANEW}; else -1
   *     <p>Owner: immutable.
   */
  public record Step(Action action, long offset) {
    private static Step of(Action action) {
      return new Step(action, -1);
    }
  }

  // Invariant: everything below it is committed, and the leader's log has the same. Goes back only
  // with the log's end.
  private long highWatermark;

  /**
   * Begins to follow.
   *
   * @param highWatermark as far as this replica knew it before
   */
  public FollowerState(long highWatermark, EpochEnds log) {
    this.highWatermark = highWatermark;
    onLogChanged(log);
  }

  public long highWatermark() {
    return highWatermark;
  }

  /** What to do about an answer. */
  public Step decide(Answer answer, EpochEnds log) {
    if (answer.error() == Errors.OFFSET_OUT_OF_RANGE && answer.startOffset() > log.endOffset()) {
      return new Step(Action.START_ANEW, answer.startOffset());
    }
    if (answer.error() != Errors.NONE) {
      return Step.of(Action.WAIT);
    }
    if (answer.divergingEpoch() >= 0) {
      return new Step(Action.CUT, cutAt(answer, log));
    }
    return Step.of(answer.hasRecords() ? Action.APPEND : Action.NOTHING);
  }

  /** Up to here both logs can be the same; the leader is asked again whether they are. */
  private static long cutAt(Answer answer, EpochEnds log) {
    long end = Math.min(answer.divergingEndOffset(), log.endOffset());
    EpochEnd here = log.endOf(answer.divergingEpoch());
    return here.endOffset() >= 0 ? Math.min(end, here.endOffset()) : end;
  }

  /**
   * Whether the log is to start anew with the first batch of an answer, though its end lies within
   * the batch: of what is here the leader keeps nothing, its own log starts within the batch, since
   * records were deleted in part, and a batch is kept whole.
   *
   * @param baseOffset of the batch
   * @param lastOffset of the batch (inclusive)
   */
  public static boolean startsWithin(
      Answer answer, long baseOffset, long lastOffset, EpochEnds log) {
    long end = log.nextOffset();
    return Math.max(answer.startOffset(), log.startOffset()) >= end
        && baseOffset >= 0
        && baseOffset < end
        && lastOffset >= end;
  }

  /** The log was cut or begun anew, or failed to take something. */
  public void onLogChanged(EpochEnds log) {
    highWatermark = Math.max(log.startOffset(), Math.min(highWatermark, log.endOffset()));
  }

  /**
   * The answer is taken. True = the high watermark grew. One that says where the logs part says
   * nothing about what is left here: it may part earlier still.
   */
  public boolean onTaken(Answer answer, EpochEnds log) {
    long committed = Math.min(answer.highWatermark(), log.endOffset());
    if (!answer.agrees() || committed <= highWatermark) {
      return false;
    }
    highWatermark = committed;
    return true;
  }

  /** Where the log is to start after an answer was taken; at most its end. */
  public long startAfter(Answer answer, EpochEnds log) {
    return answer.agrees()
        ? Math.max(log.startOffset(), Math.min(answer.startOffset(), log.endOffset()))
        : log.startOffset();
  }
}
