package io.millrace.http;

import io.millrace.api.transactions.HangingTransactions;
import io.millrace.coordinator.transaction.ProducerClient;
import io.millrace.coordinator.transaction.Transaction;
import io.millrace.model.TopicPartition;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * Draws transactions as JSON.
 *
 * <p>Owner: immutable.
 */
final class TransactionJson {
  /** Partitions shown of one transaction; {@code partitionCount} says how many there are. */
  static final int MAX_PARTITIONS = 1_000;

  private static final Comparator<TopicPartition> BY_NAME =
      Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

  private TransactionJson() {}

  /** The answer of {@code /api/v1/transactions}. */
  static JsonObject page(TransactionsView.Page page, List<HangingTransactions.Found> hanging) {
    List<Transaction> all = page.transactions();
    JsonArray transactions = new JsonArray();
    all.forEach(
        one ->
            transactions.add(
                transaction(one, page.clients().get(one.transactionalId()), page.nowMs())));
    return new JsonObject()
        .put("transactions", transactions)
        .put(
            "next",
            page.more() && !all.isEmpty() ? all.get(all.size() - 1).transactionalId() : null)
        .put("incomplete", page.incomplete())
        .put("hanging", hanging(hanging));
  }

  private static JsonArray hanging(List<HangingTransactions.Found> all) {
    JsonArray hanging = new JsonArray();
    for (HangingTransactions.Found one : all) {
      hanging.add(
          new JsonObject()
              .put("topic", one.partition().topic())
              .put("partition", one.partition().partition())
              .put("producerId", one.producerId())
              .put("producerEpoch", one.producerEpoch())
              .put("startOffset", one.firstOffset())
              .put("seenAt", Instant.ofEpochMilli(one.seenAtMs()).toString())
              .put(
                  "endedAt",
                  one.endedAtMs() < 0 ? null : Instant.ofEpochMilli(one.endedAtMs()).toString()));
    }
    return hanging;
  }

  /** Times only while it is open: what is over has a start too, and would seem to go on. */
  private static JsonObject transaction(Transaction of, ProducerClient client, long nowMs) {
    boolean open = !of.state().isAtRest() && of.startMs() >= 0;
    JsonArray partitions = new JsonArray();
    of.partitions().stream()
        .sorted(BY_NAME)
        .limit(MAX_PARTITIONS)
        .forEach(
            partition ->
                partitions.add(
                    new JsonObject()
                        .put("topic", partition.topic())
                        .put("partition", partition.partition())));
    return new JsonObject()
        .put("transactionalId", of.transactionalId())
        .put("producerId", of.producerId())
        .put("producerEpoch", of.producerEpoch())
        .put("clientAddress", client == null ? null : client.address())
        .put("clientId", client == null ? null : client.clientId())
        .put("state", of.state().shown())
        .put("timeoutMs", of.timeoutMs() == Transaction.NO_TIMEOUT ? null : of.timeoutMs())
        .put("startedAt", open ? Instant.ofEpochMilli(of.startMs()).toString() : null)
        .put("durationMs", open ? Math.max(0, nowMs - of.startMs()) : null)
        .put("updatedAt", Instant.ofEpochMilli(of.updatedMs()).toString())
        .put("partitionCount", of.partitions().size())
        .put("partitions", partitions);
  }
}
