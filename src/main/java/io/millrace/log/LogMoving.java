package io.millrace.log;

import io.vertx.core.Future;
import java.util.function.Supplier;

/**
 * Whether a log is on its way to another log directory of the node, and what must not happen at
 * once: a change that puts other segments in the place of the present ones (truncation) runs while
 * nothing is copied, and the other way round.
 *
 * <p>Owner: partition loop.
 */
final class LogMoving {
  private final LogState log;
  private final LogMove.Parts parts;

  /** Null = there is none. */
  private LogMove move;

  /** Where the log is to go once the present move has been given up. */
  private LogDirectory wanted;

  /** No move is begun any more. */
  private boolean stopped;

  LogMoving(LogState log, LogMove.Parts parts) {
    this.log = log;
    this.parts = parts;
  }

  /**
   * Begins a move, in the place of another one to elsewhere; to where the log is: gives that up.
   * Completes when the directory of the copy is there, or nothing is to be done.
   */
  Future<Void> moveTo(LogDirectory target, LogMoves moves) {
    wanted = target;
    if (move != null && (move.target() != target || move.ends())) {
      return move.end(true).compose(any -> begin(moves));
    }
    return begin(moves);
  }

  private Future<Void> begin(LogMoves moves) {
    if (move != null) {
      return move.begun();
    }
    if (stopped || log.gone || log.failure != null || wanted == log.directory) {
      return Future.succeededFuture();
    }
    move = new LogMove(log, parts, wanted, moves, () -> move = null);
    return move.begin();
  }

  /** Whether retention and trimming must leave the files alone. */
  boolean switching() {
    return move != null && move.switching();
  }

  /** Completes when the files of the log are in one place. */
  Future<Void> settled() {
    return switching() ? move.quiet() : Future.succeededFuture();
  }

  /** Runs a change of the segments while nothing is copied. */
  Future<Void> alone(Supplier<Future<Void>> change) {
    log.changing++;
    Future<Void> quiet = move == null ? Future.succeededFuture() : move.quiet();
    return quiet
        .compose(
            any -> {
              if (move != null) {
                move.beforeChange();
              }
              return change.get();
            })
        .onComplete(
            done -> {
              log.changing--;
              if (move != null) {
                move.afterChange();
              }
            });
  }

  /**
   * Ends the move, for the log is closed or deleted.
   *
   * @param remove whether the copy goes; else a start goes on with the move
   */
  Future<Void> stop(boolean remove) {
    stopped = true;
    return move == null ? Future.succeededFuture() : move.end(remove);
  }
}
