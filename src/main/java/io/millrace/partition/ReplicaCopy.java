package io.millrace.partition;

import io.millrace.log.CorruptSegmentException;
import io.millrace.log.FileSlice;
import io.millrace.log.PartitionLog;
import io.vertx.core.Future;
import org.apache.kafka.common.protocol.Errors;

/**
 * What this replica gives to one that has lost it; see {@link Partition#copyFor}.
 *
 * <p>Owner: partition loop.
 */
final class ReplicaCopy {
  private ReplicaCopy() {}

  /** Only what is committed: above it, replicas in sync can have different batches. */
  static Future<Answer<FileSlice>> of(
      PartitionLog log, long highWatermark, long from, long to, int maxBytes) {
    if (from < log.logStartOffset() || to > highWatermark) {
      return Future.succeededFuture(Answer.refused(Errors.OFFSET_OUT_OF_RANGE, null));
    }
    return log.readVerified(from, to, maxBytes).map(Answer::of).otherwise(ReplicaCopy::refusal);
  }

  private static Answer<FileSlice> refusal(Throwable cause) {
    Errors error =
        cause instanceof CorruptSegmentException
            ? Errors.CORRUPT_MESSAGE
            : cause instanceof IndexOutOfBoundsException
                ? Errors.OFFSET_OUT_OF_RANGE
                : Errors.KAFKA_STORAGE_ERROR;
    return Answer.refused(error, cause.getMessage());
  }
}
