package io.millrace.api;

import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replies when a command has completed: exactly once, also when it fails, when it is late, and when
 * its result cannot be turned into a response.
 *
 * <p>Owner: any thread.
 */
public final class AsyncReply {
  private static final Logger LOG = LoggerFactory.getLogger(AsyncReply.class);

  private static final int SHORTEST_WAIT_MS = 500;

  private AsyncReply() {}

  /** Replies with the response or, when it fails, with what {@code refusal} makes of the reason. */
  public static void send(
      RequestContext context,
      Future<? extends ApiMessage> response,
      Function<Errors, ? extends ApiMessage> refusal) {
    response.onComplete(
        result -> {
          if (result.succeeded()) {
            context.reply(result.result());
          } else {
            context.reply(refusal.apply(errorOf(context, result.cause())));
          }
        });
  }

  /**
   * As {@link #send}, for responses that have a text too: {@code refusal} makes one of the error
   * and the reason in words.
   */
  public static void sendOutcome(
      RequestContext context,
      Future<? extends ApiMessage> response,
      BiFunction<Errors, String, ? extends ApiMessage> refusal) {
    response.onComplete(
        result -> {
          if (result.succeeded()) {
            context.reply(result.result());
          } else {
            Errors error = errorOf(context, result.cause());
            context.reply(refusal.apply(error, whyOf(error, result.cause())));
          }
        });
  }

  /** What to tell a person; of bugs and timeouts only what their error says. */
  public static String whyOf(Errors error, Throwable cause) {
    boolean expected = cause instanceof QuorumException || cause instanceof ApiException;
    return expected && cause.getMessage() != null ? cause.getMessage() : error.message();
  }

  /**
   * The outcome of a command or, after the time that the client gives it, a failure that {@link
   * #send} answers by REQUEST_TIMED_OUT. The command itself goes on: nobody can take it back.
   *
   * @param timeoutMs the request's; 0 or less = the client wants to go on at once. Even then a
   *     commit that takes milliseconds is waited for, so that it hears of a refusal.
   */
  public static <T> Future<T> within(int timeoutMs, Future<T> command) {
    return command.timeout(Math.max(timeoutMs, SHORTEST_WAIT_MS), TimeUnit.MILLISECONDS);
  }

  /** The error to tell the client; what is not an expected refusal is logged here. */
  public static Errors errorOf(RequestContext context, Throwable cause) {
    Throwable root =
        cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
    if (root instanceof TimeoutException) {
      return Errors.REQUEST_TIMED_OUT;
    }
    if (root instanceof QuorumException refused) {
      return refused.error();
    }
    Errors error = Errors.forException(root);
    if (error == Errors.UNKNOWN_SERVER_ERROR) {
      LOG.error(
          "{} v{} of client {} at {} failed",
          context.key().name,
          context.version(),
          context.clientId(),
          context.remoteAddress(),
          root);
    }
    return error;
  }
}
