package io.millrace.coordinator.transaction;

import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
import io.millrace.log.ProducersOfLog;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.protocol.Errors;

/**
 * A partition of a leader that never fails: the real rules of a log for producers and markers, on
 * batches of one record. It asks the coordinator before the first batch of a transaction (KIP-890),
 * as {@code TransactionGate} does.
 */
final class SimulatedPartition implements TransactionParticipant {
  /** A batch, of one record. */
  static final class Entry {
    final SimulatedProducer producer;
    final long producerId;
    final short epoch;
    final int transaction;
    // < 0 = a coordinator writes it, without one.
    final int sequence;
    // null = open.
    Boolean committed;

    Entry(SimulatedProducer producer, int transaction, int sequence) {
      this.producer = producer;
      this.producerId = producer.producerId;
      this.epoch = producer.epoch;
      this.transaction = transaction;
      this.sequence = sequence;
    }

    @Override
    public String toString() {
      return "transaction %d/%d of %d %d".formatted(transaction, sequence, producerId, epoch);
    }
  }

  /** A batch whose producer waits for the answer of the coordinator. */
  private static final class Held {
    final Entry entry;
    final Awaited<Errors> ack;
    final int markers;
    final Awaited<AddPartitionsToTxnResult> answer;

    Held(Entry entry, Awaited<Errors> ack, int markers, Awaited<AddPartitionsToTxnResult> answer) {
      this.entry = entry;
      this.ack = ack;
      this.markers = markers;
      this.answer = answer;
    }
  }

  private final TopicPartition id;
  private final TransactionFixture shard;
  private final ProducersOfLog log = new ProducersOfLog();
  private final OpenEntries entries = new OpenEntries();
  private final Map<Long, Integer> markers = new HashMap<>();
  private List<Held> held = new ArrayList<>();

  SimulatedPartition(TransactionFixture shard, TopicPartition id) {
    this.shard = shard;
    this.id = id;
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
    return entries.changes();
  }

  /** A batch arrives, perhaps late or again. */
  void produce(Entry entry, Awaited<Errors> ack) {
    if (!log.beginsTransaction(entry.producerId, entry.epoch, entry.sequence)) {
      append(entry, ack);
      return;
    }
    AddPartitionsToTxnTransaction question =
        TransactionFixture.addRequest(
                entry.producerId, entry.epoch, entry.producer.version == 1, id.toString())
            .setTransactionalId(entry.producer.transactionalId);
    held.add(new Held(entry, ack, markersOf(entry), shard.add(5, question)));
  }

  private int markersOf(Entry entry) {
    return markers.getOrDefault(entry.producerId, 0);
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
    } else if (markersOf(one.entry) != one.markers) {
      produce(one.entry, one.ack);
    } else {
      append(one.entry, one.ack);
    }
  }

  private void append(Entry entry, Awaited<Errors> ack) {
    Errors error = log.append(entry.producerId, entry.epoch, entry.sequence);
    if (error == Errors.NONE) {
      entries.add(entry, id);
    }
    ack.complete(error == Errors.DUPLICATE_SEQUENCE_NUMBER ? Errors.NONE : error);
  }

  @Override
  public boolean end(TransactionMarker marker) {
    if (log.append(marker) == Errors.NONE) {
      markers.merge(marker.producerId(), 1, Integer::sum);
      entries.end(marker);
    }
    // A refused one is over: MarkerSender.
    return true;
  }

  @Override
  public String toString() {
    return id + " open " + entries + " holds " + held.stream().map(one -> one.entry).toList();
  }

  @Override
  public boolean hasOpen() {
    return entries.hasOpen();
  }

  @Override
  public boolean isHolding() {
    return !held.isEmpty();
  }
}
