package io.millrace.record;

import io.millrace.record.RecordStream.Outcome;
import io.millrace.record.ValidationResult.Accepted;
import io.millrace.record.ValidationResult.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.BufferSupplier;

/**
 * Decides whether what a producer sent for one partition may be appended, as Apache Kafka does, and
 * makes it ready for that: exactly one batch of format v2, whose size, CRC, counts, offset deltas
 * and every length in every record hold. Stricter than Kafka where Kafka would keep something
 * malformed: bytes after the batch, offset deltas other than 0, 1, 2…, wrong record lengths in
 * compressed batches, transactions without a producer id.
 *
 * <p>Uncompressed batches are walked where they lie. Compressed ones are decompressed through a
 * window of 16 KiB and are never held whole. In place are changed, and only of accepted batches:
 * timestamp type, max timestamp and the CRC. A batch that the topic wants in another codec is
 * compressed anew; all its other fields and the bytes of its records stay.
 *
 * <p>One instance judges any number of batches, one at a time. It is small: the buffers for
 * decompressing belong to the thread.
 *
 * <p>Owner: partition loop, or the worker that made it.
 */
public final class BatchValidator {
  /** A compressed batch of more bytes is not decompressed on an event loop. */
  public static final int HEAVY_BYTES = 64 * 1024;

  /** How many of the records that broke a rule are told to the client. */
  public static final int MAX_RECORD_ERRORS = 1000;

  /** More decompressed bytes than this are not looked at on an event loop. */
  static final long MAX_INLINE_DECOMPRESSED_BYTES = 1 << 20;

  /** More decompressed bytes than this make no batch: a decompression bomb costs this at most. */
  static final long MAX_DECOMPRESSED_BYTES = 1L << 30;

  /** What decompressing needs, kept for each thread: partitions are many and threads are few. */
  private record Scratch(RecordStream stream, BufferSupplier buffers) {
    private static final ThreadLocal<Scratch> OF_THREAD =
        ThreadLocal.withInitial(() -> new Scratch(new RecordStream(), BufferSupplier.create()));
  }

  private final RecordChecks checks = new RecordChecks();
  private String fault;

  public BatchValidator() {}

  /**
   * Whether these records take so long that {@link #validate} belongs on a worker: compressed and
   * large, or to be compressed anew. Looks at the header only.
   */
  public static boolean isHeavy(ByteBuffer records, ValidationRules rules) {
    int size = records.remaining();
    if (size < RecordBatch.HEADER_SIZE) {
      return false;
    }
    Codec source = RecordBatch.compression(records, records.position());
    if (source == null) {
      return false;
    }
    return (source != Codec.NONE && size > HEAVY_BYTES)
        || rules.compression().codecFor(source) != source;
  }

  /**
   * Validates on an event loop.
   *
   * @return null = too long for a loop, because {@link #isHeavy} or because far more came out of
   *     the decompressor than went in; nothing was changed, and {@link #validate} on a worker must
   *     decide
   */
  public ValidationResult validateInline(ByteBuffer records, ValidationRules rules, long nowMs) {
    return isHeavy(records, rules)
        ? null
        : validate(records, rules, nowMs, MAX_INLINE_DECOMPRESSED_BYTES);
  }

  /**
   * Validates, however long it takes.
   *
   * @param records position to limit: what was sent for the partition; writable. Neither is moved
   * @param nowMs wall time; the append time if the topic has LogAppendTime
   */
  public ValidationResult validate(ByteBuffer records, ValidationRules rules, long nowMs) {
    return validate(records, rules, nowMs, MAX_DECOMPRESSED_BYTES);
  }

