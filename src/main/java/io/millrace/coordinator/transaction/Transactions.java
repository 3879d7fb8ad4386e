package io.millrace.coordinator.transaction;

import io.millrace.model.TopicPartition;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The transactional ids of a shard. Changed only by replay.
 *
 * <p>Owner: partition loop.
 */
final class Transactions {
  private final Map<String, Transaction> byId = new HashMap<>();
  // Invariant: there for exactly the prepared ones; what no report has named as done. Not in
  // records: after a load every partition is asked again.
  private final Map<String, Set<TopicPartition>> open = new HashMap<>();

  /** null = the id is not known. */
  Transaction get(String transactionalId) {
    return byId.get(transactionalId);
  }

  Collection<Transaction> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** Partitions of a prepared transaction that may not have the marker. */
  Set<TopicPartition> open(String transactionalId) {
    return Collections.unmodifiableSet(open.get(transactionalId));
  }

  /** Partitions of a prepared transaction have the marker. */
  void onWritten(String transactionalId, Collection<TopicPartition> done) {
    Set<TopicPartition> left = open.get(transactionalId);
    done.forEach(left::remove);
  }

  void put(Transaction transaction) {
    String id = transaction.transactionalId();
    byId.put(id, transaction);
    if (transaction.state().isPrepared()) {
      open.put(id, new HashSet<>(transaction.partitions()));
    } else {
      open.remove(id);
    }
  }

  void remove(String transactionalId) {
    byId.remove(transactionalId);
    open.remove(transactionalId);
  }
}
