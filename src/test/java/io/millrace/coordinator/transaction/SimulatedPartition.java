package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
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
 * A partition's log as simple as it can be: batches, markers, and what it knows of producers. It
 * asks the coordinator before the first batch of a transaction (KIP-890).
 */
final class SimulatedPartition {
  /** A batch, of one record. */
  static final class Entry {
    final SimulatedProducer producer;
    final long producerId;
    final short epoch;
    final int transaction;
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

  private static final class ProducerState {
    short epoch = -1;
    int coordinatorEpoch = -1;
    int markers;
    final List<Entry> open = new ArrayList<>();
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

  final TopicPartition id;
  final List<Entry> entries = new ArrayList<>();
  private final TransactionFixture shard;
  private final Map<Long, ProducerState> producers = new HashMap<>();
  private List<Held> held = new ArrayList<>();

  SimulatedPartition(TransactionFixture shard, TopicPartition id) {
    this.shard = shard;
    this.id = id;
  }

  private ProducerState state(long producerId) {
    return producers.computeIfAbsent(producerId, any -> new ProducerState());
  }

  /** A batch arrives, perhaps late or again. */
  void produce(Entry entry, Awaited<Errors> ack) {
    ProducerState state = state(entry.producerId);
    if (entry.epoch < state.epoch) {
      ack.complete(Errors.INVALID_PRODUCER_EPOCH);
    } else if (entries.stream().anyMatch(known -> isSame(known, entry))) {
      ack.complete(Errors.NONE);
    } else if (!state.open.isEmpty() && entry.epoch == state.epoch) {
      append(entry, state);
      ack.complete(Errors.NONE);
    } else {
      AddPartitionsToTxnTransaction question =
          TransactionFixture.addRequest(
                  entry.producerId, entry.epoch, entry.producer.version == 1, id.toString())
              .setTransactionalId(entry.producer.transactionalId);
      held.add(new Held(entry, ack, state.markers, shard.add(5, question)));
    }
  }

  private static boolean isSame(Entry one, Entry other) {
    return one.producerId == other.producerId
        && one.epoch == other.epoch
        && one.transaction == other.transaction
        && one.sequence == other.sequence;
  }

  /** Goes on with what the coordinator has answered. */
  void step() {
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
    ProducerState state = state(one.entry.producerId);
    if (answer != Errors.NONE) {
      one.ack.complete(answer);
    } else if (state.markers != one.markers || one.entry.epoch < state.epoch) {
      produce(one.entry, one.ack);
    } else if (entries.stream().anyMatch(known -> isSame(known, one.entry))) {
      one.ack.complete(Errors.NONE);
    } else {
      append(one.entry, state);
      one.ack.complete(Errors.NONE);
    }
  }

  private void append(Entry entry, ProducerState state) {
    assertThat(entry.producer.isSucceeded(entry.producerId, entry.epoch))
        .as("fenced never writes: %s in %s", entry, id)
        .isFalse();
    state.epoch = entry.epoch;
    state.open.add(entry);
    entries.add(entry);
  }

  /** A marker arrives, perhaps late or again; whether the partition has it or needs it no more. */
  boolean end(TransactionMarker marker) {
    ProducerState state = state(marker.producerId());
    if (marker.coordinatorEpoch() < state.coordinatorEpoch) {
      return false;
    }
    boolean over =
        (marker.transactionVersion() >= 2 && !state.open.isEmpty())
            ? marker.producerEpoch() <= state.epoch
            : marker.producerEpoch() < state.epoch;
    if (over) {
      return true;
    }
    state.coordinatorEpoch = marker.coordinatorEpoch();
    state.epoch = marker.producerEpoch();
    state.markers++;
    state.open.forEach(entry -> entry.committed = marker.commits());
    state.open.clear();
    return true;
  }

  @Override
  public String toString() {
    List<String> open = new ArrayList<>();
    producers.forEach(
        (producerId, state) -> {
          if (!state.open.isEmpty()) {
            open.add(state.open + " epoch " + state.epoch);
          }
        });
    return id + " open " + open + " holds " + held.stream().map(one -> one.entry).toList();
  }

  boolean hasOpen() {
    return producers.values().stream().anyMatch(state -> !state.open.isEmpty());
  }

  boolean isHolding() {
    return !held.isEmpty();
  }
}
