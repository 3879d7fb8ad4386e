package io.millrace.controller;

import io.millrace.controller.state.BrokerSessions;
import io.millrace.controller.state.RemovedTopics;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the active controller does without being asked: fences brokers that it does not hear of,
 * finds leaders where all logs may be cut, gives internal topics their replicas, forgets deleted
 * topics that everybody has deleted.
 *
 * <p>Owner: controller context.
 */
final class Upkeep {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  /** Decides upon the image as it will be; no records = nothing to do. */
  interface Duty extends Function<MetadataImage, List<MetadataRecord>> {}

  private final Rules rules;
  private final int here;
  private final long sessionTimeoutMs;

  /** The registrations for which internal topics were looked at. */
  private Object seenBrokers;

  /** This node has registered as a broker since it started, so it lives as long as this does. */
  private boolean servesHere;

  Upkeep(Rules rules, ControllerConfig config) {
    this.rules = rules;
    this.here = config.nodeId();
    this.sessionTimeoutMs = config.cluster().sessionTimeoutMs();
  }

  /** A new term: everybody was heard of just now. */
  void begin(MetadataImage image, long nowMs) {
    BrokerSessions sessions = rules.sessions();
    sessions.clear();
    seenBrokers = null;
    rules.recovery().clear();
    for (BrokerImage broker : image.brokers().values()) {
      sessions.begin(broker.nodeId(), broker.epoch(), nowMs);
    }
  }

  void onRegistered(int nodeId, long epoch, long nowMs) {
    rules.sessions().begin(nodeId, epoch, nowMs);
    rules.sessions().heard(nodeId, epoch, BrokerSessions.UNKNOWN, nowMs);
    servesHere |= nodeId == here;
  }

  /** Whether the node that is registered under this id was heard of lately. */
  boolean isAlive(int nodeId, long nowMs) {
    return nodeId == here ? servesHere : rules.sessions().isAlive(nodeId, nowMs);
  }

  /** What may be due, in this order; each is to be asked with what came of those before. */
  List<Duty> duties(MetadataImage image, long nowMs) {
    List<Duty> duties = new ArrayList<>();
    for (int nodeId : rules.sessions().expired(nowMs)) {
      BrokerImage broker = image.brokers().get(nodeId);
      if (broker == null || broker.fenced()) {
        rules.sessions().end(nodeId);
      } else if (!livesWithUs(image, nodeId)) {
        LOG.warn("Broker {} is fenced: not heard of for {} ms", nodeId, sessionTimeoutMs);
        duties.add(now -> rules.failover().fence(now, nodeId, rules.sessions()::isKnown));
      }
    }
    if (image.brokers() != seenBrokers) {
      duties.add(
          now -> {
            seenBrokers = now.brokers();
            return rules.internalTopics().decide(now);
          });
    }
    if (!rules.recovery().isIdle()) {
      duties.add(now -> rules.recovery().decide(now, nowMs));
    }
    if (!image.removedTopics().isEmpty()) {
      duties.add(now -> RemovedTopics.decide(now, rules.sessions(), here));
    }
    return duties;
  }

  /**
   * The controller's own broker sends no heartbeats that could be missed. Before it has registered,
   * its logs may not be open yet: then it makes way, if there is somebody to make way for.
   */
  private boolean livesWithUs(MetadataImage image, int nodeId) {
    return nodeId == here
        && (servesHere
            || image.brokers().values().stream()
                .noneMatch(other -> other.nodeId() != here && other.active()));
  }
}
