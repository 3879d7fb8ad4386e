package io.millrace.cli;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.NotControllerException;

/**
 * Finds out whether brokers that did not answer in time know a controller, so that a person is told
 * where to look. What metadata names as the controller does not tell: it is any broker.
 *
 * <p>Owner: the command's thread.
 */
final class WhyUnanswered {
  private static final int PATIENCE_MS = 1_000;

  private static final String WHERE_TO_LOOK =
      ": see /health/ready of each node (http.port), and millrace quorum status -b of another one";

  private WhyUnanswered() {}

  /**
   * Completes a failure that came of waiting.
   *
   * @param settings of a client of these brokers; they are asked once more, for a second
   */
  static CommandFailure explain(
      CommandFailure failure, KafkaClients clients, Map<String, Object> settings) {
    settings.put("default.api.timeout.ms", PATIENCE_MS);
    settings.put("request.timeout.ms", PATIENCE_MS);
    settings.put("retries", 0);
    int exitCode = failure.exitCode();
    String found = "";
    try {
      found = ", where node " + controller(clients, settings) + " is the controller";
    } catch (TimeoutException | org.apache.kafka.common.errors.TimeoutException e) {
      exitCode = ExitCode.UNREACHABLE;
      found =
          (e.getCause() instanceof NotControllerException
                  ? ", where no controller is known"
                  : ", where no controller has answered either")
              + WHERE_TO_LOOK;
    } catch (KafkaException e) {
      // It does not tell, or not to us.
      found = "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    String message = failure.getMessage() + "; asked " + settings.get("bootstrap.servers") + found;
    CommandFailure explained = new CommandFailure(exitCode, message, failure);
    for (Throwable another : failure.getSuppressed()) {
      explained.addSuppressed(another);
    }
    return explained;
  }

  private static int controller(KafkaClients clients, Map<String, Object> settings)
      throws InterruptedException, TimeoutException {
    Admin admin = clients.admin(settings);
    try {
      return admin
          .describeMetadataQuorum()
          .quorumInfo()
          .get(PATIENCE_MS, TimeUnit.MILLISECONDS)
          .leaderId();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException refused ? refused : new KafkaException(e);
    } finally {
      admin.close(Duration.ZERO);
    }
  }
}
