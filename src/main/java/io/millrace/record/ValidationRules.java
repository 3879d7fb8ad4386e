package io.millrace.record;

/**
 * What a topic demands of the batches that are appended to it. Made when the topic's settings
 * change, not per request.
 *
 * @param maxMessageBytes {@code max.message.bytes}: the greatest size of a batch, as sent and as
 *     stored
 * @param segmentBytes {@code segment.bytes}: a batch must fit into one segment
 * @param compacted {@code cleanup.policy} has {@code compact}: every record needs a key
 * @param timestamps what is said about timestamps
 * @param compression how batches are to be stored
 * @param zstdAllowed false for Produce before version 7, whose clients cannot know zstd (KIP-110)
 * @param controlBatchesAllowed true for coordinators only, which write markers
 *     <p>Owner: immutable.
 */
public record ValidationRules(
    int maxMessageBytes,
    int segmentBytes,
    boolean compacted,
    TimestampRules timestamps,
    CompressionTarget compression,
    boolean zstdAllowed,
    boolean controlBatchesAllowed) {
  /** Kafka's defaults for a topic. */
  public static final ValidationRules DEFAULT =
      new ValidationRules(
          1_048_588,
          1 << 30,
          false,
          TimestampRules.DEFAULT,
          CompressionTarget.producer(),
          true,
          false);

  public ValidationRules {
    if (maxMessageBytes < 0 || segmentBytes < 0) {
      throw new IllegalArgumentException(
          "sizes must not be negative: " + maxMessageBytes + ", " + segmentBytes);
    }
  }

  /** The same with another greatest batch size. */
  public ValidationRules withMaxMessageBytes(int bytes) {
    return new ValidationRules(
        bytes,
        segmentBytes,
        compacted,
        timestamps,
        compression,
        zstdAllowed,
        controlBatchesAllowed);
  }

  /** The same with another segment size. */
  public ValidationRules withSegmentBytes(int bytes) {
    return new ValidationRules(
        maxMessageBytes,
        bytes,
        compacted,
        timestamps,
        compression,
        zstdAllowed,
        controlBatchesAllowed);
  }

  /** The same for a compacted topic or not. */
  public ValidationRules withCompacted(boolean isCompacted) {
    return new ValidationRules(
        maxMessageBytes,
        segmentBytes,
        isCompacted,
        timestamps,
        compression,
        zstdAllowed,
        controlBatchesAllowed);
  }

  /** The same with other rules for timestamps. */
  public ValidationRules withTimestamps(TimestampRules rules) {
    return new ValidationRules(
        maxMessageBytes,
        segmentBytes,
        compacted,
        rules,
        compression,
        zstdAllowed,
        controlBatchesAllowed);
  }

  /** The same with another compression. */
  public ValidationRules withCompression(CompressionTarget target) {
    return new ValidationRules(
        maxMessageBytes,
        segmentBytes,
        compacted,
        timestamps,
        target,
        zstdAllowed,
        controlBatchesAllowed);
  }

  /** The same for a Produce request before version 7. */
  public ValidationRules withoutZstd() {
    return new ValidationRules(
        maxMessageBytes,
        segmentBytes,
        compacted,
        timestamps,
        compression,
        false,
        controlBatchesAllowed);
  }

  /** The same for what a coordinator writes. */
  public ValidationRules withControlBatches() {
    return new ValidationRules(
        maxMessageBytes, segmentBytes, compacted, timestamps, compression, zstdAllowed, true);
  }
}
