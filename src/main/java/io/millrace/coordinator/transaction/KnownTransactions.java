package io.millrace.coordinator.transaction;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which of the transactions that partitions have in progress belong to one that is not over here.
 * Pure.
 *
 * <p>Epochs do not matter: whatever the producer's transaction is, its end will end what the
 * partition has. A transaction that may stay prepared (KIP-939) protects everything of its
 * producer.
 *
 * <p>Owner: partition loop.
 */
final class KnownTransactions {
  private KnownTransactions() {}

  static Set<TakingPart> among(Collection<TakingPart> asked, Iterable<Transaction> transactions) {
    Map<Long, List<TakingPart>> byProducer = new HashMap<>();
    for (TakingPart each : asked) {
      byProducer.computeIfAbsent(each.producerId(), any -> new ArrayList<>()).add(each);
    }
    Set<TakingPart> known = new HashSet<>();
    for (Transaction one : transactions) {
      if (one.state().isAtRest() || one.state() == TransactionState.DEAD) {
        continue;
      }
      for (long producerId :
          new long[] {one.producerId(), one.previousProducerId(), one.nextProducerId()}) {
        for (TakingPart each : byProducer.getOrDefault(producerId, List.of())) {
          if (one.partitions().contains(each.partition())
              || one.timeoutMs() == Transaction.NO_TIMEOUT) {
            known.add(each);
          }
        }
      }
    }
    return known;
  }
}
