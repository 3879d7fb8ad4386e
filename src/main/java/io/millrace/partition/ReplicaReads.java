package io.millrace.partition;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.PartitionLog;
import io.millrace.log.ReadResult;
import io.millrace.model.EpochEnd;
import io.millrace.model.Loop;
import io.millrace.partition.state.Divergence;
import io.millrace.partition.state.EpochEnds;
import io.vertx.core.AsyncResult;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.common.protocol.Errors;

/**
 * Answers those who read from a replica, and tells those who wait when there is more.
 *
 * <p>Owner: partition loop.
 */
final class ReplicaReads {
  /** What of a replica may be read, and by whom. */
  interface Bounds {
    /** Why a reader is not answered; NONE = it is. */
    Errors refusal(FetchAsk ask);

    /** A reader's question fits this log: it has what is before its offset, and is answered now. */
    void onAdmitted(FetchRead reader, FetchAsk ask);

    /** Where this reader stops (exclusive). */
    long endFor(FetchAsk ask);

    /** Whether a reader that may read gets no bytes for the moment. */
    default boolean holdsBack(FetchAsk ask) {
      return false;
    }

    /** Whether a reader is answered at once although it has everything. */
    default boolean hurries(FetchAsk ask) {
      return false;
    }

    /** A reader gets so many bytes. */
    default void onGiven(FetchAsk ask, int bytes) {
      // Of interest for followers of a leader only.
    }

    long highWatermark();

    /** Up to where (exclusive) all transactions are decided; not above the high watermark. */
    long lastStableOffset();

    /** Node id of the replica that this reader is to ask instead; -1 = none. */
    int preferredReplica(FetchAsk ask);

    /** Node id of the leader. */
    int leaderId();

    int leaderEpoch();
  }

  private final Loop loop;
  private final PartitionLog log;
  private final Bounds bounds;
  private final EpochEnds epochs;
  private final Watchers consumers = new Watchers();
  private final Watchers followers = new Watchers();
  private boolean ended;

  ReplicaReads(Loop loop, PartitionLog log, Bounds bounds) {
    this.loop = loop;
    this.log = log;
    this.bounds = bounds;
    this.epochs = new LogEpochs(log);
  }

  void read(FetchRead reader, FetchAsk ask) {
    unwatch(reader);
    reader.ask(ask);
    answer(reader, ask, false);
  }

  /** Takes a reader away: whatever is still being read for it arms it no more. */
  void unwatch(FetchRead reader) {
    consumers.disarm(reader);
    followers.disarm(reader);
    reader.ask(null);
  }

  /** There is more for followers. */
  void onLogEnd() {
    fire(followers);
  }

  /** There is more for consumers. */
  void onHighWatermark() {
    fire(consumers);
  }

  /** Readers must look again. */
  void fireAll() {
    fire(consumers);
    fire(followers);
  }

  private void fire(Watchers watchers) {
    if (!watchers.isEmpty()) {
      for (FetchRead reader : watchers.takeAll()) {
        answer(reader, reader.ask(), true);
      }
    }
  }

  /** Whether a follower waits that has not heard of the high watermark as it is now. */
  boolean anyFollowerBehind() {
    return followers.any(reader -> reader.toldHighWatermark() < bounds.highWatermark());
  }

  /** Tells followers of the high watermark that wait for records. */
  void tellHighWatermark() {
    answerFollowers(reader -> reader.toldHighWatermark() < bounds.highWatermark());
  }

  /** Followers that wait for records are answered if they have to ask again. */
  void hurryFollowers() {
    answerFollowers(reader -> bounds.hurries(reader.ask()));
  }

  private void answerFollowers(Predicate<FetchRead> such) {
    for (FetchRead reader : followers.takeAll()) {
      if (such.test(reader)) {
        deliver(reader, reader.ask(), answer(Errors.NONE, null, reader.ask(), null, true), true);
      } else {
        followers.arm(reader);
      }
    }
  }

  /** Whoever waits is told why there is no more, and nobody waits here from now on. */
  void end(Errors why) {
    ended = true;
    for (FetchRead reader : consumers.takeAll()) {
      reader.onFired(FetchAnswer.refused(why));
    }
    for (FetchRead reader : followers.takeAll()) {
      reader.onFired(FetchAnswer.refused(why));
    }
  }

