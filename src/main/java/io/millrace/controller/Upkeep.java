package io.millrace.controller;

import io.millrace.controller.state.BrokerSessions;
import io.millrace.controller.state.ClusterDefaults;
import io.millrace.controller.state.Decision;
import io.millrace.controller.state.RemovedTopics;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataCodec;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.Quorum;
import io.millrace.quorum.state.PreviousLeader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the active controller does without being asked: fences brokers that it does not hear of,
 * finds leaders where all logs may be cut, gives internal topics their replicas, moves leaders away
 * from full disks, forgets deleted topics that everybody has deleted.
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

  /**
   * A new term: everybody was heard of just now, so that a change of the controller fences nobody.
   * But the node that led before was perhaps lost then: its time runs since it was heard of, and
   * yet two thirds of it are left.
   */
  void begin(MetadataImage image, long nowMs, PreviousLeader previous) {
    BrokerSessions sessions = rules.sessions();
    sessions.clear();
    seenBrokers = null;
    rules.recovery().clear();
    for (BrokerImage broker : image.brokers().values()) {
      boolean led = broker.nodeId() == previous.nodeId() && broker.nodeId() != here;
      long silentMs = led ? Math.min(previous.silentMs(), sessionTimeoutMs / 3) : 0;
      sessions.begin(broker.nodeId(), broker.epoch(), nowMs - silentMs);
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
        duties.add(now -> fence(now, nodeId, nowMs));
      }
    }
    if (image.brokers() != seenBrokers) {
      duties.add(
          now -> {
            seenBrokers = now.brokers();
            return rules.internalTopics().decide(now);
          });
    }
    if (ClusterDefaults.isMissing(image)) {
      duties.add(
          now -> {
            Decision<Void> decision = new Decision<>(rules.clusterDefaults().decide(now), null);
            return rules.consequences().complete(now, decision).records();
          });
    }
    if (!image.allOnline()) {
      duties.add(rules.replicaReports()::handOver);
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
   * Fences a broker, or begins to if it has very many partitions: its session ends all the same.
   */
  List<MetadataRecord> fence(MetadataImage image, int nodeId, long nowMs) {
    return fitting(
        rules.failover().fence(image, nodeId, other -> rules.sessions().isHeard(other, nowMs)),
        Quorum.MAX_GROUP_BYTES);
  }

  /**
   * Of a fencing that is too large to be committed at once as many partitions as fit, without the
   * fence: so this duty is due again, for the rest.
   */
  static List<MetadataRecord> fitting(List<MetadataRecord> records, long maxBytes) {
    if (MetadataCodec.size(records) <= maxBytes) {
      return records;
    }
    List<MetadataRecord> some = new ArrayList<>();
    long bytes = 0;
    for (MetadataRecord record : records) {
      bytes += MetadataCodec.size(List.of(record));
      if (bytes > maxBytes) {
        break;
      }
      if (!(record instanceof MetadataRecord.FenceBroker)) {
        some.add(record);
      }
    }
    return some;
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
