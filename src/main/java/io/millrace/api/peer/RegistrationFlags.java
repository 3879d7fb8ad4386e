package io.millrace.api.peer;

import io.millrace.controller.BrokerRegistration;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;

/**
 * What Kafka's BrokerRegistration has no field for; see {@link BrokerRegistration}.
 *
 * <p>Owner: immutable.
 */
record RegistrationFlags(boolean logsMayBeCut, boolean broker, boolean voter) {
  private static final int LOGS_MAY_BE_CUT = 1;
  private static final int BROKER = 1 << 1;
  private static final int VOTER = 1 << 2;

  static RegistrationFlags of(BrokerRegistrationRequestData request) {
    int bits = PeerTags.byteOr(request, PeerTags.REGISTRATION_FLAGS, BROKER | VOTER);
    return new RegistrationFlags(
        (bits & LOGS_MAY_BE_CUT) != 0, (bits & BROKER) != 0, (bits & VOTER) != 0);
  }

  static RegistrationFlags of(BrokerRegistration registration) {
    return new RegistrationFlags(
        registration.logsMayBeCut(), registration.broker(), registration.voter());
  }

  void putInto(BrokerRegistrationRequestData request) {
    int bits = (logsMayBeCut ? LOGS_MAY_BE_CUT : 0) | (broker ? BROKER : 0) | (voter ? VOTER : 0);
    PeerTags.putByte(request, PeerTags.REGISTRATION_FLAGS, bits);
  }
}
