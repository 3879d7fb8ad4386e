package io.millrace.api.configs;

import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.Outcome;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * IncrementalAlterConfigs of a BROKER_LOGGER resource (KIP-412): checked as a whole, then applied
 * to this process at once.
 *
 * <p>Owner: any thread.
 */
final class LoggerChanges {
  private static final Set<String> LEVELS =
      Set.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");

  private final BrokerLoggers loggers;

  LoggerChanges(BrokerLoggers loggers) {
    this.loggers = loggers;
  }

  Outcome apply(List<ConfigOp> changes, boolean validateOnly) {
    for (ConfigOp change : changes) {
      Outcome refusal = check(change);
      if (refusal != null) {
        return refusal;
      }
    }
    if (!validateOnly) {
      changes.forEach(change -> loggers.set(change.key(), change.value()));
    }
    return Outcome.OK;
  }

  /** null = nothing against it. */
  private Outcome check(ConfigOp change) {
    switch (change.op()) {
      case APPEND, SUBTRACT -> {
        return new Outcome(
            Errors.INVALID_REQUEST,
            change.op() + " operation is not allowed for the BROKER_LOGGER resource");
      }
      case DELETE -> {
        if (change.key().equals(BrokerLoggers.ROOT)) {
          return new Outcome(
              Errors.INVALID_REQUEST, "Removing the log level of the root logger is not allowed");
        }
      }
      case SET -> {
        if (!LEVELS.contains(change.value())) {
          return new Outcome(
              Errors.INVALID_CONFIG,
              "Cannot set the log level of "
                  + change.key()
                  + " to "
                  + change.value()
                  + ": allowed are TRACE, DEBUG, INFO, WARN, ERROR, FATAL");
        }
      }
    }
    return loggers.exists(change.key())
        ? null
        : new Outcome(Errors.INVALID_CONFIG, "Logger " + change.key() + " does not exist");
  }
}
