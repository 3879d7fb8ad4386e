package io.millrace.metadata;

import java.util.Map;

/**
 * Levels of {@code transaction.version}, as Kafka's:
 *
 * <pre>
 *  0   producers add partitions to their transactions themselves
 *  1   records of transactions can have fields that older releases skip
 *  2   each transaction has an epoch of its own, and Produce adds partitions (KIP-890); producers
 *      that do not know of it are served as before
 * </pre>
 *
 * <p>Owner: any thread.
 */
public final class TransactionVersion {
  /** The feature's name. */
  public static final String FEATURE = "transaction.version";

  public static final int OLDEST = 0;
  public static final int NEWEST = 2;

  private TransactionVersion() {}

  /** The level in use, given what is finalized. */
  public static int of(Map<String, Integer> features) {
    return features.getOrDefault(FEATURE, OLDEST);
  }
}
