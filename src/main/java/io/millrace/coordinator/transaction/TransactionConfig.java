package io.millrace.coordinator.transaction;

/**
 * Settings of the transaction coordinator.
 *
 * @param maxTimeoutMs {@code transaction.max.timeout.ms}
 * @param idExpirationMs {@code transactional.id.expiration.ms}
 * @param expiryCheckIntervalMs {@code transaction.remove.expired.transaction.cleanup.interval.ms}
 * @param twoPhaseCommit {@code transaction.two.phase.commit.enable} (KIP-939)
 * @param waitMs how long a command waits for the end of a transaction that is being completed,
 *     before it answers CONCURRENT_TRANSACTIONS; 0 = not at all
 * @param maxWaiting commands that wait at the same time for one transactional id
 *     <p>Owner: immutable.
 */
public record TransactionConfig(
    int maxTimeoutMs,
    long idExpirationMs,
    long expiryCheckIntervalMs,
    boolean twoPhaseCommit,
    int waitMs,
    int maxWaiting) {
  /** Longer would only make clients wonder. */
  public static final int DEFAULT_WAIT_MS = 1_000;

  public static final int DEFAULT_MAX_WAITING = 32;

  public TransactionConfig {
    if (maxTimeoutMs < 1
        || idExpirationMs < 1
        || expiryCheckIntervalMs < 1
        || waitMs < 0
        || maxWaiting < 0) {
      throw new IllegalArgumentException(
          "%d, %d, %d, %d, %d"
              .formatted(maxTimeoutMs, idExpirationMs, expiryCheckIntervalMs, waitMs, maxWaiting));
    }
  }
}
