package io.millrace.api.peer;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.BrokerRegistration.Tails;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;

/**
 * What Kafka's BrokerRegistration has no field for; see {@link BrokerRegistration}.
 *
 * <p>Owner: immutable.
 */
record RegistrationFlags(Tails tails, boolean broker, boolean voter) {
  private static final int LOGS_MAY_BE_CUT = 1;
  private static final int BROKER = 1 << 1;
  private static final int VOTER = 1 << 2;
  private static final int RECOVERED = 1 << 3;

  static RegistrationFlags of(BrokerRegistrationRequestData request) {
    int bits = PeerTags.byteOr(request, PeerTags.REGISTRATION_FLAGS, BROKER | VOTER);
    return new RegistrationFlags(tails(bits), (bits & BROKER) != 0, (bits & VOTER) != 0);
  }

  private static Tails tails(int bits) {
    if ((bits & LOGS_MAY_BE_CUT) != 0) {
      return Tails.MAY_BE_CUT;
    }
    return (bits & RECOVERED) != 0 ? Tails.RECOVERED : Tails.WHOLE;
  }

  private static int bits(Tails tails) {
    return switch (tails) {
      case WHOLE -> 0;
      case RECOVERED -> RECOVERED;
      case MAY_BE_CUT -> LOGS_MAY_BE_CUT;
    };
  }

  static RegistrationFlags of(BrokerRegistration registration) {
    return new RegistrationFlags(registration.tails(), registration.broker(), registration.voter());
  }

  void putInto(BrokerRegistrationRequestData request) {
    int bits = bits(tails) | (broker ? BROKER : 0) | (voter ? VOTER : 0);
    PeerTags.putByte(request, PeerTags.REGISTRATION_FLAGS, bits);
  }
}
