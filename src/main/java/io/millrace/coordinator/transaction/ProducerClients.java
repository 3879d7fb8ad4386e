package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Decision;
import java.util.HashMap;
import java.util.Map;

/**
 * From where the producer of each transactional id last spoke to this coordinator. In memory only:
 * nothing is known after a load until the producer's next request, and nobody decides by it.
 *
 * <p>Owner: partition loop.
 */
final class ProducerClients {
  /** Ids that were never written, because something failed, before all of those are forgotten. */
  private static final int MAX_STRANGERS = 1_000;

  private final Transactions transactions;
  private final Map<String, ProducerClient> byId = new HashMap<>();

  ProducerClients(Transactions transactions) {
    this.transactions = transactions;
  }

  /** null = not known. */
  ProducerClient of(String transactionalId) {
    return byId.get(transactionalId);
  }

  /**
   * A producer begins, and {@code decision} came of it; nothing decided = it was refused.
   *
   * @param client null = not known: nothing is noted
   */
  void onBegin(String transactionalId, ProducerClient client, Decision decision) {
    if (client != null && !decision.records().isEmpty()) {
      put(transactionalId, client);
    }
  }

  /** A producer has asked for something; who is fenced is not noted. */
  void onRequest(String transactionalId, long producerId, short epoch, ProducerClient client) {
    Transaction known = transactions.get(transactionalId);
    if (client != null
        && known != null
        && known.currentProducerId() == producerId
        && known.currentEpoch() == epoch) {
      put(transactionalId, client);
    }
  }

  private void put(String transactionalId, ProducerClient client) {
    byId.put(transactionalId, client);
    if (byId.size() > transactions.all().size() + MAX_STRANGERS) {
      byId.keySet().removeIf(id -> transactions.get(id) == null);
    }
  }

  void remove(String transactionalId) {
    byId.remove(transactionalId);
  }
}
