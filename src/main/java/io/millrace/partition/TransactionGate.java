package io.millrace.partition;

import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.record.RecordBatch;
import io.millrace.record.ValidationResult;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.kafka.common.protocol.Errors;

/**
 * Holds the batches of a producer whose transaction is not open in a leader's log until the
 * producer's coordinator says that this partition takes part (KIP-890). Others pass, and those of
 * one producer keep their order.
 *
 * <p>Owner: partition loop.
 */
final class TransactionGate {
  /** Where batches go on. */
  interface Inside {
    /** Whether a transaction of the producer is open that began in this epoch. */
    boolean hasTransaction(long producerId, short producerEpoch);

    void assign(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs);
  }

  private record Held(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs) {
    TransactionVerifier.Question question(TopicIdPartition partition) {
      ByteBuffer batch = accepted.batch();
      return new TransactionVerifier.Question(
          append.transactionalId(),
          RecordBatch.producerId(batch, batch.position()),
          RecordBatch.producerEpoch(batch, batch.position()),
          partition,
          append.addsPartition());
    }
  }

  /** The batches of one producer. */
  private static final class Waiting {
    private final Queue<Held> held = new ArrayDeque<>();
    // A transaction of the producer ended here since the question was asked: the answer is about
    // that one, perhaps.
    private boolean stale;
  }

  private final Loop loop;
  private final TopicIdPartition id;
  private final TransactionVerifier verifier;
  private final Inside inside;
  // By producer id. Invariant: for each of them a question is on its way.
  private final Map<Long, Waiting> asking = new HashMap<>(0);

  TransactionGate(Loop loop, TopicIdPartition id, TransactionVerifier verifier, Inside inside) {
    this.loop = loop;
    this.id = id;
    this.verifier = verifier;
    this.inside = inside;
  }

  /** Lets a batch pass, or holds it. */
  void take(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs) {
    ByteBuffer batch = accepted.batch();
    int at = batch.position();
    if (!RecordBatch.isTransactional(batch, at)) {
      inside.assign(append, accepted, nowMs);
      return;
    }
    if (append.transactionalId() == null) {
      refuse(append, Errors.INVALID_RECORD, "A batch of a transaction needs a transactional id");
      return;
    }
    long producerId = RecordBatch.producerId(batch, at);
    Held held = new Held(append, accepted, nowMs);
    Waiting waiting = asking.get(producerId);
    if (waiting != null) {
      waiting.held.add(held);
    } else if (inside.hasTransaction(producerId, RecordBatch.producerEpoch(batch, at))) {
      inside.assign(append, accepted, nowMs);
    } else {
      Waiting first = new Waiting();
      first.held.add(held);
      asking.put(producerId, first);
      ask(producerId, first);
    }
  }

  /** A transaction of this producer ends here. */
  void onMarker(long producerId) {
    Waiting waiting = asking.get(producerId);
    if (waiting != null) {
      waiting.stale = true;
    }
  }

  private void ask(long producerId, Waiting waiting) {
    Held first = waiting.held.peek();
    waiting.stale = false;
    verifier
        .verify(first.question(id), first.append.deadlineMs())
        .onComplete(
            answer ->
                loop.run(
                    () ->
                        onAnswer(
                            producerId,
                            waiting,
                            answer.failed() ? Errors.UNKNOWN_SERVER_ERROR : answer.result())));
  }

  private void onAnswer(long producerId, Waiting waiting, Errors error) {
    if (asking.get(producerId) != waiting) {
      return;
    }
    if (error == Errors.NONE && waiting.stale) {
      ask(producerId, waiting);
      return;
    }
    asking.remove(producerId);
    if (error == Errors.NONE) {
      Held first = waiting.held.poll();
      inside.assign(first.append, first.accepted, first.nowMs);
    }
    for (Held held = waiting.held.poll(); held != null; held = waiting.held.poll()) {
      if (error == Errors.NONE) {
        // Of an epoch that was not asked about, perhaps.
        take(held.append, held.accepted, held.nowMs);
      } else {
        refuse(held.append, error, null);
      }
    }
  }

  /** Nothing passes any more. */
  void refuseAll(Errors why) {
    List<Waiting> all = new ArrayList<>(asking.values());
    asking.clear();
    for (Waiting waiting : all) {
      waiting.held.forEach(held -> refuse(held.append, why, null));
    }
  }

  private static void refuse(ProduceAppend append, Errors why, String text) {
    append.records().release();
    append.refuse(why, text);
  }
}
