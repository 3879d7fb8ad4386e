package io.millrace.api.fetch;

import io.millrace.partition.FetchAnswer;
import io.millrace.partition.FetchAsk;
import io.millrace.partition.FetchRead;
import io.millrace.partition.Partition;
import org.apache.kafka.common.message.FetchRequestData;

/**
 * One partition of a fetch session (or of a single fetch without a session): what the client wants
 * of it, whether there may be news, and what the running fetch has found.
 *
 * <p>Owner: connection loop, but for {@link #onRead} and {@link #onFired}.
 */
final class FetchPartition extends FetchRead {
  private final FetchSession session;
  private final FetchKey key;

  private long fetchOffset;
  private int currentLeaderEpoch = -1;
  private int lastFetchedEpoch = -1;
  private long logStartOffset = -1;
  private int maxBytes;

  // null = not resolved to a replica of this node yet.
  private Partition partition;
  // Invariant: true from the hop of a visit until it is back.
  private boolean visiting;
  // Whether there was news meanwhile, of an older question or of what the visit has just read.
  private boolean overtaken;
  // Invariant: false = the replica's watcher set surely does not hold this object.
  private boolean mayBeArmed;
  // What the running fetch found; null = not read yet, or given up again. A slice in it is leased.
  private FetchAnswer answer;

  // What the client was told last, to leave unchanged partitions out of incremental answers.
  private long sentHighWatermark = -1;
  private long sentLogStartOffset = -1;

  // Of the last visit; goes with it to the partition's loop and back.
  private FetchAsk asked;

  // The visit under way on the partition's loop; touched there only.
  private FetchVisit visit;

  FetchPartition(FetchSession session, FetchKey key) {
    this.session = session;
    this.key = key;
  }

  FetchKey key() {
    return key;
  }

  /** The client asks for this partition from here on. */
  void update(FetchRequestData.FetchPartition request) {
    fetchOffset = request.fetchOffset();
    currentLeaderEpoch = request.currentLeaderEpoch();
    lastFetchedEpoch = request.lastFetchedEpoch();
    logStartOffset = request.logStartOffset();
    maxBytes = request.partitionMaxBytes();
  }

  FetchAsk ask(int budget, boolean readCommitted, boolean minOneBatch, int wantBytes) {
    asked =
        new FetchAsk(
            fetchOffset,
            currentLeaderEpoch,
            lastFetchedEpoch,
            Math.max(0, Math.min(maxBytes, budget)),
            readCommitted,
            minOneBatch,
            session.follower(),
            wantBytes,
            session.rack(),
            logStartOffset);
    return asked;
  }

  /** What the last visit asked; for the connection's loop when the visit is back. */
  FetchAsk asked() {
    return asked;
  }

  Partition partition() {
    return partition;
  }

  void partition(Partition found) {
    partition = found;
  }

  boolean visiting() {
    return visiting;
  }

  void visiting(boolean value) {
    visiting = value;
  }

  /** News of it came before its visit was back. */
  void onOvertaken() {
    overtaken = true;
  }

  /** Whether that was so since the last call. */
  boolean takeOvertaken() {
    boolean was = overtaken;
    overtaken = false;
    return was;
  }

  boolean mayBeArmed() {
    return mayBeArmed;
  }

  void mayBeArmed(boolean value) {
    mayBeArmed = value;
  }

  FetchAnswer answer() {
    return answer;
  }

  /** Replaces what was found; the lease of what was there before ends. */
  void answer(FetchAnswer found) {
    releaseAnswer();
    answer = found;
  }

  /** Takes the answer out, with its lease. */
  FetchAnswer takeAnswer() {
    FetchAnswer taken = answer;
    answer = null;
    return taken;
  }

  void releaseAnswer() {
    if (answer != null && answer.slice() != null) {
      answer.slice().release();
    }
    answer = null;
  }

  /** Whether an incremental answer must name this partition; notes what the client now knows. */
  boolean isNews(FetchAnswer found) {
    boolean news =
        found.sizeInBytes() > 0
            || found.urgent()
            || found.highWatermark() != sentHighWatermark
            || found.logStartOffset() != sentLogStartOffset;
    sentHighWatermark = found.highWatermark();
    sentLogStartOffset = found.logStartOffset();
    return news;
  }

  // ---- on the partition's loop

  void visit(FetchVisit value) {
    visit = value;
  }

  @Override
  protected void onRead(FetchAnswer found) {
    FetchVisit reporting = visit;
    visit = null;
    reporting.onRead(this, found);
  }

  @Override
  protected void onFired(FetchAnswer found) {
    session.loop().run(() -> session.onNews(this, found));
  }
}
