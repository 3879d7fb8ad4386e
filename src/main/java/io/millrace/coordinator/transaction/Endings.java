package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * Ends transactions: decides, has the markers written once the decision is committed, and writes
 * down that all have them. Whatever fails on the way is tried again, after a load as well, so that
 * no transaction hangs.
 *
 * <p>Owner: partition loop.
 */
final class Endings {
  private static final int RETRY_MS = 500;
  private static final String LOADED_TIMER = "transactions.loaded";

  private final int partition;
  private final Transactions transactions;
  private final Timers timers;
  private final IntSupplier coordinatorEpoch;
  private final MarkerWriter markers;
  private final Function<String, Draft> drafts;
  private final Waiting waiting;
  private final Function<String, ProducerClient> clients;
  // When the timer for the timeout of an id is due. It stays when the transaction ends in time: the
  // next one finds it, and costs nothing unless its own deadline is nearer.
  private final Map<String, Long> timed = new HashMap<>();
  private boolean loaded;

  /** The endings of a shard whose transactions {@code drafts} gives. */
  Endings(
      int partition,
      Transactions transactions,
      Timers timers,
      IntSupplier coordinatorEpoch,
      MarkerWriter markers,
      Function<String, Draft> drafts,
      Waiting waiting,
      Function<String, ProducerClient> clients) {
    this.partition = partition;
    this.transactions = transactions;
    this.timers = timers;
    this.coordinatorEpoch = coordinatorEpoch;
    this.markers = markers;
    this.drafts = drafts;
    this.waiting = waiting;
    this.clients = clients;
  }

  // ---- deciding

  /** Ends the ongoing transaction of a draft as {@code prepared} says. */
  void prepare(Draft draft, Transaction prepared) {
    draft.become(prepared);
    draft.answer(new WhenCommitted(prepared), Errors.NONE);
    if (prepared.partitions().isEmpty()) {
      draft.become(prepared.completed(draft.nowMs()));
    }
  }

  /** Aborts the ongoing transaction of a draft, so that its producer can do no more in it. */
  void fence(Draft draft) {
    Transaction ongoing = draft.transaction();
    prepare(
        draft,
        draft.transactionVersion() >= Transaction.VERSION_2
            ? ongoing.prepared2(false, Transaction.NO_PRODUCER_ID, draft.nowMs())
            : ongoing.fenced1(draft.nowMs()));
  }

  /**
   * The decision is committed: to be carried out. Or it was refused, or nobody knows: then whatever
   * the state calls for is done later.
   */
  private final class WhenCommitted implements Reply<Errors> {
    private final Transaction decided;

    WhenCommitted(Transaction decided) {
      this.decided = decided;
    }

    @Override
    public void complete(Errors none) {
      writeMarkers(decided);
    }

    @Override
    public void fail(Errors error, String message) {
      retryLater(decided.transactionalId());
    }
  }

  private void writeMarkers(Transaction decided) {
    String id = decided.transactionalId();
    if (!loaded || !isAbout(transactions.get(id), decided.producerId(), decided.producerEpoch())) {
      return;
    }
    Set<TopicPartition> open = transactions.open(id);
    if (!open.isEmpty()) {
      markers.write(partition, id, marker(decided), Set.copyOf(open));
    }
  }

  private TransactionMarker marker(Transaction decided) {
    return new TransactionMarker(
        decided.producerId(),
        decided.producerEpoch(),
        decided.state() == TransactionState.PREPARE_COMMIT,
        coordinatorEpoch.getAsInt(),
        decided.clientVersion());
  }

  private static boolean isAbout(Transaction transaction, long producerId, short producerEpoch) {
    return transaction != null
        && transaction.state().isPrepared()
        && transaction.producerId() == producerId
        && transaction.producerEpoch() == producerEpoch;
  }

  private void retryLater(String transactionalId) {
    if (loaded) {
      timers.schedule("retry " + transactionalId, RETRY_MS, () -> goOn(transactionalId));
    }
  }

  // ---- going on

