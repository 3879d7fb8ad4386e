package io.millrace.api.peer;

import io.millrace.api.RequestHandler;
import io.millrace.api.cluster.AlterPartitionReassignmentsHandler;
import io.millrace.api.cluster.ElectLeadersHandler;
import io.millrace.api.cluster.UnregisterBrokerHandler;
import io.millrace.api.cluster.UpdateFeaturesHandler;
import io.millrace.api.configs.AlterConfigsHandler;
import io.millrace.api.configs.BrokerLoggers;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.configs.IncrementalAlterConfigsHandler;
import io.millrace.api.configs.ResourceTypes;
import io.millrace.api.quorum.AddRaftVoterHandler;
import io.millrace.api.quorum.DescribeQuorumHandler;
import io.millrace.api.quorum.QuorumControl;
import io.millrace.api.quorum.RemoveRaftVoterHandler;
import io.millrace.api.quotas.AlterClientQuotasHandler;
import io.millrace.api.topics.CreatePartitionsHandler;
import io.millrace.api.topics.CreateTopicsHandler;
import io.millrace.api.topics.DeleteTopicsHandler;
import io.millrace.controller.Controller;
import io.millrace.metadata.ImagePublisher;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the internal listener serves for the controller's sake: requests of the other nodes, which
 * are answered by this node's own controller or refused with NOT_CONTROLLER, never sent on.
 *
 * <p>Owner: any thread.
 */
public final class PeerHandlers {
  private PeerHandlers() {}

  /**
   * The handlers, for a router of the internal listener.
   *
   * @param local the controller of this node itself
   * @param localQuorum the quorum as this node itself sees it
   * @param loggers are not asked: log levels are set on the node itself
   */
  public static List<RequestHandler> of(
      Controller local,
      QuorumControl localQuorum,
      ImagePublisher images,
      CommittedSettings settings,
      BrokerLoggers loggers) {
    return Stream.<RequestHandler>of(
            new BrokerRegistrationHandler(local),
            new BrokerHeartbeatHandler(local),
            new AlterPartitionHandler(local),
            new AssignReplicasToDirsHandler(local),
            new AllocateProducerIdsHandler(local),
            new CreateTopicsHandler(local, settings),
            new DeleteTopicsHandler(local),
            new CreatePartitionsHandler(local),
            new IncrementalAlterConfigsHandler(local, ResourceTypes.ANY_NODE, loggers),
            new AlterConfigsHandler(local, ResourceTypes.ANY_NODE),
            new AlterClientQuotasHandler(local),
            new ElectLeadersHandler(local, localQuorum),
            new AlterPartitionReassignmentsHandler(local),
            new UnregisterBrokerHandler(local),
            new UpdateFeaturesHandler(local),
            new DescribeQuorumHandler(localQuorum),
            new AddRaftVoterHandler(localQuorum),
            new RemoveRaftVoterHandler(localQuorum))
        .<RequestHandler>map(handler -> new StampedHandler(handler, images))
        .toList();
  }
}
