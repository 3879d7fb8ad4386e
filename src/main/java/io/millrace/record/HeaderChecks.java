package io.millrace.record;

import io.millrace.record.ValidationResult.Refused;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;

/**
 * The rules for what is around the records of a batch: that there is exactly one whole batch, its
 * CRC and its header. In the order in which Kafka checks them, so that a batch with several faults
 * gets the same error.
 *
 * <p>Owner: immutable.
 */
final class HeaderChecks {
  /** The least length in any format; below it, not even the magic byte counts. */
  private static final int MIN_LENGTH = 14;

  private HeaderChecks() {}

  /** null = everything is right. Nothing is read before it is known to exist. */
  static Refused check(ByteBuffer records, ValidationRules rules) {
    Refused refused = checkFraming(records, rules);
    return refused != null ? refused : checkBatch(records, records.position(), rules);
  }

  private static Refused checkFraming(ByteBuffer records, ValidationRules rules) {
    int at = records.position();
    int remaining = records.remaining();
    Refused refused = checkBoundary(records, at, remaining);
    if (refused != null) {
      return refused;
    }
    if (RecordBatch.magic(records, at) != RecordBatch.MAGIC) {
      return invalid("Only record format v2 is accepted");
    }
    int size = RecordBatch.sizeInBytes(records, at);
    if (!rules.zstdAllowed() && RecordBatch.compression(records, at) == Codec.ZSTD) {
      return new Refused(
          Errors.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs Produce version 7 or later");
    }
    if (size < remaining) {
      refused = checkBoundary(records, at + size, remaining - size);
      return refused != null && refused.error() == Errors.CORRUPT_MESSAGE
          ? refused
          : invalid("Exactly one batch for each partition is accepted");
    }
    return null;
  }

  /** Whether the start of a batch lies here, and its end within what remains. */
  private static Refused checkBoundary(ByteBuffer records, int at, int remaining) {
    if (remaining < RecordBatch.LOG_OVERHEAD) {
      return invalid("There is no record batch");
    }
    int length = records.getInt(at + RecordBatch.LENGTH_AT);
    if (length < MIN_LENGTH || length > Integer.MAX_VALUE - RecordBatch.LOG_OVERHEAD) {
      return corrupt("The length " + length + " cannot be that of a batch");
    }
    if (remaining < RecordBatch.MAGIC_PREFIX) {
      return invalid("The record batch is cut");
    }
    byte magic = RecordBatch.magic(records, at);
    if (magic < 0 || magic > RecordBatch.MAGIC) {
      return corrupt("There is no record format " + magic);
    }
    return length > remaining - RecordBatch.LOG_OVERHEAD
        ? invalid("The record batch is cut")
        : null;
  }

  private static Refused checkBatch(ByteBuffer batch, int at, ValidationRules rules) {
    int size = batch.remaining();
    if (RecordBatch.baseOffset(batch, at) != 0) {
      return invalid("The base offset must be 0");
    }
    if (size > rules.maxMessageBytes()) {
      return new Refused(
          Errors.MESSAGE_TOO_LARGE,
          "The batch has "
              + size
              + " bytes, more than max.message.bytes = "
              + rules.maxMessageBytes());
    }
    if (size < RecordBatch.HEADER_SIZE) {
      return corrupt("A batch of " + size + " bytes is shorter than its header");
    }
    if (!RecordBatch.isCrcValid(batch, at)) {
      return corrupt("The CRC does not match");
    }
    int codecId = RecordBatch.codecId(batch, at);
    if (Codec.ofId(codecId) == null) {
      return new Refused(
          Errors.UNSUPPORTED_COMPRESSION_TYPE, "There is no compression codec " + codecId);
    }
    return checkCounts(batch, at, rules);
  }

  private static Refused checkCounts(ByteBuffer batch, int at, ValidationRules rules) {
    int count = RecordBatch.count(batch, at);
    if (count <= 0) {
      return invalid("A batch cannot have " + count + " records");
    }
    int lastOffsetDelta = RecordBatch.lastOffsetDelta(batch, at);
    if (lastOffsetDelta != count - 1) {
      return invalid(
          "The last offset delta " + lastOffsetDelta + " does not match the count " + count);
    }
    if (rules.controlBatchesAllowed()) {
      return null;
    }
    if (RecordBatch.isControl(batch, at)) {
      return invalid("Clients may not write control batches");
    }
    boolean hasProducerId = RecordBatch.hasProducerId(batch, at);
    if (RecordBatch.isTransactional(batch, at) && !hasProducerId) {
      return invalid("A transactional batch needs a producer id");
    }
    if (hasProducerId && RecordBatch.baseSequence(batch, at) < 0) {
      return invalid(
          "A batch with producer id "
              + RecordBatch.producerId(batch, at)
              + " needs a sequence number, not "
              + RecordBatch.baseSequence(batch, at));
    }
    return null;
  }

  private static Refused invalid(String message) {
    return new Refused(Errors.INVALID_RECORD, message);
  }

  private static Refused corrupt(String message) {
    return new Refused(Errors.CORRUPT_MESSAGE, message);
  }
}
