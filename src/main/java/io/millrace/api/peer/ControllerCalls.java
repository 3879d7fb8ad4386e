package io.millrace.api.peer;

import io.millrace.client.PeerException;
import io.millrace.model.Clock;
import io.millrace.quorum.QuorumException;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * Makes a command survive a change of the controller: it is sent again, to whoever leads then,
 * until somebody answers or the time is over. NOT_CONTROLLER is the only answer after which that
 * happens.
 *
 * <p>Owner: any thread.
 */
final class ControllerCalls {
  /** One attempt at a command, with the node that leads now. */
  interface Attempt<T> {
    /**
     * Sends it.
     *
     * @param again an earlier attempt has no answer and may have been carried out
     */
    Future<T> send(boolean again);
  }

  /**
   * How long and how fast.
   *
   * @param totalMs for all attempts together
   * @param leaderlessMs while nobody leads: when it has been so for so long, the client is told so,
   *     and looks for a node that knows more. Longer than a change of the controller takes, seen
   *     from a node that takes part in it
   * @param firstBackoffMs between an attempt and the next with the same node; doubles
   * @param maxBackoffMs and grows no further
   */
  record Limits(long totalMs, long leaderlessMs, long firstBackoffMs, long maxBackoffMs) {}

  private static final int DONE = -1;

  private final Vertx vertx;
  private final IntSupplier leader;
  private final Limits limits;
  private final Leaderless leaderless = new Leaderless();
  private final Set<Call<?>> calls = ConcurrentHashMap.newKeySet();

  ControllerCalls(Vertx vertx, IntSupplier leader, Limits limits) {
    this.vertx = vertx;
    this.leader = leader;
    this.limits = limits;
  }

  /** Runs a command; completes on the caller's context if it has one. */
  <T> Future<T> run(Attempt<T> attempt) {
    Context caller = Vertx.currentContext();
    Promise<T> promise =
        caller == null ? Promise.promise() : ((ContextInternal) caller).<T>promise();
    Call<T> call = new Call<>(attempt, promise);
    calls.add(call);
    call.start();
    return promise.future();
  }

  /** Another node leads, or nobody does: what waits for the old one need not. */
  void onLeaderChange() {
    leaderless.observe(leader.getAsInt() >= 0, nowMs());
    calls.forEach(Call::onLeaderChange);
  }

  /** Nobody leads from now on, whether or not there are commands. */
  void onLeaderLost() {
    leaderless.observe(false, nowMs());
  }

  private static long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(Clock.SYSTEM.nanos());
  }

  /** Commands under way. */
  int size() {
    return calls.size();
  }

  private static boolean mayBeDone(Throwable why) {
    return !(why.getCause() instanceof PeerException peer) || peer.maybeReceived();
  }

  /**
   * One command. Its steps (attempts and pauses) have numbers; an event belongs to the step during
   * which it was asked for, and only the first event of a step moves on.
   *
   * <p>Owner: who has moved {@link #step} on last.
   */
  private final class Call<T> {
    private final Attempt<T> attempt;
    private final Promise<T> promise;
    private final AtomicInteger step = new AtomicInteger();
    private long deadlineTimer;
    private long backoffMs = limits.firstBackoffMs();
    private boolean again;
    private volatile int target = -1;
    private volatile Throwable last;

    Call(Attempt<T> attempt, Promise<T> promise) {
      this.attempt = attempt;
      this.promise = promise;
    }

    void start() {
      deadlineTimer = vertx.setTimer(limits.totalMs(), id -> onDeadline());
      proceed(0);
    }

    private boolean moveOn(int from, int to) {
      return step.compareAndSet(from, to);
    }

    private void proceed(int number) {
      int node = leader.getAsInt();
      target = node;
      long leaderlessMs = leaderless.observe(node >= 0, nowMs());
      if (node < 0) {
        onNobodyLeads(number, leaderlessMs);
        return;
      }
      if (step.get() != number) {
        // A change of the leader came in between: that step sends, and may not know of this one.
        return;
      }
      Future<T> answer;
      try {
        answer = attempt.send(again);
      } catch (RuntimeException bug) {
        answer = Future.failedFuture(bug);
      }
      answer.onComplete(result -> onAnswer(number, result));
    }

    /**
     * NOT_CONTROLLER is what brings a client to another node, also when an attempt has no answer
     * and may have been carried out: a controller of Kafka that is deposed says the same.
     */
    private void onNobodyLeads(int number, long leaderlessMs) {
      if (leaderlessMs < limits.leaderlessMs()) {
        pause(number);
      } else if (moveOn(number, DONE)) {
        end();
        promise.fail(
            new QuorumException(
                Errors.NOT_CONTROLLER,
                "This node has not known a controller for "
                    + leaderlessMs
                    + " ms: ask another node"
                    + (again ? "; an attempt without an answer may have been carried out" : ""),
                last));
      }
    }

    private void onAnswer(int number, AsyncResult<T> result) {
      boolean moved =
          result.failed()
              && result.cause() instanceof QuorumException refused
              && refused.error() == Errors.NOT_CONTROLLER;
      if (!moveOn(number, moved ? number + 1 : DONE)) {
        return;
      }
      if (!moved) {
        end();
        promise.handle(result);
        return;
      }
      again |= mayBeDone(result.cause());
      last = result.cause();
      int asked = target;
      target = -1;
      int now = leader.getAsInt();
      if (now >= 0 && now != asked) {
        proceed(number + 1);
      } else {
        pause(number + 1);
      }
    }

    private void pause(int number) {
      vertx.setTimer(
          backoffMs,
          id -> {
            if (moveOn(number, number + 1)) {
              proceed(number + 1);
            }
          });
      backoffMs = Math.min(limits.maxBackoffMs(), backoffMs * 2);
    }

    void onLeaderChange() {
      int number = step.get();
      int asked = target;
      int now = leader.getAsInt();
      if (number != DONE && now >= 0 && now != asked && moveOn(number, number + 1)) {
        // Read behind the step: who sends writes the target first and looks at the step after it.
        again |= target >= 0;
        proceed(number + 1);
      }
    }

    private void onDeadline() {
      int number = step.getAndSet(DONE);
      if (number == DONE) {
        return;
      }
      end();
      Throwable why = last;
      promise.fail(
          new QuorumException(
              Errors.REQUEST_TIMED_OUT,
              "No controller has answered for "
                  + limits.totalMs()
                  + " ms"
                  + (why == null ? "" : ": " + why.getMessage()),
              why));
    }

    private void end() {
      calls.remove(this);
      vertx.cancelTimer(deadlineTimer);
    }
  }
}
