package io.millrace.controller.state;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.controller.Controller.Registered;
import io.millrace.controller.state.Failover.Logs;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ControllerImage;
import io.millrace.metadata.FeatureRange;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.NodeTraits;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.metadata.TopicImage;
import io.millrace.metadata.TransactionVersion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.apache.kafka.common.protocol.Errors;

/**
 * What nodes ask for themselves: to be registered, and producer ids to give out.
 *
 * <p>Owner: any thread.
 */
public final class Registrations {
  /** Producer ids in a block, as in Kafka. */
  public static final int PRODUCER_IDS_PER_BLOCK = 1_000;

  private final Failover failover;

  public Registrations(Failover failover) {
    this.failover = failover;
  }

  /**
   * What the controller knows about the node that registers.
   *
   * @param here it is the controller's own node: its image is the controller's, so it may serve at
   *     once
   * @param alive whether the node that is registered under this id was heard of lately
   * @param heard whether a node was heard of lately
   */
  public record Standing(boolean here, boolean alive, IntPredicate heard) {
    /** While the other nodes are heard of. */
    Standing(boolean here, boolean alive) {
      this(here, alive, nodeId -> true);
    }
  }

  /** Registers a node. The reply has its epoch, which is the offset of the record. */
  public Decision<Registered> register(
      MetadataImage image, BrokerRegistration node, Standing standing) {
    try {
      return node.broker() ? broker(image, node, standing) : controller(image, node);
    } catch (Refusal refusal) {
      return Decision.unchanged(new Registered(refusal.outcome(), -1));
    }
  }

  private Decision<Registered> broker(
      MetadataImage image, BrokerRegistration node, Standing standing) throws Refusal {
    checkFeatures(image, node);
    checkTransactions(image, node);
    BrokerImage old = image.brokers().get(node.nodeId());
    NodeTraits traits = traits(node);
    if (old != null && isTheSame(old, node, traits)) {
      return Decision.unchanged(new Registered(Outcome.OK, old.epoch()));
    }
    if (old != null && standing.alive()) {
      checkSameNode(old.traits(), traits, node.nodeId());
    }
    List<MetadataRecord> records = new ArrayList<>();
    records.add(
        new RegisterBroker(
            node.nodeId(),
            node.endpoints(),
            node.rack(),
            /* fenced= */ !standing.here(),
            RegisterBroker.EPOCH_IS_OFFSET,
            /* shuttingDown= */ false,
            traits));
    Logs logs = logs(image, old, node);
    records.addAll(
        standing.here()
            ? failover.onBack(image, node.nodeId(), logs)
            : failover.onGone(image, node.nodeId(), logs, standing.heard()));
    return new Decision<>(records, new Registered(Outcome.OK, image.offset() + 1));
  }

  private static Decision<Registered> controller(MetadataImage image, BrokerRegistration node)
      throws Refusal {
    checkFeatures(image, node);
    NodeTraits traits = traits(node);
    ControllerImage old = image.controllers().get(node.nodeId());
    if (old != null && node.incarnation() != null && old.traits().equals(traits)) {
      return Decision.unchanged(new Registered(Outcome.OK, old.epoch()));
    }
    Optional<String> hosted = firstPartitionOn(image, node.nodeId());
    if (hosted.isPresent()) {
      throw new Refusal(
          Errors.INVALID_REGISTRATION,
          "Node "
              + node.nodeId()
              + " has replicas, of "
              + hosted.get()
              + " for one: it cannot give up the role of a broker");
    }
    return new Decision<>(
        List.of(
            new MetadataRecord.RegisterController(
                node.nodeId(), RegisterBroker.EPOCH_IS_OFFSET, traits)),
        new Registered(Outcome.OK, image.offset() + 1));
  }

  private static Optional<String> firstPartitionOn(MetadataImage image, int nodeId) {
    for (TopicImage topic : image.topics()) {
      for (PartitionImage partition : topic.partitions()) {
        if (partition.replicas().contains(nodeId)) {
          return Optional.of(topic.name() + "-" + partition.partition());
        }
      }
    }
    return Optional.empty();
  }

  private static NodeTraits traits(BrokerRegistration node) {
    return new NodeTraits(node.incarnation(), node.directories(), node.features(), node.voter());
  }

