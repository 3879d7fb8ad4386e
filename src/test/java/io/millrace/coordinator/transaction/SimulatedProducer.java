package io.millrace.coordinator.transaction;

import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
import io.millrace.model.TopicPartition;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.protocol.Errors;

/**
 * One instance of an application with a transactional id. It does not know of its successors: then
 * it is a zombie.
 */
final class SimulatedProducer {
  /** What all instances share, and what came of their transactions. */
  interface World {
    Random random();

    TransactionFixture shard();

    List<SimulatedPartition> partitions();

    SimulatedOffsets offsets();

    /** Whether a producer waits on for an answer. */
    boolean isPatient();

    int newTransaction();

    /** A request is sent once more, to arrive at any time. */
    void duplicate(Runnable request);

    void onBegun(SimulatedProducer producer);

    void onAcknowledged(int transaction);

    void onEnded(int transaction, boolean commits);
  }

  /** What an instance was told when it began; later ones are greater. */
  record Begun(long producerId, short epoch) implements Comparable<Begun> {
    private static final Comparator<Begun> ORDER =
        Comparator.comparingLong(Begun::producerId).thenComparingInt(Begun::epoch);

    @Override
    public int compareTo(Begun other) {
      return ORDER.compare(this, other);
    }
  }

  private static final Set<Errors> RETRIABLE =
      Set.of(
          Errors.CONCURRENT_TRANSACTIONS, Errors.NOT_COORDINATOR, Errors.COORDINATOR_NOT_AVAILABLE);

  private final World world;
  final String transactionalId;
  final int instance;
  final int version;
  private final Map<String, Begun> newestBegun;
  long producerId = -1;
  short epoch = -1;

  private boolean begun;
  // null = alive.
  private String causeOfDeath;
  // The request under way; null = none.
  private Supplier<Boolean> awaited;
  // 0 = no transaction.
  private int transaction;
  private int offsetCommits;
  private int acknowledged;
  // Of the current producer id and epoch.
  private final Map<TopicPartition, Integer> nextSequences = new HashMap<>();
  private final Set<TopicPartition> joined = new HashSet<>();
  private boolean mustAbort;
  private boolean mustResume;
  // null = not decided yet.
  private Boolean commits;

  /**
   * An instance.
   *
   * @param newestBegun by transactional id
   */
  SimulatedProducer(
      World world,
      String transactionalId,
      int instance,
      int version,
      Map<String, Begun> newestBegun) {
    this.world = world;
    this.transactionalId = transactionalId;
    this.instance = instance;
    this.version = version;
    this.newestBegun = newestBegun;
  }

  /** A later instance was told that it may work. */
  boolean isSucceeded() {
    return begun && isSucceeded(producerId, epoch);
  }

  /** Somebody has begun later than the producer that had this epoch. */
  boolean isSucceeded(long ofProducerId, short ofEpoch) {
    Begun newest = newestBegun.get(transactionalId);
    return newest != null && newest.compareTo(new Begun(ofProducerId, ofEpoch)) > 0;
  }

  boolean isDead() {
    return causeOfDeath != null;
  }

  boolean isIdle() {
    return isDead() || (begun && awaited == null && transaction == 0 && !mustResume);
  }

  void die() {
    causeOfDeath = "killed";
  }

  /** Does the next thing that it can. */
  void step(boolean beginsTransactions) {
    if (isDead()) {
      return;
    }
    if (awaited != null) {
      if (awaited.get()) {
        awaited = null;
      } else if (!world.isPatient()) {
        // Gives up waiting: perhaps the request is carried out yet.
        awaited = null;
        mustAbort |= transaction != 0 && commits == null;
      }
      return;
    }
    if (!begun || (mustResume && transaction == 0)) {
      begin();
    } else if (transaction == 0) {
      if (beginsTransactions) {
        transaction = world.newTransaction();
        offsetCommits = 0;
        acknowledged = 0;
      }
    } else if (commits != null) {
      end();
    } else if (mustAbort) {
      decide(false);
    } else if (acknowledged < 1 + world.random().nextInt(6)) {
      write();
    } else {
      decide(world.random().nextInt(3) > 0);
    }
  }

  private void decide(boolean toCommit) {
    if (!toCommit && joined.isEmpty() && version == 1) {
      // Nothing has begun, as far as the coordinator knows.
      over(mustAbort);
      return;
    }
    commits = toCommit;
    end();
  }

  private void over(boolean resumes) {
    transaction = 0;
    joined.clear();
    commits = null;
    mustResume = resumes && version == 1;
    mustAbort = false;
  }

  private <R> void await(Awaited<R> reply, Consumer<R> onAnswer) {
    awaited =
        () -> {
          if (!reply.isDone()) {
            return false;
          }
          if (reply.value() != null) {
            onAnswer.accept(reply.value());
          } else {
            onError("waiting", reply.failure());
          }
          return true;
        };
  }

  private void maybeTwice(Runnable request) {
    if (version == 2 && world.random().nextInt(10) == 0) {
      world.duplicate(request);
    }
  }

  // ---- requests

