package io.millrace.coordinator.shard;

import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a command or a timer decides: the records to be appended, all in one batch or none unless it
 * is {@link #divisible}, and the replies that are released once these and all earlier records are
 * committed. A decision without records only reads: its replies wait for the commit of what it has
 * read, and until it is sure that nobody else had committed more if it is to be {@link #current}.
 *
 * <p>Owner: partition loop.
 */
public final class Decision {
  private record Answer<R>(Reply<R> reply, R value) {
    void release() {
      reply.complete(value);
    }

    void refuse(Errors error) {
      reply.fail(error, null);
    }
  }

  private final List<CoordinatorRecord> records = new ArrayList<>();
  private final List<Answer<?>> answers = new ArrayList<>();
  private boolean divisible;
  private boolean current;
  // -1 = the records are of no transaction.
  private long producerId = -1;
  private short producerEpoch = -1;
  // null = no transaction ends.
  private TransactionMarker marker;

  /** Adds a record; they are replayed in the order of the calls. */
  public Decision append(CoordinatorRecord record) {
    records.add(record);
    return this;
  }

  /** Adds records in their order. */
  public Decision append(List<CoordinatorRecord> more) {
    records.addAll(more);
    return this;
  }

  /** Adds a reply. */
  public <R> Decision answer(Reply<R> reply, R value) {
    answers.add(new Answer<>(reply, value));
    return this;
  }

  /** Adds all of another decision; divisible only if both are. */
  public Decision merge(Decision other) {
    records.addAll(other.records);
    answers.addAll(other.answers);
    divisible &= other.divisible;
    current |= other.current;
    return this;
  }

  /** Whether it neither changes nor answers anything. */
  public boolean isEmpty() {
    return records.isEmpty() && answers.isEmpty() && marker == null;
  }

  /**
   * Lets the records go into as many batches as they need, so that after a failure some may be
   * there and others not: each of them makes sense alone (an offset that expires, say).
   */
  public Decision divisible() {
    divisible = true;
    return this;
  }

  public boolean isDivisible() {
    return divisible;
  }

  /**
   * The answer must have everything that anybody had been told when it was asked for, also by
   * another node that leads by now. What appends records needs no such promise: they are committed
   * by whoever leads, or not at all.
   */
  public Decision current() {
    current = true;
    return this;
  }

  public boolean isCurrent() {
    return current;
  }

  /**
   * Makes the records part of a producer's transaction: they go into a batch of their own, and are
   * replayed as {@link Shard#replay(long, CoordinatorRecord)}. Such a decision is merged with no
   * other.
   */
  public Decision inTransaction(long id, short epoch) {
    producerId = id;
    producerEpoch = epoch;
    return this;
  }

  /** -1 = the records are of no transaction. */
  public long producerId() {
    return producerId;
  }

  public short producerEpoch() {
    return producerEpoch;
  }

  /**
   * Ends a producer's transaction instead of appending records: the marker goes into a batch of its
   * own, and is replayed as {@link Shard#replay(TransactionMarker)}. Such a decision is merged with
   * no other.
   */
  public Decision ends(TransactionMarker transaction) {
    marker = transaction;
    return this;
  }

  /** null = no transaction ends. */
  public TransactionMarker marker() {
    return marker;
  }

  public List<CoordinatorRecord> records() {
    return records;
  }

  /** Everything is committed. */
  public void release() {
    answers.forEach(Answer::release);
  }

  /** The records were not appended, or nobody knows whether they are. */
  public void refuse(Errors error) {
    answers.forEach(answer -> answer.refuse(error));
  }
}
