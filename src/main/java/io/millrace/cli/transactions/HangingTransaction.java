package io.millrace.cli.transactions;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;

/**
 * A transaction that a partition has open although its end may never come.
 *
 * @param transactionalId null = no coordinator knows the producer
 * @param known what its coordinator says; null = nothing
 * @param reason why it counts as hanging
 *     <p>Owner: immutable.
 */
record HangingTransaction(
    OpenTransaction open, String transactionalId, TransactionDescription known, Reason reason) {
  /** Coordinators look for transactions that are over their time every 10 s or so. */
  static final long GRACE_MS = 30_000;

  /** Why a transaction hangs. */
  enum Reason {
    /** No coordinator will ever write its end. */
    UNKNOWN("not known to a coordinator"),
    /** Its coordinator should have ended it. */
    OVERDUE("over its timeout");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /**
   * Which of the open transactions hang. What no coordinator knows hangs only if nothing was
   * written for a while: its coordinator may have ended it a moment ago.
   *
   * @param ids transactional ids by producer id
   * @param known what coordinators say, by transactional id
   * @param quietMs nothing was written for so long
   */
  static List<HangingTransaction> among(
      Collection<OpenTransaction> open,
      Map<Long, String> ids,
      Map<String, TransactionDescription> known,
      long nowMs,
      long quietMs) {
    List<HangingTransaction> hanging = new ArrayList<>();
    for (OpenTransaction each : open) {
      String id = ids.get(each.producer().producerId());
      TransactionDescription description = id == null ? null : known.get(id);
      Reason reason = null;
      if (!takesPart(each, description)) {
        reason = nowMs - each.producer().lastTimestamp() > quietMs ? Reason.UNKNOWN : null;
      } else if (isOverdue(description, nowMs)) {
        reason = Reason.OVERDUE;
      }
      if (reason != null) {
        hanging.add(new HangingTransaction(each, id, description, reason));
      }
    }
    return hanging;
  }

  private static boolean takesPart(OpenTransaction open, TransactionDescription known) {
    return known != null
        && known.producerId() == open.producer().producerId()
        && isOpen(known.state())
        && known.topicPartitions().contains(open.partition());
  }

  /** Whether partitions may still be without the transaction's end. */
  static boolean isOpen(TransactionState state) {
    return switch (state) {
      case ONGOING, PREPARE_COMMIT, PREPARE_ABORT, PREPARE_EPOCH_FENCE -> true;
      default -> false;
    };
  }

  private static boolean isOverdue(TransactionDescription known, long nowMs) {
    return known.transactionTimeoutMs() != Integer.MAX_VALUE
        && known.transactionStartTimeMs().isPresent()
        && nowMs - known.transactionStartTimeMs().getAsLong()
            > known.transactionTimeoutMs() + GRACE_MS;
  }
}
