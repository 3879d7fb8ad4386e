package io.millrace.api.acls;

import org.apache.kafka.common.protocol.Errors;

/** What Apache Kafka answers too where {@code authorizer.class.name} is not set. */
final class NoAuthorizer {
  static final short ERROR = Errors.SECURITY_DISABLED.code();
  static final String MESSAGE =
      "No authorizer is configured: there are no ACLs, and every client may do everything.";

  private NoAuthorizer() {}
}
