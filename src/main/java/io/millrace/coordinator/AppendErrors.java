package io.millrace.coordinator;

import org.apache.kafka.common.protocol.Errors;

/**
 * What a coordinator's client hears when the coordinator's own append fails, as Kafka says it.
 *
 * <p>Owner: any thread.
 */
final class AppendErrors {
  private AppendErrors() {}

  static Errors toClient(Errors append) {
    return switch (append) {
      case NOT_ENOUGH_REPLICAS,
          NOT_ENOUGH_REPLICAS_AFTER_APPEND,
          REQUEST_TIMED_OUT,
          UNKNOWN_TOPIC_OR_PARTITION ->
          Errors.COORDINATOR_NOT_AVAILABLE;
      case NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR -> Errors.NOT_COORDINATOR;
      case RECORD_LIST_TOO_LARGE, MESSAGE_TOO_LARGE, INVALID_FETCH_SIZE ->
          Errors.UNKNOWN_SERVER_ERROR;
      default -> append;
    };
  }
}
