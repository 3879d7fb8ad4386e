package io.millrace.quorum;

import io.millrace.quorum.state.QuorumRules;
import io.millrace.quorum.state.QuorumRules.Role;
import io.vertx.core.Vertx;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What happens because time passes: the rules' ticks, a nominee that asks again, and what is
 * committed is written down now and then.
 *
 * <p>Owner: quorum context.
 */
final class QuorumTimers {
  /** So often a nominee asks for an election. */
  static final int NOMINEE_ASKS_MS = 100;

  private static final long REMEMBER_COMMITTED_MS = 500;

  private final QuorumRules rules;
  private final QuorumStorage storage;
  private final LongSupplier clockMs;
  private final Consumer<Runnable> events;
  private final Wakeup tick;
  private final Wakeup nomineeAsks;
  private final Wakeup remember;
  private boolean nominated;

  /**
   * End (exclusive) of what was last written down as committed.
   *
   * <p>Invariant: not beyond what the rules know to be committed.
   */
  private long rememberedEnd;

  /**
   * No timer runs before {@link #set}.
   *
   * @param clockMs the rules' clock
   * @param events runs what changes the rules, and then does what they want
   * @param rememberedEnd end (exclusive) of what is written down as committed
   */
  QuorumTimers(
      Vertx vertx,
      QuorumRules rules,
      QuorumStorage storage,
      LongSupplier clockMs,
      Consumer<Runnable> events,
      long rememberedEnd) {
    this.rules = rules;
    this.storage = storage;
    this.clockMs = clockMs;
    this.events = events;
    this.rememberedEnd = rememberedEnd;
    this.tick = new Wakeup(vertx, () -> events.accept(this::tick));
    this.nomineeAsks = new Wakeup(vertx, this::askIfNominated);
    this.remember = new Wakeup(vertx, this::remember);
  }

  /** To be called whenever the rules have changed. */
  void set() {
    long now = clockMs.getAsLong();
    if (rules.nextTickMs() != Long.MAX_VALUE) {
      tick.by(rules.nextTickMs(), now);
    }
    if (nominated && rules.leader() == null) {
      nomineeAsks.by(now + NOMINEE_ASKS_MS, now);
    }
    if (rules.committedEnd() > rememberedEnd) {
      remember.by(now + REMEMBER_COMMITTED_MS, now);
    }
  }

  /** As {@link Quorum#nominate}. */
  void nominate(boolean isNominated) {
    nominated = isNominated;
    askIfNominated();
  }

  void cancel() {
    tick.cancel();
    nomineeAsks.cancel();
    remember.cancel();
  }

  private void tick() {
    long now = clockMs.getAsLong();
    if (now >= rules.nextTickMs()) {
      rules.tick(now);
    }
  }

  private void askIfNominated() {
    if (nominated) {
      events.accept(() -> rules.nominate(clockMs.getAsLong()));
    }
  }

  private void remember() {
    if (rules.role() != Role.FAILED) {
      rememberedEnd = rules.committedEnd();
      storage.remember(rememberedEnd);
    }
  }
}
