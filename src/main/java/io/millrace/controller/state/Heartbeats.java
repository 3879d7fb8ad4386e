package io.millrace.controller.state;

import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.state.Failover.Logs;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a heartbeat makes of a broker. It is unfenced when it has applied its own registration, and
 * so everything that was decided before it. One that wants to stop first loses its leaders; when
 * all that serve know of that, it may stop.
 *
 * <p>Owner: controller context.
 */
public final class Heartbeats {
  private final Failover failover;
  private final BrokerSessions sessions;
  private final int here;

  /**
   * The rule.
   *
   * @param here the controller's own node, which knows what it has decided
   */
  public Heartbeats(Failover failover, BrokerSessions sessions, int here) {
    this.failover = failover;
    this.sessions = sessions;
    this.here = here;
  }

  /** Decides; the session has been told of it. */
  public Decision<HeartbeatReply> decide(MetadataImage image, Heartbeat heartbeat) {
    BrokerImage broker = image.brokers().get(heartbeat.nodeId());
    Errors wrong = check(broker, heartbeat.brokerEpoch());
    if (wrong != Errors.NONE) {
      return Decision.unchanged(HeartbeatReply.refused(new Outcome(wrong, wrong.message())));
    }
    boolean caughtUp = heartbeat.metadataOffset() >= broker.epoch();
    if (heartbeat.wantShutDown()) {
      return stop(image, broker, caughtUp);
    }
    if (heartbeat.wantFence()) {
      return decided(failover.fence(image, broker.nodeId()), caughtUp, true);
    }
    if (broker.fenced() && caughtUp) {
      return decided(failover.unfence(image, broker.nodeId()), true, false);
    }
    return decided(List.of(), caughtUp, broker.fenced());
  }

  /** NONE = this is the broker's registration. */
  static Errors check(BrokerImage broker, long brokerEpoch) {
    if (broker == null) {
      return Errors.BROKER_ID_NOT_REGISTERED;
    }
    return broker.epoch() == brokerEpoch ? Errors.NONE : Errors.STALE_BROKER_EPOCH;
  }

  private Decision<HeartbeatReply> stop(MetadataImage image, BrokerImage broker, boolean caughtUp) {
    if (broker.fenced() || isAlone(image, broker.nodeId())) {
      return mayStop(List.of(), caughtUp, broker.fenced());
    }
    if (!broker.shuttingDown()) {
      List<MetadataRecord> records = new ArrayList<>();
      records.add(new MetadataRecord.StopBroker(broker.nodeId(), broker.epoch()));
      records.addAll(failover.onGone(image, broker.nodeId(), Logs.WHOLE));
      return decided(records, caughtUp, false);
    }
    // After a change of the controller: what is decided now is surely enough.
    long offset = sessions.stopsAfter(broker.nodeId(), broker.epoch(), image.offset());
    for (BrokerImage other : image.brokers().values()) {
      if (!other.fenced()
          && other.nodeId() != here
          && sessions.metadataOffset(other.nodeId(), other.epoch()) < offset) {
        return decided(List.of(), caughtUp, false);
      }
    }
    return mayStop(failover.fence(image, broker.nodeId()), caughtUp, true);
  }

  /** Whether no other broker could take over anything. */
  private static boolean isAlone(MetadataImage image, int nodeId) {
    return image.brokers().values().stream()
        .noneMatch(broker -> broker.nodeId() != nodeId && broker.active());
  }

  private static Decision<HeartbeatReply> decided(
      List<MetadataRecord> records, boolean caughtUp, boolean fenced) {
    return new Decision<>(records, new HeartbeatReply(Outcome.OK, caughtUp, fenced, false));
  }

  private static Decision<HeartbeatReply> mayStop(
      List<MetadataRecord> records, boolean caughtUp, boolean fenced) {
    return new Decision<>(records, new HeartbeatReply(Outcome.OK, caughtUp, fenced, true));
  }
}
