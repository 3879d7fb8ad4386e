package io.millrace.record;

/**
 * What a topic says about the timestamps of its records.
 *
 * @param type {@code message.timestamp.type}
 * @param beforeMaxMs {@code message.timestamp.before.max.ms}: how far a record may lie in the past
 * @param afterMaxMs {@code message.timestamp.after.max.ms}: how far it may lie in the future; both
 *     hold for CreateTime only
 *     <p>Owner: immutable.
 */
public record TimestampRules(TimestampType type, long beforeMaxMs, long afterMaxMs) {
  /** Kafka's defaults: CreateTime, any past, one hour of future. */
  public static final TimestampRules DEFAULT =
      new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, 3_600_000L);

  public TimestampRules {
    if (beforeMaxMs < 0 || afterMaxMs < 0) {
      throw new IllegalArgumentException(
          "bounds of timestamps must not be negative: " + beforeMaxMs + ", " + afterMaxMs);
    }
  }
}
