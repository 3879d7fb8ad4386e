package io.millrace.replication.simulation;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.ClusterConfig;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.Registered;
import io.millrace.metadata.Endpoint;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.protocol.Errors;

/**
 * How a process of a broker is registered, and stays so.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedRegistration {
  private static final int HEARTBEAT_MS = 30;
  private static final int AGAIN_MS = 30;

  private final SimulatedBroker broker;
  private final SimulatedCluster world;
  private UUID incarnation;
  private long epoch = -1;
  private boolean told;
  private boolean leaving;

  SimulatedRegistration(SimulatedBroker broker) {
    this.broker = broker;
    this.world = broker.world;
    this.incarnation = new UUID(broker.id, broker.process());
  }

  /** -1 = it is not registered. */
  long epoch() {
    return epoch;
  }

  void begin() {
    register();
    heartbeat();
  }

  void leave() {
    leaving = true;
  }

  private void register() {
    boolean cut = !told && broker.isSuspect();
    BrokerRegistration registration =
        new BrokerRegistration(
            broker.id,
            incarnation,
            List.of(broker.directory()),
            List.of(new Endpoint(SimulatedController.LISTENER, "h", broker.id)),
            null,
            ClusterConfig.DEFAULT.features(),
            told ? -1 : broker.previousEpoch(),
            cut ? Tails.MAY_BE_CUT : Tails.WHOLE,
            true,
            true);
    world.noteRegistration(incarnation, broker);
    broker.<Registered>ask(
        reply -> world.controller.register(registration, reply),
        answer -> {
          if (answer == null || answer.outcome().error() != Errors.NONE) {
            broker.later(AGAIN_MS, this::register);
          } else if (cut) {
            // What was lost is said once; the broker itself registers behind it.
            told = true;
            registerAnew();
          } else {
            told = true;
            epoch = answer.epoch();
            world.trace(broker.id, "is registered", epoch);
            broker.replica().serveIfKnown();
          }
        });
  }

  private void registerAnew() {
    incarnation = new UUID(broker.id, incarnation.getLeastSignificantBits() + (1 << 20));
    register();
  }

  private void heartbeat() {
    broker.later(HEARTBEAT_MS, this::heartbeat);
    if (epoch < 0 || !broker.replica().serves()) {
      return;
    }
    long asked = epoch;
    Heartbeat heartbeat =
        new Heartbeat(broker.id, asked, broker.replica().image().offset(), false, leaving);
    broker.<HeartbeatReply>ask(
        reply -> world.controller.heartbeat(heartbeat, reply),
        answer -> {
          if (answer == null || asked != epoch) {
            return;
          }
          Errors error = answer.outcome().error();
          if (error == Errors.STALE_BROKER_EPOCH || error == Errors.BROKER_ID_NOT_REGISTERED) {
            epoch = -1;
            registerAnew();
          } else if (leaving && answer.shouldShutDown()) {
            broker.stopInOrder();
          }
        });
  }
}
