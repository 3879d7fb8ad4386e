package io.millrace.api.groups;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.cluster.AuthorizedOperations;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * Requests about several groups, each of which has an answer of its own.
 *
 * <p>Owner: any thread.
 */
final class GroupAnswers {
  private GroupAnswers() {}

  /**
   * Replies when there is an answer about every group.
   *
   * @param answers none fails: an error is an answer
   * @param response of the answers, in their order
   */
  static <A> void send(
      RequestContext context, Stream<Future<A>> answers, Function<List<A>, ApiMessage> response) {
    AsyncReply.send(
        context,
        Future.join(answers.toList()).map(all -> response.apply(all.list())),
        error -> response.apply(List.of()));
  }

  /** The operations on a group that the client may do, as the response names them. */
  static int operations(boolean asked, short errorCode) {
    return asked && errorCode == Errors.NONE.code()
        ? AuthorizedOperations.ALL_OF_GROUP
        : AuthorizedOperations.NOT_ASKED;
  }
}
