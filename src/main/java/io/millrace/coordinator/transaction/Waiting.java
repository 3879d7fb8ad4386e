package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.Timers;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;

/**
 * Commands that wait until a transaction is completed, so that their producers need not ask again
 * and again. Bounded in time and number; then they are told CONCURRENT_TRANSACTIONS, upon which a
 * producer does ask again.
 *
 * <p>Owner: partition loop.
 */
final class Waiting {
  private record Waiter(Attempt attempt, long deadlineMs) {}

  private final Timers timers;
  private final TransactionConfig config;
  private final Function<String, Draft> drafts;
  // Invariant: no queue is empty; those at the head have waited longest.
  private final Map<String, ArrayDeque<Waiter>> byId = new HashMap<>();

  /** Commands that wait in a shard whose transactions {@code drafts} gives. */
  Waiting(Timers timers, TransactionConfig config, Function<String, Draft> drafts) {
    this.timers = timers;
    this.config = config;
    this.drafts = drafts;
  }

  /** Tries a command, which waits if it must. */
  void attempt(Draft draft, Attempt attempt) {
    attempt(draft, new Waiter(attempt, draft.nowMs() + config.waitMs()));
  }

  /** Tries a command that must not wait. */
  static void attemptNow(Draft draft, Attempt attempt) {
    if (!attempt.tryOn(draft)) {
      attempt.refuse(draft, Errors.CONCURRENT_TRANSACTIONS);
    }
  }

  private void attempt(Draft draft, Waiter waiter) {
    if (waiter.attempt.tryOn(draft)) {
      return;
    }
    String id = draft.transactionalId();
    ArrayDeque<Waiter> queue = byId.get(id);
    int waiting = queue == null ? 0 : queue.size();
    if (waiter.deadlineMs <= draft.nowMs() || waiting >= config.maxWaiting()) {
      waiter.attempt.refuse(draft, Errors.CONCURRENT_TRANSACTIONS);
      return;
    }
    if (queue == null) {
      queue = new ArrayDeque<>();
      byId.put(id, queue);
      schedule(draft, waiter);
    }
    queue.add(waiter);
  }

  private void schedule(Draft draft, Waiter first) {
    String id = draft.transactionalId();
    timers.schedule(timer(id), first.deadlineMs - draft.nowMs(), () -> expire(id).decision());
  }

  private static String timer(String transactionalId) {
    return "wait " + transactionalId;
  }

  private Draft expire(String transactionalId) {
    Draft draft = drafts.apply(transactionalId);
    ArrayDeque<Waiter> queue = byId.get(transactionalId);
    if (queue == null) {
      return draft;
    }
    // The first has waited long enough whatever the wall clock, which may jump, makes of it.
    do {
      queue.poll().attempt.refuse(draft, Errors.CONCURRENT_TRANSACTIONS);
    } while (!queue.isEmpty() && queue.peek().deadlineMs <= draft.nowMs());
    if (queue.isEmpty()) {
      byId.remove(transactionalId);
    } else {
      schedule(draft, queue.peek());
    }
    return draft;
  }

  /** The transaction is completed by this draft: what waits for it is tried, in its order. */
  void resume(Draft draft) {
    ArrayDeque<Waiter> queue = byId.remove(draft.transactionalId());
    if (queue == null) {
      return;
    }
    timers.cancel(timer(draft.transactionalId()));
    for (Waiter waiter : queue) {
      attempt(draft, waiter);
    }
  }

  /** The shard ends. */
  void fail(Errors why) {
    byId.values().forEach(queue -> queue.forEach(waiter -> waiter.attempt.fail(why)));
    byId.clear();
  }
}