  private void begin() {
    InitProducerIdRequestData request =
        new InitProducerIdRequestData()
            .setTransactionalId(transactionalId)
            .setTransactionTimeoutMs(TransactionFixture.TIMEOUT_MS);
    if (begun) {
      request.setProducerId(producerId).setProducerEpoch(epoch);
      maybeTwice(() -> world.shard().init(request, (short) 5));
    }
    await(
        world.shard().init(request, (short) 5),
        answer -> {
          Errors error = Errors.forCode(answer.errorCode());
          if (error == Errors.NONE) {
            nextSequences.clear();
            producerId = answer.producerId();
            epoch = answer.producerEpoch();
            begun = true;
            mustResume = false;
            world.onBegun(this);
          } else {
            onError("beginning", error);
          }
        });
  }

  private void onError(String when, Errors error) {
    if (!RETRIABLE.contains(error)) {
      causeOfDeath = when + ": " + error;
    }
  }

  private void write() {
    List<SimulatedPartition> all = world.partitions();
    int to = world.random().nextInt(all.size() + 1);
    if (to == all.size()) {
      commitOffsets();
      return;
    }
    SimulatedPartition partition = all.get(to);
    if (version == 1 && !joined.contains(partition.id())) {
      join(partition);
      return;
    }
    joined.add(partition.id());
    int sequence = nextSequences.merge(partition.id(), 1, Integer::sum) - 1;
    SimulatedPartition.Entry entry = new SimulatedPartition.Entry(this, transaction, sequence);
    maybeTwice(() -> partition.produce(entry, new Awaited<>()));
    Awaited<Errors> ack = new Awaited<>();
    partition.produce(entry, ack);
    awaitWritten(ack);
  }

  private void commitOffsets() {
    SimulatedOffsets offsets = world.offsets();
    if (version == 1 && !joined.contains(offsets.id())) {
      joinOffsets(offsets);
      return;
    }
    joined.add(offsets.id());
    SimulatedPartition.Entry entry =
        new SimulatedPartition.Entry(this, transaction, -1 - offsetCommits++);
    maybeTwice(() -> offsets.commit(entry, new Awaited<>()));
    Awaited<Errors> ack = new Awaited<>();
    offsets.commit(entry, ack);
    awaitWritten(ack);
  }

  private void awaitWritten(Awaited<Errors> ack) {
    int written = transaction;
    await(
        ack,
        error -> {
          if (error == Errors.NONE) {
            acknowledged++;
            world.onAcknowledged(written);
          } else if (RETRIABLE.contains(error)
              || error == Errors.TRANSACTION_ABORTABLE
              || error == Errors.INVALID_TXN_STATE) {
            mustAbort = true;
          } else {
            onError("writing", error);
          }
        });
  }

  private void joinOffsets(SimulatedOffsets offsets) {
    Awaited<Errors> reply =
        world
            .shard()
            .ask(
                answer ->
                    world
                        .shard()
                        .shard
                        .addOffsets(
                            transactionalId, producerId, epoch, offsets.id(), (short) 3, answer));
    await(
        reply,
        error -> {
          if (error == Errors.NONE) {
            joined.add(offsets.id());
          } else {
            onError("joining", error);
          }
        });
  }

  private void join(SimulatedPartition partition) {
    Awaited<AddPartitionsToTxnResult> reply =
        world
            .shard()
            .add(
                3,
                TransactionFixture.addRequest(producerId, epoch, false, partition.id().toString())
                    .setTransactionalId(transactionalId));
    await(
        reply,
        answer -> {
          Errors error = Errors.valueOf(TransactionFixture.added(reply));
          if (error == Errors.NONE) {
            joined.add(partition.id());
          } else {
            onError("joining", error);
          }
        });
  }

  private void end() {
    EndTxnRequestData request =
        new EndTxnRequestData()
            .setTransactionalId(transactionalId)
            .setProducerId(producerId)
            .setProducerEpoch(epoch)
            .setCommitted(commits);
    Supplier<Awaited<EndTxnResponseData>> send =
        () ->
            world
                .shard()
                .ask(
                    reply ->
                        world
                            .shard()
                            .shard
                            .endTxn(
                                request,
                                (short) (version == 1 ? 4 : 5),
                                world.shard().nextProducerId++,
                                reply));
    maybeTwice(
        () -> {
          var unused = send.get();
        });
    boolean asked = commits;
    await(
        send.get(),
        answer -> {
          Errors error = Errors.forCode(answer.errorCode());
          if (error == Errors.NONE) {
            world.onEnded(transaction, asked);
            if (version == 2) {
              nextSequences.clear();
              producerId = answer.producerId();
              epoch = answer.producerEpoch();
            }
            over(mustAbort);
          } else {
            onError("ending", error);
          }
        });
  }

  @Override
  public String toString() {
    return "%s instance %d version %d: %d %d%s%s, transaction %d %s"
        .formatted(
            transactionalId,
            instance,
            version,
            producerId,
            epoch,
            isDead() ? " dead (" + causeOfDeath + ")" : "",
            awaited == null ? "" : " waits",
            transaction,
            commits);
  }
}