  private void answer(FetchRead reader, FetchAsk ask, boolean fired) {
    Errors refusal = bounds.refusal(ask);
    if (refusal != Errors.NONE) {
      deliver(
          reader,
          ask,
          FetchAnswer.refused(refusal, bounds.leaderId(), bounds.leaderEpoch()),
          fired);
      return;
    }
    EpochEnd diverging =
        Divergence.of(
            epochs,
            bounds.leaderEpoch(),
            ask.fetchOffset(),
            ask.lastFetchedEpoch(),
            ask.follower() != null);
    if (diverging != null) {
      Errors error = diverging.endOffset() < 0 ? Errors.OFFSET_OUT_OF_RANGE : Errors.NONE;
      deliver(reader, ask, answer(error, null, ask, diverging, false), fired);
      return;
    }
    if (!fired) {
      bounds.onAdmitted(reader, ask);
    }
    int preferred = bounds.preferredReplica(ask);
    if (preferred >= 0) {
      deliver(reader, ask, answer(Errors.NONE, null, ask, null, false, preferred), fired);
      return;
    }
    if (bounds.holdsBack(ask)) {
      deliver(reader, ask, answer(Errors.NONE, null, ask, null, false), fired);
      return;
    }
    long bound = bounds.endFor(ask);
    ReadResult result = log.read(ask.fetchOffset(), bound, ask.maxBytes(), ask.minOneBatch());
    if (result instanceof ReadResult.Later later) {
      later.result().onComplete(done -> loop.run(() -> onLater(reader, ask, bound, done, fired)));
    } else {
      deliver(reader, ask, toAnswer(result, ask), fired);
    }
  }

  private void onLater(
      FetchRead reader, FetchAsk ask, long bound, AsyncResult<ReadResult> done, boolean fired) {
    if (fired && !reader.asks(ask)) {
      // Nobody waits for this news any more.
      if (done.succeeded() && done.result() instanceof ReadResult.Data data) {
        data.slice().release();
      }
    } else if (done.failed()) {
      deliver(reader, ask, answer(Errors.KAFKA_STORAGE_ERROR, null, ask, null, false), fired);
    } else if (done.result() instanceof ReadResult.Empty && bounds.endFor(ask) > bound && !ended) {
      // The end moved while the worker read up to the one before, and nobody was armed.
      answer(reader, ask, fired);
    } else {
      deliver(reader, ask, toAnswer(done.result(), ask), fired);
    }
  }

  private void deliver(FetchRead reader, FetchAsk ask, FetchAnswer answer, boolean fired) {
    // News cannot be missed between the read and the arming: both happen in this turn of the
    // owner's loop. What is there but does not fit is no news: it has to be asked for again.
    if (answer.sizeInBytes() < ask.wantBytes()
        && !answer.urgent()
        && !ended
        && !answer.heldBack(ask)
        && reader.asks(ask)) {
      (ask.follower() == null ? consumers : followers).arm(reader);
    }
    reader.toldHighWatermark(answer.highWatermark());
    if (fired) {
      reader.onFired(answer);
    } else {
      reader.onRead(answer);
    }
  }

  private FetchAnswer toAnswer(ReadResult result, FetchAsk ask) {
    if (result instanceof ReadResult.Data data) {
      if (ask.readCommitted() && ask.fetchOffset() < log.logStartOffset()) {
        // The log's start moved while the worker read: what was aborted there is forgotten.
        data.slice().release();
        return answer(Errors.OFFSET_OUT_OF_RANGE, null, ask, null, false);
      }
      bounds.onGiven(ask, data.slice().length());
    }
    return result instanceof ReadResult.OutOfRange
        ? answer(Errors.OFFSET_OUT_OF_RANGE, null, ask, null, false)
        : answer(
            Errors.NONE,
            result instanceof ReadResult.Data data ? data : null,
            ask,
            null,
            bounds.hurries(ask));
  }

  /** null = the reader takes all records. */
  private List<AbortedTransaction> aborted(ReadResult.Data data, FetchAsk ask) {
    if (!ask.readCommitted() || ask.follower() != null) {
      return null;
    }
    return data == null ? List.of() : log.abortedTransactions(ask.fetchOffset(), data.endOffset());
  }

  private FetchAnswer answer(
      Errors error, ReadResult.Data data, FetchAsk ask, EpochEnd diverging, boolean news) {
    return answer(error, data, ask, diverging, news, -1);
  }

  private FetchAnswer answer(
      Errors error,
      ReadResult.Data data,
      FetchAsk ask,
      EpochEnd diverging,
      boolean news,
      int preferredReplica) {
    boolean diverges = diverging != null && error == Errors.NONE;
    return new FetchAnswer(
        error,
        data == null ? null : data.slice(),
        bounds.highWatermark(),
        bounds.lastStableOffset(),
        bounds.endFor(ask),
        log.logStartOffset(),
        diverges ? diverging : null,
        news,
        aborted(data, ask),
        bounds.leaderId(),
        bounds.leaderEpoch(),
        preferredReplica);
  }
}
