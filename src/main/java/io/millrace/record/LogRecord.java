package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One record of a batch, decoded.
 *
 * @param timestampMs its own, or the batch's append time; -1 = none
 * @param sizeInBytes bytes of the record, uncompressed
 * @param key position to limit; null = none
 * @param value position to limit; null = a tombstone
 *     <p>Owner: immutable; the buffers are views of the batch or of the record's own copy.
 */
public record LogRecord(
    long offset,
    long timestampMs,
    int sizeInBytes,
    ByteBuffer key,
    ByteBuffer value,
    List<Header> headers) {
  /**
   * A header.
   *
   * @param value position to limit; null = none
   */
  public record Header(String key, ByteBuffer value) {}
}