  /** Some partitions are done. */
  Decision onWritten(
      String transactionalId,
      long producerId,
      short producerEpoch,
      Collection<TopicPartition> done,
      Reply<Errors> reply) {
    if (!isAbout(transactions.get(transactionalId), producerId, producerEpoch)) {
      return new Decision().answer(reply, Errors.NONE);
    }
    transactions.onWritten(transactionalId, done);
    Draft draft = drafts.apply(transactionalId);
    completeIfDone(draft);
    draft.answer(reply, Errors.NONE);
    return draft.decision();
  }

  private void completeIfDone(Draft draft) {
    String id = draft.transactionalId();
    if (!transactions.open(id).isEmpty()) {
      return;
    }
    draft.answer(new WhenCommitted(draft.transaction()), Errors.NONE);
    draft.become(draft.transaction().completed(draft.nowMs()));
    waiting.resume(draft);
  }

  /** What the state of an id calls for, if nobody else does it. */
  private Decision goOn(String transactionalId) {
    Draft draft = drafts.apply(transactionalId);
    goOn(draft);
    return draft.decision();
  }

  private void goOn(Draft draft) {
    Transaction transaction = draft.transaction();
    if (transaction == null) {
      return;
    }
    switch (transaction.state()) {
      case ONGOING -> abortIfTimedOut(draft);
      case PREPARE_EPOCH_FENCE -> fence(draft);
      case PREPARE_COMMIT, PREPARE_ABORT -> {
        if (transactions.open(draft.transactionalId()).isEmpty()) {
          completeIfDone(draft);
        } else {
          draft.answer(new WhenCommitted(transaction), Errors.NONE);
        }
      }
      case EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT, DEAD -> {
        // Nothing is open.
      }
    }
  }

  // ---- time

  /** A record was replayed. */
  void onReplayed(Transaction transaction) {
    if (loaded) {
      watch(transaction);
    }
  }

  /** Sees to it that the transaction does not outlive its timeout. */
  private void watch(Transaction transaction) {
    long deadlineMs = transaction.deadlineMs();
    String id = transaction.transactionalId();
    if (deadlineMs != Long.MAX_VALUE && deadlineMs < timed.getOrDefault(id, Long.MAX_VALUE)) {
      timed.put(id, deadlineMs);
      timers.schedule("timeout " + id, deadlineMs - timers.nowMs(), () -> onTimeout(id));
    }
  }

  private Decision onTimeout(String transactionalId) {
    timed.remove(transactionalId);
    Draft draft = drafts.apply(transactionalId);
    if (draft.transaction() != null) {
      abortIfTimedOut(draft);
    }
    return draft.decision();
  }

  private void abortIfTimedOut(Draft draft) {
    Transaction transaction = draft.transaction();
    if (transaction.deadlineMs() <= draft.nowMs()) {
      markers.onTimedOut(transaction, clients.apply(transaction.transactionalId()));
      fence(draft);
    } else {
      watch(transaction);
    }
  }

  // ---- life

  /** All records are replayed: what is open is taken up. */
  void onLoaded() {
    loaded = true;
    List<String> decided = new ArrayList<>();
    for (Transaction transaction : transactions.all()) {
      if (transaction.state() == TransactionState.PREPARE_EPOCH_FENCE) {
        timers.schedule(
            "retry " + transaction.transactionalId(), 0, () -> goOn(transaction.transactionalId()));
      } else if (transaction.state().isPrepared()) {
        decided.add(transaction.transactionalId());
      } else {
        watch(transaction);
      }
    }
    if (!decided.isEmpty()) {
      timers.schedule(LOADED_TIMER, 0, () -> carryOut(decided));
    }
  }

  /** What was decided before the load: once all that was loaded is committed. */
  private Decision carryOut(List<String> decided) {
    Decision all = new Decision();
    decided.forEach(id -> all.merge(goOn(id)));
    return all;
  }

  void onUnloaded() {
    loaded = false;
    markers.stop(partition);
  }
}
