package io.millrace.it;

import io.millrace.it.TransactionLedger.TransactionId;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;

/**
 * One transaction after the other under one transactional id, each with the same records in all
 * partitions of a topic. Some are aborted; now and then a producer is killed at any moment, or
 * another one takes over while it is in a transaction, and it tries to go on.
 *
 * <p>Owner: the test's thread; a thread of its own writes.
 */
final class TransactionWriter implements AutoCloseable {
  /** Records of a transaction in each partition. */
  static final int SEQUENCES = 2;

  private static final long PAUSE_NS = 80_000_000;

  /** A transaction of the dead is over before the checks after the fault are. */
  private static final int TRANSACTION_TIMEOUT_MS = 15_000;

  private final Clients clients;
  private final String id;
  private final String topic;
  private final int partitions;
  private final Random random;
  private final TransactionLedger ledger;
  private final ChaosGaps gaps = new ChaosGaps();
  private final Consumer<String> notes;
  private final Thread thread;
  private final AtomicInteger committed = new AtomicInteger();
  private volatile boolean finishing;
  private volatile boolean stopped;
  private volatile String last = "nothing";
  private volatile Throwable failure;

  /** Starts to write at once. */
  TransactionWriter(
      Clients clients,
      String id,
      String topic,
      int partitions,
      Random random,
      TransactionLedger ledger,
      Consumer<String> notes) {
    this.clients = clients;
    this.id = id;
    this.topic = topic;
    this.partitions = partitions;
    this.random = random;
    this.ledger = ledger;
    this.notes = notes;
    thread = new Thread(this::run, id);
    thread.start();
  }

  private void run() {
    try {
      boolean done = false;
      while (!done && !stopped) {
        done = work();
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  static KafkaProducer<byte[], byte[]> producer(Clients clients, String id) {
    return clients.producer(
        Map.of(
            "transactional.id", id,
            "transaction.timeout.ms", TRANSACTION_TIMEOUT_MS,
            "linger.ms", 0,
            "request.timeout.ms", 5_000,
            "delivery.timeout.ms", 20_000,
            "max.block.ms", 20_000,
            "retry.backoff.ms", 20,
            "reconnect.backoff.ms", 20,
            "reconnect.backoff.max.ms", 100));
  }

  /** Until a producer is of no use any more, or the last transaction is committed. */
  private boolean work() {
    KafkaProducer<byte[], byte[]> producer = producer(clients, id);
    try {
      producer.initTransactions();
      while (!stopped) {
        boolean isLast = finishing;
        int what = isLast ? 99 : random.nextInt(100);
        TransactionId transaction = ledger.begin(id);
        last = transaction + ", " + what;
        if (what < 4) {
          killSoon(producer);
        }
        producer.beginTransaction();
        if (what >= 4 && what < 8) {
          producer = replace(producer, transaction);
        } else if (what >= 8 && what < 22) {
          write(producer, transaction, 0, 1 + random.nextInt(SEQUENCES));
          producer.abortTransaction();
        } else {
          write(producer, transaction, 0, SEQUENCES);
          commit(producer, transaction);
        }
        if (isLast) {
          return true;
        }
        LockSupport.parkNanos(PAUSE_NS);
      }
    } catch (KafkaException | IllegalStateException e) {
      notes.accept(id + " goes on with another producer after " + last + ": " + e);
    } finally {
      producer.close(Duration.ZERO);
    }
    return false;
  }

  private void write(
      KafkaProducer<byte[], byte[]> producer, TransactionId transaction, int from, int to) {
    for (int sequence = from; sequence < to; sequence++) {
      for (int partition = 0; partition < partitions; partition++) {
        var unused =
            producer.send(TransactionRecord.toSend(topic, partition, transaction, sequence));
      }
    }
  }

  private void commit(KafkaProducer<byte[], byte[]> producer, TransactionId transaction) {
    ledger.commitAsked(transaction);
    producer.commitTransaction();
    ledger.committed(transaction);
    gaps.acknowledged();
    committed.incrementAndGet();
  }

  /** As kill -9: what is not sent yet never is, and nobody ends the transaction. */
  private void killSoon(KafkaProducer<byte[], byte[]> producer) {
    CompletableFuture.delayedExecutor(random.nextInt(40), TimeUnit.MILLISECONDS)
        .execute(() -> producer.close(Duration.ZERO));
  }

  /** Another producer takes over in the middle of a transaction; the former one tries to go on. */
  private KafkaProducer<byte[], byte[]> replace(
      KafkaProducer<byte[], byte[]> former, TransactionId transaction) {
    write(former, transaction, 0, random.nextInt(SEQUENCES + 1));
    KafkaProducer<byte[], byte[]> next = producer(clients, id);
    try {
      next.initTransactions();
      ledger.fenced(transaction);
      goOnFenced(former, transaction);
      return next;
    } catch (KafkaException | IllegalStateException e) {
      next.close(Duration.ZERO);
      throw e;
    } finally {
      former.close(Duration.ZERO);
    }
  }

  private void goOnFenced(KafkaProducer<byte[], byte[]> former, TransactionId transaction) {
    try {
      write(
          former,
          transaction,
          TransactionRecord.AFTER_FENCE,
          TransactionRecord.AFTER_FENCE + SEQUENCES);
      former.commitTransaction();
      ledger.violation(transaction + " was committed after its producer had been fenced");
    } catch (KafkaException | IllegalStateException e) {
      // As it must be.
    }
  }

  /** When its commits were acknowledged. */
  ChaosGaps gaps() {
    return gaps;
  }

  /** Commits that were acknowledged. */
  int committed() {
    return committed.get();
  }

  /** Begins no more than one other transaction, which is committed: nothing is left open. */
  void finish() {
    finishing = true;
  }

  boolean isFinished() {
    return !thread.isAlive() && failure == null;
  }

  @Override
  public String toString() {
    return id
        + ", last "
        + last
        + (thread.isAlive() ? "" : ", ended")
        + (failure == null ? "" : " with " + failure);
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join(TestCluster.PATIENCE.toMillis());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
