package io.millrace.partition;

import io.millrace.log.PartitionLog;
import io.millrace.model.Loop;
import io.millrace.record.RecordBatch;
import io.millrace.record.ValidationResult;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;

/**
 * Lets no batch begin a transaction in a leader's log before the transaction's coordinator has
 * agreed (KIP-890). Until it answers, everything of that producer waits, in order; others pass.
 *
 * <p>A marker of the producer that comes meanwhile may have ended the very transaction that was
 * asked about, so the answer counts for nothing, and the coordinator is asked again.
 *
 * <p>Owner: partition loop.
 */
final class TransactionGate {
  /** Batches that may wait in one partition; their bytes are bounded as those of requests. */
  private static final int MAX_WAITING = 1_000;

  /** Takes a batch whose turn has come. */
  interface Leader {
    /** A batch that waited behind others; it may have to wait again. */
    void assign(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs);

    /** A batch that the coordinator has agreed to. */
    void assignVerified(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs);
  }

  private record Waiting(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs) {
    short epoch() {
      return RecordBatch.producerEpoch(accepted.batch(), accepted.batch().position());
    }

    void refuse(Errors error, String message) {
      append.records().release();
      append.refuse(error, message);
    }
  }

  /** A producer about whose first batch the coordinator is being asked. */
  private static final class Producer {
    private final TransactionVerifier.Question question;
    // Never empty; the first is the one that is asked about.
    private final ArrayDeque<Waiting> batches = new ArrayDeque<>();
    // A marker has come since the question.
    private boolean ended;

    Producer(TransactionVerifier.Question question) {
      this.question = question;
    }
  }

  private final Loop loop;
  private final PartitionLog log;
  private final TransactionVerifier verifier;
  private final Leader leader;
  private final Map<Long, Producer> producers = new HashMap<>();
  private int waiting;

  TransactionGate(Loop loop, PartitionLog log, TransactionVerifier verifier, Leader leader) {
    this.loop = loop;
    this.log = log;
    this.verifier = verifier;
    this.leader = leader;
  }

  /** Whether the gate has taken the batch, to be assigned or refused later, or has refused it. */
  boolean takes(ProduceAppend append, ValidationResult.Accepted accepted, long nowMs) {
    ByteBuffer batch = accepted.batch();
    int at = batch.position();
    if (!RecordBatch.hasProducerId(batch, at)) {
      return false;
    }
    long producerId = RecordBatch.producerId(batch, at);
    Waiting wanted = new Waiting(append, accepted, nowMs);
    Producer producer = producers.get(producerId);
    if (producer != null) {
      if (hasRoom(wanted)) {
        producer.batches.add(wanted);
      }
      return true;
    }
    if (!RecordBatch.isTransactional(batch, at)) {
      return false;
    }
    if (append.transactionalId() == null) {
      wanted.refuse(
          Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
          "A transactional batch needs the transactional id of its producer in the request");
      return true;
    }
    return log.beginsTransaction(batch) && asks(producerId, wanted);
  }

  private boolean hasRoom(Waiting wanted) {
    if (waiting < MAX_WAITING) {
      waiting++;
      return true;
    }
    wanted.refuse(
        wanted.append.addsPartition()
            ? Errors.CONCURRENT_TRANSACTIONS
            : Errors.NOT_ENOUGH_REPLICAS, // which clients of those versions send again after
        MAX_WAITING + " batches wait for coordinators of transactions already");
    return false;
  }

  /** false = the coordinator has agreed at once. */
  private boolean asks(long producerId, Waiting first) {
    TransactionVerifier.Question question =
        new TransactionVerifier.Question(
            first.append.transactionalId(),
            producerId,
            first.epoch(),
            log.id(),
            first.append.addsPartition());
    if (!hasRoom(first)) {
      return true;
    }
    Future<Errors> answer = verifier.verify(question, first.append.deadlineMs());
    if (answer.succeeded() && answer.result() == Errors.NONE) {
      waiting--;
      return false;
    }
    Producer producer = new Producer(question);
    producer.batches.add(first);
    producers.put(producerId, producer);
    await(answer, producer);
    return true;
  }

  private void await(Future<Errors> answer, Producer producer) {
    answer.onComplete(
        done ->
            loop.execute(
                () ->
                    onAnswer(
                        producer, done.succeeded() ? done.result() : Errors.UNKNOWN_SERVER_ERROR)));
  }

  private void onAnswer(Producer producer, Errors error) {
    if (producers.get(producer.question.producerId()) != producer) {
      return; // this replica leads no more
    }
    if (error == Errors.NONE && producer.ended) {
      producer.ended = false;
      await(
          verifier.verify(producer.question, producer.batches.peek().append.deadlineMs()),
          producer);
      return;
    }
    producers.remove(producer.question.producerId());
    waiting -= producer.batches.size();
    if (error == Errors.NONE) {
      Waiting first = producer.batches.poll();
      leader.assignVerified(first.append, first.accepted, first.nowMs);
    }
    for (Waiting each : producer.batches) {
      if (error != Errors.NONE && each.epoch() == producer.question.producerEpoch()) {
        each.refuse(error, null);
      } else {
        leader.assign(each.append, each.accepted, each.nowMs);
      }
    }
  }

  /** The producer's transaction ends now. */
  void onMarker(long producerId) {
    Producer producer = producers.get(producerId);
    if (producer != null) {
      producer.ended = true;
    }
  }

  /** Nothing is assigned here any more: gives back what waits, in the order of each producer. */
  List<ProduceAppend> end() {
    List<ProduceAppend> left = new ArrayList<>(waiting);
    producers.values().forEach(producer -> producer.batches.forEach(each -> left.add(each.append)));
    producers.clear();
    waiting = 0;
    return left;
  }
}
