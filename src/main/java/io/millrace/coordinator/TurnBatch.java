package io.millrace.coordinator;

import io.millrace.coordinator.shard.Decision;
import io.millrace.log.AppendOutcome;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.LeaderLog;
import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects what is decided in one turn of the loop into one batch, and gives it its place in the
 * log.
 *
 * <p>Invariant: its records are replayed, and not yet given to the log.
 *
 * <p>Owner: partition loop.
 */
final class TurnBatch {
  private static final Logger LOG = LoggerFactory.getLogger(TurnBatch.class);

  private final TopicIdPartition id;
  private final LeaderLog log;
  private final PendingReplies replies;
  private BatchBuilder batch = new BatchBuilder();
  // Those of the records, and those that rest on them.
  private final List<Decision> decisions = new ArrayList<>();

  TurnBatch(TopicIdPartition id, LeaderLog log, PendingReplies replies) {
    this.id = id;
    this.log = log;
    this.replies = replies;
  }

  /** The records of a decision, if they can be appended; null = they cannot, it is refused. */
  EncodedRecords encode(Decision decision) {
    EncodedRecords encoded;
    try {
      encoded = EncodedRecords.of(decision.records());
    } catch (RuntimeException e) {
      LOG.error("A record for {} cannot be encoded", id, e);
      decision.refuse(Errors.UNKNOWN_SERVER_ERROR);
      return null;
    }
    boolean together =
        decision.producerId() != RecordBatch.NO_PRODUCER_ID || !decision.isDivisible();
    if (together && encoded.bytes() > maxRecordBytes()) {
      LOG.error(
          "{} records of {} bytes for {} do not fit into a batch of {}",
          encoded.count(),
          encoded.bytes(),
          id,
          log.maxBatchBytes());
      decision.refuse(AppendErrors.toClient(Errors.RECORD_LIST_TOO_LARGE));
      return null;
    }
    return encoded;
  }

  private int maxRecordBytes() {
    return log.maxBatchBytes() - RecordBatch.HEADER_SIZE;
  }

  /** Whether there are no records in it. */
  boolean isEmpty() {
    return batch.count() == 0;
  }

  /** Whether this much fits into it beside what is there; alone it fits, as far as is known. */
  boolean hasRoom(int bytes) {
    return isEmpty() || batch.uncompressedBytes() + bytes <= maxRecordBytes();
  }

  /** Adds one record, which is to be replayed now. */
  void append(EncodedRecords records, int index, long nowMs) {
    records.appendTo(batch, index, nowMs);
  }

  /** Adds a decision whose records are in it, or that rests on them. */
  void add(Decision decision) {
    decisions.add(decision);
  }

  /**
   * Gives the batch its place in the log; calls nobody back. It is empty then.
   *
   * @return false = the log has refused it, and all is as before
   */
  boolean assign() {
    if (!isEmpty()) {
      AppendOutcome outcome = log.append(batch.build());
      if (outcome instanceof AppendOutcome.Refused refused) {
        LOG.warn("{} cannot append: {} {}", id, refused.error(), refused.message());
        return false;
      }
      batch = new BatchBuilder();
    }
    decisions.forEach(replies::await);
    decisions.clear();
    return true;
  }

  /** Forgets what was collected; its decisions. */
  List<Decision> clear() {
    List<Decision> forgotten = List.copyOf(decisions);
    decisions.clear();
    batch = new BatchBuilder();
    return forgotten;
  }
}
