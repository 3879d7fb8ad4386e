package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * What {@link BatchValidator} says about the records that a producer sent for one partition.
 *
 * <p>Owner: immutable.
 */
public sealed interface ValidationResult {
  /**
   * The batch may be appended; only base offset and leader epoch are still to be set.
   *
   * @param batch position to limit: one whole batch. The buffer that was given, or, when the batch
   *     had to be compressed anew, another one on the heap
   * @param count its records
   * @param maxTimestampMs its greatest timestamp, or the append time; -1 = no record has one
   * @param logAppendTimeMs the append time; -1 = CreateTime
   */
  record Accepted(ByteBuffer batch, int count, long maxTimestampMs, long logAppendTimeMs)
      implements ValidationResult {}

  /**
   * Nothing of it may be kept.
   *
   * @param message what is wrong, for the client
   * @param recordErrors the records that broke a rule; empty when the batch as a whole did. At most
   *     {@link BatchValidator#MAX_RECORD_ERRORS}
   */
  record Refused(Errors error, String message, List<RecordError> recordErrors)
      implements ValidationResult {
    public Refused(Errors error, String message) {
      this(error, message, List.of());
    }
  }
}
