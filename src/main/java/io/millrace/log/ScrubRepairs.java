package io.millrace.log;

import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes good what the scrub of a log directory has found bad: ranges of batches are taken from
 * other replicas, one at a time, so that no more than one is in memory; indexes are made anew.
 *
 * <p>Owner: log directory worker, lane SCRUB, which has one thread.
 */
final class ScrubRepairs {
  private static final Logger LOG = LoggerFactory.getLogger(ScrubRepairs.class);

  /** A larger range stays bad: what is there and what comes for it are in memory at once. */
  static final int MOST_BYTES = 64 << 20;

  /** A range that waits for its turn. */
  private record Bad(PartitionLog log, SegmentScrub.Target target, BadBatches.Found found) {
    int length() {
      return found.length();
    }
  }

  private final ScrubResources resources;
  private final LongSupplier nowMs;
  private final Consumer<Runnable> worker;
  private final ArrayDeque<Bad> waiting = new ArrayDeque<>();

  /** A range is on its way; none of those that wait is begun. */
  private boolean busy;

  /**
   * Without repairs.
   *
   * @param worker runs a task where this is owned, later
   */
  ScrubRepairs(ScrubResources resources, LongSupplier nowMs, Consumer<Runnable> worker) {
    this.resources = resources;
    this.nowMs = nowMs;
    this.worker = worker;
  }

  /** Whether a range is on its way or waits. */
  boolean busy() {
    return busy || !waiting.isEmpty();
  }

  /** Takes a bad range of a segment from another replica when it is its turn. */
  void add(PartitionLog log, SegmentScrub.Target target, BadBatches.Found found) {
    waiting.add(new Bad(log, target, found));
    next();
  }

  private void next() {
    while (!busy && !waiting.isEmpty()) {
      Bad bad = waiting.poll();
      if (bad.found.toOffset() > bad.log.highWatermark()) {
        onNotRepaired(bad, "not all of it is known to be committed yet");
      } else if (bad.length() > MOST_BYTES) {
        onNotRepaired(bad, "it has more than " + MOST_BYTES + " bytes");
      } else {
        take(bad);
      }
    }
  }

  private void onNotRepaired(Bad bad, String why) {
    resources.bad().onNotRepaired(bad.found, why);
  }

  private void take(Bad bad) {
    busy = true;
    BadBatches.Found found = bad.found;
    Future.<Void>succeededFuture()
        .compose(
            any ->
                resources
                    .replicas()
                    .read(found.id(), found.fromOffset(), found.toOffset(), found.length()))
        .onComplete(
            done ->
                worker.accept(
                    () -> {
                      if (done.failed()) {
                        onDone(bad, message(done.cause()));
                      } else {
                        put(bad, done.result());
                      }
                    }));
  }

  private void put(Bad bad, HealthyReplicas.Copy copy) {
    String problem;
    try {
      problem =
          RangeRepair.problem(
              copy.batches(),
              bad.found.range(),
              read(bad),
              bad.target.epochs(),
              bad.log.scrubbing().compacted());
    } catch (IOException | RuntimeException e) {
      problem = message(e);
    }
    if (problem != null) {
      onDone(bad, problem + " (node " + copy.nodeId() + ")");
      return;
    }
    bad.log
        .scrubbing()
        .repair(bad.target, bad.found.position(), copy.batches())
        .onSuccess(any -> resources.onRepaired(bad.found, copy.nodeId(), nowMs.getAsLong()))
        .onComplete(
            done -> {
              boolean failed = done.failed() && !(done.cause() instanceof CancellationException);
              String why = failed ? "it cannot be written: " + message(done.cause()) : null;
              worker.accept(() -> onDone(bad, why));
            });
  }

  /**
   * It is somebody else's turn.
   *
   * @param why null = nothing is left to be said
   */
  private void onDone(Bad bad, String why) {
    busy = false;
    if (why != null) {
      onNotRepaired(bad, why);
    }
    next();
  }

  /** What is there now, as others read it. */
  private static ByteBuffer read(Bad bad) throws IOException {
    SegmentFile file = bad.target.source().file();
    FileChannel channel = file.acquireUnlessDoomed();
    if (channel == null) {
      throw new IOException("the segment is deleted");
    }
    try {
      ByteBuffer bytes = ByteBuffer.allocate(bad.length());
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, bad.found.position() + bytes.position()) < 0) {
          throw new IOException("the segment has become shorter");
        }
      }
      return bytes.flip();
    } finally {
      file.release();
    }
  }

  /** Makes the indexes of a segment anew, whose batches are all good. */
  void rebuild(PartitionLog log, SegmentScrub.Target target, String problem) {
    LOG.error(
        "The indexes of {} do not fit its batches and are made anew: {}",
        target.source().file().path(),
        problem);
    log.scrubbing()
        .rebuildIndexes(target)
        .onSuccess(any -> resources.onRebuilt())
        .onFailure(
            cause -> {
              if (!(cause instanceof CancellationException)) {
                LOG.warn("Indexes could not be made anew: {}", message(cause));
              }
            });
  }

  private static String message(Throwable cause) {
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }
}
