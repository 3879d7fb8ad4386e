package io.millrace.controller.state;

import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ControllerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * UnregisterBroker: a node that does not come back is forgotten. Whoever serves, votes or has the
 * only replica of something is not forgotten by accident. Nobody waits any more to hear how far its
 * logs reach.
 *
 * <p>Owner: any thread.
 */
public final class Unregistration {
  private final TopicPolicies policies;

  public Unregistration(TopicPolicies policies) {
    this.policies = policies;
  }

  /** The outcome for one node. */
  public Decision<Outcome> decide(MetadataImage image, int nodeId) {
    BrokerImage broker = image.brokers().get(nodeId);
    ControllerImage controller = image.controllers().get(nodeId);
    try {
      if (broker == null && controller == null) {
        throw new Refusal(
            Errors.BROKER_ID_NOT_REGISTERED, "No node is registered under id " + nodeId);
      }
      check(image, nodeId, broker);
      long epoch = broker == null ? controller.epoch() : broker.epoch();
      List<MetadataRecord> records = new ArrayList<>();
      records.add(new MetadataRecord.UnregisterNode(nodeId, epoch));
      records.addAll(
          new PartitionChanges(image, policies)
              .inAll(
                  partition -> partition.maybeCut().contains(nodeId),
                  update -> update.forget(nodeId).electIfNone()));
      return new Decision<>(records, Outcome.OK);
    } catch (Refusal refusal) {
      return Decision.unchanged(refusal.outcome());
    }
  }

  private static void check(MetadataImage image, int nodeId, BrokerImage broker) throws Refusal {
    if (broker != null && !broker.fenced()) {
      throw new Refusal(
          Errors.INVALID_REQUEST, "Broker " + nodeId + " serves: stop it before it is forgotten");
    }
    if (image.voters().stream().anyMatch(voter -> voter.nodeId() == nodeId)) {
      throw new Refusal(
          Errors.INVALID_REQUEST,
          "Node " + nodeId + " votes on the metadata: remove it from the voters first");
    }
    for (TopicImage topic : image.topics()) {
      for (PartitionImage partition : topic.partitions()) {
        if (partition.replicas().equals(List.of(nodeId))) {
          throw new Refusal(
              Errors.INVALID_REQUEST,
              "Broker "
                  + nodeId
                  + " has the only replica of "
                  + topic.name()
                  + "-"
                  + partition.partition()
                  + ": start it again, or delete the topic first");
        }
      }
    }
  }
}
