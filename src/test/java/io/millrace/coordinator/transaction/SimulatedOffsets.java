package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.group.CommitTicket;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.OffsetConfig;
import io.millrace.coordinator.group.TestGroupCoordinator;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.SimulatedPartition.Entry;
import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
import io.millrace.log.ProducersOfLog;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * A partition of {@code __consumer_offsets} with the real shard of groups and the real rules of a
 * log: each transactional id commits offsets of a topic of its own in its transactions, and the
 * offset that it commits is the number of the transaction. It asks the coordinator first, as {@code
 * TxnOffsetCommitHandler} does.
 *
 * <p>Invariant: offsets move exactly with the transaction, whoever reads the log.
 */
final class SimulatedOffsets implements TransactionParticipant {
  private static final OffsetConfig CONFIG =
      new OffsetConfig(10, Long.MAX_VALUE / 4, Long.MAX_VALUE / 4);
  private static final Uuid TOPIC_ID = new Uuid(1, 1);
  private static final String GROUP = "g";

  /** A commit that waits for the answer of the coordinator. */
  private record Held(
      Entry entry,
      Awaited<Errors> ack,
      CommitTicket ticket,
      Awaited<AddPartitionsToTxnResult> answer) {}

  private final TopicPartition id = new TopicPartition("__consumer_offsets", 0);
  private final TransactionFixture transactions;
  private final ProducersOfLog log = new ProducersOfLog();
  private final OpenEntries entries = new OpenEntries();
  private TestGroupCoordinator groups = loaded(List.of());
  private List<Held> held = new ArrayList<>();
  private int failOvers;

  SimulatedOffsets(TransactionFixture transactions) {
    this.transactions = transactions;
  }

  private static TestGroupCoordinator loaded(List<TestGroupCoordinator.Logged> log) {
    TestGroupCoordinator loaded = new TestGroupCoordinator(CONFIG);
    log.forEach(logged -> logged.replay(loaded.shard));
    loaded.log.addAll(log);
    return loaded;
  }

  @Override
  public TopicPartition id() {
    return id;
  }

  @Override
  public List<Entry> entries() {
    return entries.all();
  }

  @Override
  public int changes() {
    return entries.changes() + failOvers;
  }

  /** A commit arrives, perhaps late or again. */
  void commit(Entry entry, Awaited<Errors> ack) {
    boolean verifies = entry.producer.version == 1;
    Awaited<CommitTicket> ticket = new Awaited<>();
    if (verifies) {
      groups.submit(GROUP, GroupShard::ticket, ticket);
    } else {
      ticket.complete(CommitTicket.NONE);
    }
    held.add(
        new Held(
            entry,
            ack,
            ticket.value(),
            transactions.add(
                5,
                TransactionFixture.addRequest(
                        entry.producerId, entry.epoch, verifies, id.toString())
                    .setTransactionalId(entry.producer.transactionalId))));
  }

  @Override
  public void step() {
    List<Held> all = held;
    held = new ArrayList<>();
    for (Held one : all) {
      if (!one.answer.isDone()) {
        held.add(one);
      } else if (one.answer.failure() != null) {
        one.ack.complete(one.answer.failure());
      } else {
        goOn(one);
      }
    }
  }

  private void goOn(Held one) {
    Errors answer = Errors.valueOf(TransactionFixture.added(one.answer));
    if (answer != Errors.NONE) {
      one.ack.complete(answer);
      return;
    }
    groups.submit(
        GROUP,
        (shard, reply) -> append(one, shard, reply),
        new Reply<TxnOffsetCommitResponseData>() {
          @Override
          public void complete(TxnOffsetCommitResponseData response) {
            one.ack.complete(
                Errors.forCode(response.topics().get(0).partitions().get(0).errorCode()));
          }

          @Override
          public void fail(Errors error, String message) {
            if (error == Errors.CONCURRENT_TRANSACTIONS) {
              commit(one.entry, one.ack);
            } else {
              one.ack.complete(error);
            }
          }
        });
  }

  private Decision append(Held one, GroupShard shard, Reply<TxnOffsetCommitResponseData> reply) {
    Entry entry = one.entry;
    Decision decision =
        shard.commitOffsets(
            request(entry),
            Map.of(entry.producer.transactionalId, TOPIC_ID),
            (short) (entry.producer.version == 1 ? 4 : 5),
            one.ticket,
            reply);
    if (decision.records().isEmpty()) {
      return decision;
    }
    Errors error = log.append(decision.producerId(), decision.producerEpoch(), -1);
    if (error != Errors.NONE) {
      decision.refuse(error);
      return new Decision();
    }
    entries.add(entry, id);
    return decision;
  }

  @Override
  public boolean end(TransactionMarker marker) {
    if (log.append(marker) == Errors.NONE) {
      entries.end(marker);
      groups.endTransaction(marker.producerId(), marker.commits());
    }
    return true;
  }

  /** Another node loads the shard. */
  void failOver() {
    groups = loaded(groups.log);
    failOvers++;
  }

  /** The offset of each transactional id is that of its last transaction that was committed. */
  void check() {
    Map<String, Long> expected = new TreeMap<>();
    Set<String> open = new TreeSet<>();
    for (Entry entry : entries.all()) {
      String of = entry.producer.transactionalId;
      if (entry.committed == null) {
        open.add(of);
      } else if (entry.committed) {
        expected.put(of, (long) entry.transaction);
      }
    }
    for (String of : List.of("a", "b")) {
      assertThat(fetch(of, false).committedOffset())
          .as("offsets move exactly with the transaction: of %s", of)
          .isEqualTo(expected.getOrDefault(of, -1L));
      assertThat(Errors.forCode(fetch(of, true).errorCode()))
          .as("offsets wait for their transaction: of %s", of)
          .isEqualTo(open.contains(of) ? Errors.UNSTABLE_OFFSET_COMMIT : Errors.NONE);
    }
  }

  private OffsetFetchResponsePartitions fetch(String topic, boolean requireStable) {
    OffsetFetchRequestGroup request =
        new OffsetFetchRequestGroup()
            .setGroupId(GROUP)
            .setTopics(
                List.of(
                    new OffsetFetchRequestTopics().setName(topic).setPartitionIndexes(List.of(0))));
    Awaited<OffsetFetchResponseGroup> answer = new Awaited<>();
    groups.submit(
        GROUP, (shard, reply) -> shard.fetchOffsets(request, requireStable, reply), answer);
    return answer.value().topics().get(0).partitions().get(0);
  }

  private static TxnOffsetCommitRequestData request(Entry entry) {
    return new TxnOffsetCommitRequestData()
        .setGroupId(GROUP)
        .setProducerId(entry.producerId)
        .setProducerEpoch(entry.epoch)
        .setTopics(
            List.of(
                new TxnOffsetCommitRequestTopic()
                    .setName(entry.producer.transactionalId)
                    .setPartitions(
                        List.of(
                            new TxnOffsetCommitRequestPartition()
                                .setPartitionIndex(0)
                                .setCommittedOffset(entry.transaction)))));
  }

  @Override
  public boolean hasOpen() {
    return entries.hasOpen();
  }

  @Override
  public boolean isHolding() {
    return !held.isEmpty();
  }

  @Override
  public String toString() {
    return id + " open " + entries + " holds " + held.stream().map(Held::entry).toList();
  }
}