  private static void checkFeatures(MetadataImage image, BrokerRegistration node) throws Refusal {
    NodeTraits traits = traits(node);
    for (Map.Entry<String, Integer> finalized : image.features().entrySet()) {
      if (!traits.supports(finalized.getKey(), finalized.getValue())) {
        throw new Refusal(
            Errors.UNSUPPORTED_VERSION,
            "The cluster uses level "
                + finalized.getValue()
                + " of "
                + finalized.getKey()
                + ", node "
                + node.nodeId()
                + " can work with levels "
                + node.features().get(finalized.getKey())
                + ": start a release there that supports it");
      }
    }
  }

  /**
   * Once there may have been transactions, no broker comes (back) that knows nothing of them,
   * whatever is finalized: see {@link TransactionVersion#isKnownToAll}.
   */
  private static void checkTransactions(MetadataImage image, BrokerRegistration node)
      throws Refusal {
    if (image.topic(TransactionVersion.STATE_TOPIC) == null
        || TransactionVersion.isKnownTo(traits(node))) {
      return;
    }
    FeatureRange range = node.features().get(TransactionVersion.FEATURE);
    throw new Refusal(
        Errors.UNSUPPORTED_VERSION,
        "The cluster has transactions (there is a topic "
            + TransactionVersion.STATE_TOPIC
            + "), and node "
            + node.nodeId()
            + (range == null
                ? " is of a release without " + TransactionVersion.FEATURE
                : " can work with levels " + range + " of " + TransactionVersion.FEATURE)
            + ". Allowed are releases that can work with level "
            + TransactionVersion.FIRST_KNOWN
            + " of it: start one there");
  }

  private static boolean isTheSame(BrokerImage old, BrokerRegistration node, NodeTraits traits) {
    return node.incarnation() != null
        && old.traits().equals(traits)
        && old.endpoints().equals(node.endpoints())
        && Objects.equals(old.rack(), node.rack());
  }

  /** A node that is alive loses its id only to a process that has its directories. */
  private static void checkSameNode(NodeTraits old, NodeTraits now, int nodeId) throws Refusal {
    boolean sameProcess = old.incarnation() != null && old.incarnation().equals(now.incarnation());
    if (!sameProcess && areOthers(old, now)) {
      throw new Refusal(
          Errors.DUPLICATE_BROKER_REGISTRATION,
          "Another node with node.id "
              + nodeId
              + " is alive, with other log directories. Give this one an id of its own; if the"
              + " other was stopped a moment ago, wait for broker.session.timeout.ms");
    }
  }

  /** Whether two nodes have no directory in common, as far as is known. */
  private static boolean areOthers(NodeTraits old, NodeTraits now) {
    return !old.directories().isEmpty()
        && !now.directories().isEmpty()
        && Collections.disjoint(old.directories(), now.directories());
  }

  private static Logs logs(MetadataImage image, BrokerImage old, BrokerRegistration node) {
    if (old != null && areOthers(old.traits(), traits(node))) {
      return Logs.GONE;
    }
    // A clean stop remembers its epoch; another one was an older state of the disk.
    boolean outdated =
        old != null && node.previousEpoch() >= 0 && node.previousEpoch() != old.epoch();
    // Some of its logs may be gone, and nobody knows which.
    boolean lacksDirectory =
        old != null
            && !node.directories().isEmpty()
            && !node.directories().containsAll(old.traits().directories());
    // What was written to a disk before it failed is perhaps not on it.
    boolean hadFailures =
        image.conditions(node.nodeId()).values().stream()
            .anyMatch(topic -> topic.containsValue(ReplicaCondition.OFFLINE));
    return switch (node.tails()) {
      case WHOLE -> outdated || lacksDirectory ? Logs.CUT : Logs.WHOLE;
      case RECOVERED -> hadFailures || lacksDirectory ? Logs.CUT : Logs.RECOVERED;
      case MAY_BE_CUT -> Logs.CUT;
    };
  }

  /** The next block; it is skipped for ever once committed, whether the reply arrives or not. */
  public static Decision<ProducerIdBlock> producerIds(MetadataImage image) {
    long first = image.nextProducerId();
    return new Decision<>(
        List.of(new MetadataRecord.ProducerIds(first + PRODUCER_IDS_PER_BLOCK)),
        new ProducerIdBlock(first, PRODUCER_IDS_PER_BLOCK));
  }
}
