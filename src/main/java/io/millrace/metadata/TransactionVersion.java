package io.millrace.metadata;

import java.util.Map;

/**
 * Levels of {@code transaction.version}, as Kafka's, but for 0:
 *
 * <pre>
 *  0   there are no transactions: some nodes may be of a release that does not know them
 *  1   producers add partitions to their transactions themselves
 *  2   each transaction has an epoch of its own, and Produce adds partitions (KIP-890); producers
 *      that do not know of it are served as before
 * </pre>
 *
 * <p>Owner: any thread.
 */
public final class TransactionVersion {
  /** The feature's name. */
  public static final String FEATURE = "transaction.version";

  /** Where coordinators keep transactions; it exists from the first one on. */
  public static final String STATE_TOPIC = "__transaction_state";

  public static final int OLDEST = 0;
  public static final int NEWEST = 2;

  /** Supported by every release that has transactions, and by none before. */
  public static final int FIRST_KNOWN = 1;

  private TransactionVersion() {}

  /** Whether every node of the cluster knows transactions. */
  public static boolean hasTransactions(ClusterImage image) {
    return of(image.features()) > 0;
  }

  /** The level in use, given what is finalized. */
  public static int of(Map<String, Integer> features) {
    return features.getOrDefault(FEATURE, OLDEST);
  }

  /**
   * Whether all nodes of a cluster know transactions, whatever is finalized. One of an older
   * release cannot follow a partition that has transactional offset commits, writes no markers, and
   * shows its readers what was aborted. A node that is alone is this one.
   */
  public static boolean isKnownToAll(ClusterImage image) {
    return image.brokers().size() <= 1
        || image.brokers().values().stream().allMatch(broker -> isKnownTo(broker.traits()));
  }

  /** Whether a node knows transactions. */
  public static boolean isKnownTo(NodeTraits node) {
    return node.supports(FEATURE, FIRST_KNOWN);
  }
}