  private ValidationResult validate(
      ByteBuffer records, ValidationRules rules, long nowMs, long maxDecompressedBytes) {
    Refused refused = HeaderChecks.check(records, rules);
    if (refused != null) {
      return refused;
    }
    int at = records.position();
    Codec source = RecordBatch.compression(records, at);
    Codec target = rules.compression().codecFor(source);
    checks.start(records, at, rules, nowMs);
    if (source != target) {
      return recompress(records, source, target, rules, nowMs);
    }
    Outcome outcome =
        source == Codec.NONE
            ? walk(records)
            : decompress(records, source, maxDecompressedBytes, null);
    if (outcome == Outcome.TOO_LONG && maxDecompressedBytes < MAX_DECOMPRESSED_BYTES) {
      return null;
    }
    refused = refusal(outcome);
    return refused != null ? refused : accept(records, rules, nowMs);
  }

  private ValidationResult recompress(
      ByteBuffer records, Codec source, Codec target, ValidationRules rules, long nowMs) {
    try (Recompression recompression =
        new Recompression(
            records, target, rules.compression().compression(), rules.maxMessageBytes())) {
      Outcome outcome;
      if (source == Codec.NONE) {
        outcome = walk(records);
        if (outcome == Outcome.WELL_FORMED) {
          recompression.writeUncompressed();
        }
      } else {
        outcome = decompress(records, source, MAX_DECOMPRESSED_BYTES, recompression);
      }
      Refused refused = refusal(outcome);
      if (refused != null) {
        return refused;
      }
      ByteBuffer rebuilt = recompression.finish();
      return rebuilt == null
          ? new Refused(
              Errors.MESSAGE_TOO_LARGE,
              "The batch, compressed as the topic wants it, has more bytes than max.message.bytes = "
                  + rules.maxMessageBytes())
          : accept(rebuilt, rules, nowMs);
    }
  }

  private Outcome walk(ByteBuffer batch) {
    int at = batch.position();
    fault =
        RecordWalk.walk(
            batch,
            at + RecordBatch.HEADER_SIZE,
            batch.limit(),
            RecordBatch.count(batch, at),
            checks);
    return fault == null ? Outcome.WELL_FORMED : Outcome.MALFORMED;
  }

  private Outcome decompress(ByteBuffer batch, Codec codec, long maxBytes, Recompression copyTo) {
    int at = batch.position();
    Scratch scratch = Scratch.OF_THREAD.get();
    RecordStream stream = scratch.stream();
    try (InputStream records =
        Compressions.decompress(
            codec, batch, at + RecordBatch.HEADER_SIZE, batch.limit(), scratch.buffers())) {
      Outcome outcome =
          stream.walk(records, RecordBatch.count(batch, at), checks, maxBytes, copyTo);
      fault = stream.fault();
      return outcome;
    } catch (IOException e) {
      fault = "not readable as " + codec.configName();
      return Outcome.MALFORMED;
    }
  }

  /** null = well-formed, and no record broke a rule. */
  private Refused refusal(Outcome outcome) {
    return switch (outcome) {
      case WELL_FORMED -> checks.refusal();
      case MALFORMED -> new Refused(Errors.INVALID_RECORD, "The batch is malformed: " + fault);
      case TOO_LONG ->
          new Refused(
              Errors.MESSAGE_TOO_LARGE,
              "The batch has more than " + MAX_DECOMPRESSED_BYTES + " bytes when decompressed");
    };
  }

  private ValidationResult accept(ByteBuffer batch, ValidationRules rules, long nowMs) {
    if (batch.remaining() > rules.segmentBytes()) {
      return new Refused(
          Errors.RECORD_LIST_TOO_LARGE,
          "The batch has "
              + batch.remaining()
              + " bytes, more than segment.bytes = "
              + rules.segmentBytes());
    }
    int at = batch.position();
    TimestampType type = rules.timestamps().type();
    boolean appendTime = type == TimestampType.LOG_APPEND_TIME;
    long maxTimestamp = appendTime ? nowMs : checks.maxTimestamp();
    RecordBatch.setMaxTimestamp(batch, at, type, maxTimestamp);
    return new Accepted(batch, RecordBatch.count(batch, at), maxTimestamp, appendTime ? nowMs : -1);
  }
}
