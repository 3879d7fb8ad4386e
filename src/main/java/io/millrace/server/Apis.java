package io.millrace.server;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.api.ApiVersionsHandler;
import io.millrace.api.LocalPartitions;
import io.millrace.api.RequestHandler;
import io.millrace.api.RequestRouter;
import io.millrace.api.acls.CreateAclsHandler;
import io.millrace.api.acls.DeleteAclsHandler;
import io.millrace.api.acls.DescribeAclsHandler;
import io.millrace.api.cluster.AlterPartitionReassignmentsHandler;
import io.millrace.api.cluster.DescribeClusterHandler;
import io.millrace.api.cluster.DescribeTopicPartitionsHandler;
import io.millrace.api.cluster.ElectLeadersHandler;
import io.millrace.api.cluster.ListPartitionReassignmentsHandler;
import io.millrace.api.cluster.MetadataHandler;
import io.millrace.api.cluster.OwnStanding;
import io.millrace.api.cluster.UnregisterBrokerHandler;
import io.millrace.api.cluster.UpdateFeaturesHandler;
import io.millrace.api.configs.AlterConfigsHandler;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.configs.DescribeConfigsHandler;
import io.millrace.api.configs.IncrementalAlterConfigsHandler;
import io.millrace.api.configs.ListConfigResourcesHandler;
import io.millrace.api.configs.LogbackLoggers;
import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.api.coordinators.FindCoordinatorHandler;
import io.millrace.api.fetch.FetchHandler;
import io.millrace.api.fetch.FetchSessionSlots;
import io.millrace.api.logs.AlterReplicaLogDirsHandler;
import io.millrace.api.logs.DescribeLogDirsHandler;
import io.millrace.api.offsets.ListOffsetsHandler;
import io.millrace.api.offsets.OffsetForLeaderEpochHandler;
import io.millrace.api.produce.ProduceHandler;
import io.millrace.api.producers.DescribeProducersHandler;
import io.millrace.api.producers.InitProducerIdHandler;
import io.millrace.api.producers.ProducerIdAllocator;
import io.millrace.api.quorum.AddRaftVoterHandler;
import io.millrace.api.quorum.DescribeQuorumHandler;
import io.millrace.api.quorum.QuorumControl;
import io.millrace.api.quorum.RemoveRaftVoterHandler;
import io.millrace.api.quotas.AlterClientQuotasHandler;
import io.millrace.api.quotas.DescribeClientQuotasHandler;
import io.millrace.api.telemetry.ClientTelemetry;
import io.millrace.api.telemetry.GetTelemetrySubscriptionsHandler;
import io.millrace.api.telemetry.PushTelemetryHandler;
import io.millrace.api.topics.CreatePartitionsHandler;
import io.millrace.api.topics.CreateTopicsHandler;
import io.millrace.api.topics.DeleteRecordsHandler;
import io.millrace.api.topics.DeleteTopicsHandler;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.config.TelemetryKeys;
import io.millrace.controller.Controller;
import io.millrace.metadata.ImagePublisher;
import io.millrace.model.Clock;
import io.millrace.network.Loops;
import io.millrace.partition.PartitionTable;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Every API that this node serves: what is not in here is not advertised.
 *
 * <p>Owner: immutable.
 */
final class Apis {
  private final RequestRouter router;
  private final FetchHandler fetches;
  private final ApiVersionsHandler apiVersions = new ApiVersionsHandler(this::router);

  /**
   * What the handlers need of the node.
   *
   * @param controller the cluster's, wherever it is
   * @param quorum the cluster's, wherever its leader is
   */
  record Parts(
      Settings settings,
      int nodeId,
      OwnStanding own,
      Loops loops,
      Controller controller,
      QuorumControl quorum,
      ImagePublisher images,
      PartitionTable partitions,
      NodeDisks disks,
      ClientTelemetry telemetry) {}

