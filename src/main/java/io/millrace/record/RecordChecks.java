package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * The rules for each record of a well-formed batch: keys on compacted topics, timestamps. Told of
 * every record in order; collects what breaks a rule and the greatest timestamp.
 *
 * <p>Owner: its {@link BatchValidator}.
 */
final class RecordChecks {
  private boolean keysRequired;
  private boolean createTime;
  private long beforeMaxMs;
  private long afterMaxMs;
  private long nowMs;
  private boolean batchHasAppendTime;
  private long batchMaxTimestamp;
  private long baseTimestamp;

  private long maxTimestamp;
  private int errorCount;
  private boolean timestampError;
  private List<RecordError> errors;

  void start(ByteBuffer buffer, int position, ValidationRules rules, long now) {
    keysRequired = rules.compacted();
    createTime = rules.timestamps().type() == TimestampType.CREATE_TIME;
    beforeMaxMs = rules.timestamps().beforeMaxMs();
    afterMaxMs = rules.timestamps().afterMaxMs();
    nowMs = now;
    batchHasAppendTime =
        RecordBatch.timestampType(buffer, position) == TimestampType.LOG_APPEND_TIME;
    batchMaxTimestamp = RecordBatch.maxTimestamp(buffer, position);
    baseTimestamp = RecordBatch.baseTimestamp(buffer, position);
    maxTimestamp = RecordBatch.NO_TIMESTAMP;
    errorCount = 0;
    timestampError = false;
    errors = null;
  }

  void onRecord(int index, boolean hasKey, long timestampDelta) {
    long timestamp = batchHasAppendTime ? batchMaxTimestamp : baseTimestamp + timestampDelta;
    if (timestamp > maxTimestamp) {
      maxTimestamp = timestamp;
    }
    if (keysRequired && !hasKey) {
      add(index, "A compacted topic takes no record without a key", false);
    } else if (createTime && timestamp != RecordBatch.NO_TIMESTAMP) {
      // Wraps around for absurd timestamps, and has to do so as in Kafka.
      long age = nowMs - timestamp;
      if (age > beforeMaxMs || -age > afterMaxMs) {
        add(
            index,
            "Timestamp "
                + timestamp
                + " lies outside of what the topic accepts: "
                + (nowMs - beforeMaxMs)
                + " to "
                + (nowMs + afterMaxMs),
            true);
      }
    } else if (batchHasAppendTime) {
      add(index, "The timestamp type LogAppendTime is the broker's to set", true);
    }
  }

  private void add(int index, String message, boolean ofTimestamp) {
    if (errors == null) {
      errors = new ArrayList<>();
    }
    if (errors.size() < BatchValidator.MAX_RECORD_ERRORS) {
      errors.add(new RecordError(index, message));
    }
    errorCount++;
    timestampError |= ofTimestamp;
  }

  /** The greatest timestamp seen, in ms; -1 = none. */
  long maxTimestamp() {
    return maxTimestamp;
  }

  /** null = no record broke a rule. */
  ValidationResult.Refused refusal() {
    if (errorCount == 0) {
      return null;
    }
    Errors error = timestampError ? Errors.INVALID_TIMESTAMP : Errors.INVALID_RECORD;
    String message = errorCount + " of the batch's records broke a rule; the first: ";
    ValidationResult.Refused refused =
        new ValidationResult.Refused(error, message + errors.get(0).message(), List.copyOf(errors));
    errors = null;
    return refused;
  }
}
