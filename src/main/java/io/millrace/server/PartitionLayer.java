package io.millrace.server;

import io.millrace.api.RequestHandler;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.config.LogKeys;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.Clock;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.LogPlacement;
import io.millrace.partition.PartitionSupervisor;
import io.millrace.partition.Residents;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The partitions of this node, with the replication between them and those elsewhere, and the
 * coordinators that live on them.
 *
 * <p>Owner: any thread.
 */
final class PartitionLayer {
  /** A start waits no longer for the controller to hear of replicas that cannot serve. */
  private static final long REPORT_PATIENCE_MS = 5_000;

  private final NodeParts node;
  private final MetadataLayer metadata;
  private final LogPlacement placement;
  private final NodeDisks disks;
  private final ReplicationLayer replication;
  private final LargestBatch largestBatch;
  private final GroupCoordination groups;
  private final TransactionCoordination transactions;
  private final PartitionSupervisor partitions;
  private final GroupLagSampler groupLagSampler;
  private final ConditionReports conditions;

  /**
   * Without partitions, until {@link #follow}.
   *
   * @param cluster null = the node is alone
   * @param brokerEpoch under which the node is registered; -1 = it is not
   */
  PartitionLayer(
      NodeParts node,
      LogDirectories directories,
      MetadataLayer metadata,
      ClusterLayer cluster,
      LongSupplier brokerEpoch) {
    this.node = node;
    this.metadata = metadata;
    placement =
        new LogPlacement(
            directories.all(),
            directories.someMissing(),
            Clock.SYSTEM,
            NodeDisks.copiers(node.settings()),
            node.metrics());
    disks = new NodeDisks(directories, placement);
    disks.follow(node.live());
    disks.watch(node.vertx(), node.metrics());
    groups = new GroupCoordination(node.settings(), Clock.SYSTEM, node.worker(), node.metrics());
    transactions =
        new TransactionCoordination(
            node, metadata.images(), cluster == null ? null : cluster.peers(), this::partitions);
    largestBatch = new LargestBatch(node.live());
    metadata.images().subscribe(largestBatch::onDelta);
    replication =
        new ReplicationLayer(
            node,
            largestBatch,
            metadata,
            brokerEpoch,
            this::partitions,
            cluster == null ? null : cluster.peers(),
            transactions.verifier());
    partitions =
        new PartitionSupervisor(
            node.vertx(),
            new PartitionSupervisor.Options(
                replication.replicaParts(),
                placement,
                node.loops()::current,
                new CommittedSettings(node.settings(), node.nodeId())::ofTopic,
                node.settings().get(LogKeys.LOG_RETENTION_CHECK_INTERVAL_MS)),
            Residents.of(groups.runtime(), transactions.runtime()));
    conditions =
        new ConditionReports(
            node.vertx(),
            new ConditionReports.Parts(
                node.nodeId(),
                brokerEpoch,
                metadata::controller,
                metadata.images()::image,
                partitions));
    groups.runtime().connect(metadata.images(), () -> partitions);
    transactions.runtime().connect(metadata.images(), () -> partitions);
    groupLagSampler =
        GroupLagSampler.of(
            new GroupLags.Parts(
                node.loops().all().get(0),
                groups.runtime(),
                metadata.images()::image,
                partitions,
                new RecordTimes(node.worker()),
                Clock.SYSTEM),
            groups.runtime(),
            node.settings(),
            node.metrics());
    metadata.images().subscribe(replication::onDelta);
  }

  PartitionSupervisor partitions() {
    return partitions;
  }

  /** What a client may send at once. */
  LargestBatch largestBatch() {
    return largestBatch;
  }

  NodeDisks disks() {
    return disks;
  }

  GroupCoordination groups() {
    return groups;
  }

  TransactionCoordination transactions() {
    return transactions;
  }

  GroupLags groupLags() {
    return groupLagSampler.lags();
  }

  /** What the internal listener answers to the partitions of other nodes. */
  List<RequestHandler> ofNodes() {
    List<RequestHandler> handlers = new ArrayList<>(replication.handlers(partitions));
    handlers.addAll(transactions.ofNodes());
    return handlers;
  }

  /**
   * Has partitions as the metadata says, from now on. Not before the image has everything that an
   * earlier run of this node can have seen: by an older one the log of a topic that was created
   * again would count as one of the topic before. Logs of topics that were deleted meanwhile, and
   * of partitions that were given to other nodes, are removed, and what nobody claims is set aside.
   */
  Future<Void> follow() {
    Context home = node.vertx().getOrCreateContext();
    return metadata
        .local()
        .follow(partitions::onDelta)
        .compose(any -> partitions.settled())
        .compose(
            any ->
                placement.onAllPlaced(task -> home.runOnContext(run -> task.run()), this::isGone));
  }

  /** Whether others have the partition, or its topic is deleted; what is merely missing is not. */
  private boolean isGone(TopicIdPartition id) {
    ClusterImage image = metadata.images().image();
    TopicImage topic = image.topic(id.topicId());
    PartitionImage partition = topic == null ? null : topic.partition(id.partition());
    return partition == null
        ? image.removedTopics().containsKey(id.topicId())
        : !partition.replicas().contains(node.nodeId());
  }

  /**
   * From now on the controller hears which replicas here cannot do their part; to be called when
   * the logs are opened, and before the node serves, so that nothing of them is given to it.
   */
  Future<Void> reportConditions() {
    return conditions.start(REPORT_PATIENCE_MS);
  }

  /** The node serves: its groups and transactions are looked at now and then. */
  void startMeasuring() {
    groupLagSampler.start();
    transactions.sampler().start();
    transactions.hanging().start();
  }

  /** Its end has begun. */
  void stopMeasuring() {
    conditions.close();
    groupLagSampler.close();
    transactions.sampler().close();
    transactions.hanging().close();
  }

  /** Ends the coordinators. */
  Future<Void> closeCoordinators() {
    return Future.join(groups.runtime().close(), transactions.runtime().close()).mapEmpty();
  }

  /** Closes all partitions; what was acknowledged is then on the disk. */
  Future<Void> close() {
    replication.close();
    return partitions.close();
  }
}