  /**
   * The APIs of a node.
   *
   * @param coordinators those of the node
   */
  Apis(Parts parts, PartitionLayer coordinators) {
    Settings settings = parts.settings();
    Controller controller = parts.controller();
    PartitionTable partitions = parts.partitions();
    CommittedSettings committed = new CommittedSettings(settings, parts.nodeId());
    LocalPartitions local = new LocalPartitions(partitions);
    LogbackLoggers loggers = new LogbackLoggers((LoggerContext) LoggerFactory.getILoggerFactory());
    List<RequestHandler> handlers = new ArrayList<>();
    handlers.add(apiVersions);
    handlers.add(new ProduceHandler(partitions, Clock.SYSTEM));
    fetches =
        new FetchHandler(
            FetchHandler.Readers.CONSUMERS,
            partitions,
            new FetchSessionSlots(settings.get(NodeKeys.MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS)),
            () -> settings.get(NodeKeys.FETCH_MAX_BYTES),
            parts.loops().all(),
            Clock.SYSTEM);
    handlers.add(fetches);
    handlers.add(
        new MetadataHandler(
            controller,
            parts.images(),
            settings.get(NodeKeys.AUTO_CREATE_TOPICS_ENABLE),
            parts.own(),
            committed));
    handlers.add(new DescribeClusterHandler(parts.own()));
    handlers.add(new DescribeQuorumHandler(parts.quorum()));
    handlers.add(new AddRaftVoterHandler(parts.quorum()));
    handlers.add(new RemoveRaftVoterHandler(parts.quorum()));
    handlers.add(new ElectLeadersHandler(controller, parts.quorum()));
    handlers.add(new AlterPartitionReassignmentsHandler(controller));
    handlers.add(new ListPartitionReassignmentsHandler());
    handlers.add(new UnregisterBrokerHandler(controller));
    handlers.add(new UpdateFeaturesHandler(controller));
    handlers.add(
        new DescribeTopicPartitionsHandler(
            settings.get(NodeKeys.MAX_REQUEST_PARTITION_SIZE_LIMIT), parts.own()));
    handlers.add(new CreateTopicsHandler(controller, committed));
    handlers.add(new DeleteTopicsHandler(controller));
    handlers.add(new CreatePartitionsHandler(controller));
    handlers.add(new DeleteRecordsHandler(local));
    handlers.add(new DescribeConfigsHandler(committed, loggers));
    handlers.add(new ListConfigResourcesHandler());
    handlers.add(new IncrementalAlterConfigsHandler(controller, parts.nodeId(), loggers));
    handlers.add(new AlterConfigsHandler(controller, parts.nodeId()));
    handlers.add(new DescribeAclsHandler());
    handlers.add(new CreateAclsHandler());
    handlers.add(new DeleteAclsHandler());
    handlers.add(new DescribeClientQuotasHandler());
    handlers.add(new AlterClientQuotasHandler(controller));
    handlers.add(new ListOffsetsHandler(local));
    handlers.add(new OffsetForLeaderEpochHandler(local));
    handlers.add(new DescribeLogDirsHandler(parts.disks(), partitions, parts.disks()::moves));
    handlers.add(new AlterReplicaLogDirsHandler(parts.disks()));
    handlers.add(new DescribeProducersHandler(local));
    int maxBytes = settings.get(TelemetryKeys.TELEMETRY_MAX_BYTES);
    handlers.add(new GetTelemetrySubscriptionsHandler(parts.telemetry(), maxBytes));
    handlers.add(new PushTelemetryHandler(parts.telemetry()));
    addOfCoordinators(handlers, parts, coordinators);
    router = new RequestRouter(handlers);
  }

  private static void addOfCoordinators(
      List<RequestHandler> handlers, Parts parts, PartitionLayer coordinators) {
    GroupCoordination groups = coordinators.groups();
    TransactionCoordination transactions = coordinators.transactions();
    CoordinatorTopic offsets = groups.topic(parts.controller());
    ProducerIdAllocator ids =
        new ProducerIdAllocator(parts.loops().all().get(0), parts.controller());
    handlers.add(
        new FindCoordinatorHandler(
            offsets, transactions.topic(parts.controller()), parts.images(), parts.own()));
    handlers.add(
        new InitProducerIdHandler(
            ids,
            transactions.runtime(),
            parts.settings().get(NodeKeys.UNSTABLE_API_VERSIONS_ENABLE)));
    handlers.addAll(groups.handlers(transactions.verifier()));
    handlers.addAll(transactions.handlers(ids, offsets));
  }

  int parkedFetches() {
    return fetches.parkedFetches();
  }

  RequestRouter router() {
    return router;
  }

  ApiVersionsHandler apiVersions() {
    return apiVersions;
  }
}
