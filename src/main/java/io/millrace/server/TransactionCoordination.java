package io.millrace.server;

import io.millrace.api.LocalPartitions;
import io.millrace.api.RequestHandler;
import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.api.producers.ProducerIdAllocator;
import io.millrace.api.transactions.AddOffsetsToTxnHandler;
import io.millrace.api.transactions.AddPartitionsToTxnHandler;
import io.millrace.api.transactions.DescribeTransactionsHandler;
import io.millrace.api.transactions.EndTxnHandler;
import io.millrace.api.transactions.HangingTransactions;
import io.millrace.api.transactions.KnownParts;
import io.millrace.api.transactions.ListTransactionsHandler;
import io.millrace.api.transactions.MarkerSender;
import io.millrace.api.transactions.OpenPartsHandler;
import io.millrace.api.transactions.TransactionVerification;
import io.millrace.api.transactions.WriteTxnMarkersHandler;
import io.millrace.client.Peers;
import io.millrace.config.GroupKeys;
import io.millrace.config.Settings;
import io.millrace.config.TransactionKeys;
import io.millrace.controller.Controller;
import io.millrace.coordinator.CoordinatorConfig;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.transaction.TransactionConfig;
import io.millrace.coordinator.transaction.TransactionRecordTypes;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.TransactionVersion;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.partition.PartitionTable;
import io.millrace.partition.TransactionVerifier;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * The transaction coordinator of a node, and how its partitions and those of other nodes take part
 * in transactions, put together from the settings.
 *
 * <p>Owner: immutable.
 */
final class TransactionCoordination {
  private static final String ASKED_FOR = "transaction_coordinator";

  private final Settings settings;
  private final ImagePublisher images;
  private final Supplier<PartitionTable> partitions;
  private final CoordinatorRuntime<TransactionShard> runtime;
  private final TransactionVerifier verifier;
  private final LocalTransactions local;
  private final TransactionSampler sampler;
  private final HangingTransactions hanging;

  /**
   * From the node's settings.
   *
   * @param peers null = the node is alone
   * @param partitions those of the node, once there are any
   */
  TransactionCoordination(
      NodeParts node, ImagePublisher images, Peers peers, Supplier<PartitionTable> partitions) {
    this.settings = node.settings();
    this.images = images;
    this.partitions = partitions;
    Loop home = node.loops().all().get(0);
    MarkerSender markers =
        new MarkerSender(
            new MarkerSender.Parts(
                node.nodeId(),
                home,
                Clock.SYSTEM,
                peers,
                partitions,
                images::image,
                this::coordinator));
    node.metrics()
        .gauge(ASKED_FOR + "_ending", "Transactions whose ends are being written", markers::open);
    TransactionConfig config =
        new TransactionConfig(
            settings.get(TransactionKeys.MAX_TIMEOUT_MS),
            settings.get(TransactionKeys.ID_EXPIRATION_MS),
            settings.get(TransactionKeys.REMOVE_EXPIRED_INTERVAL_MS),
            settings.get(TransactionKeys.TWO_PHASE_COMMIT_ENABLE),
            TransactionConfig.DEFAULT_WAIT_MS,
            TransactionConfig.DEFAULT_MAX_WAITING);
    this.runtime =
        new CoordinatorRuntime<>(
            new CoordinatorRuntime.Parts<>(
                new CoordinatorConfig(
                    CoordinatorTopic.TRANSACTIONS,
                    settings.get(GroupKeys.OFFSETS_COMMIT_TIMEOUT_MS),
                    GroupCoordination.loadBytes(settings.get(TransactionKeys.LOAD_BUFFER_SIZE))),
                (partition, timers, leaderEpoch) ->
                    new TransactionShard(
                        partition,
                        timers,
                        config,
                        leaderEpoch,
                        () -> TransactionVersion.of(images.image().features()),
                        markers),
                new TransactionRecordTypes(),
                Clock.SYSTEM,
                node.worker(),
                node.metrics(),
                ASKED_FOR));
    this.hanging =
        new HangingTransactions(
            new HangingTransactions.Parts(
                home,
                Clock.SYSTEM,
                partitions,
                new KnownParts(node.nodeId(), peers, images::image, this::coordinator)::ask,
                (long) settings.get(TransactionKeys.MAX_TIMEOUT_MS)
                    + settings.get(TransactionKeys.HANGING_MARGIN_MS),
                node.metrics()));
    this.local = new LocalTransactions(runtime, Clock.SYSTEM, hanging::found);
    this.sampler = new TransactionSampler(runtime, home, Clock.SYSTEM, node.metrics());
    this.verifier =
        new TransactionVerification(
            new TransactionVerification.Parts(
                node.nodeId(), home, Clock.SYSTEM, peers, images::image, this::coordinator));
  }

  private LocalPartitions localPartitions() {
    return new LocalPartitions(partitions.get());
  }

  private CoordinatorRuntime<TransactionShard> coordinator() {
    return runtime;
  }

  CoordinatorRuntime<TransactionShard> runtime() {
    return runtime;
  }

  /** What HTTP shows. */
  LocalTransactions local() {
    return local;
  }

  /** Counts them for the metrics. */
  TransactionSampler sampler() {
    return sampler;
  }

  /** Ends those that partitions here have in progress and no coordinator knows. */
  HangingTransactions hanging() {
    return hanging;
  }

  /** Asks coordinators, wherever they are, where that is wanted or a partition is to be added. */
  TransactionVerifier verifier() {
    return settings.get(TransactionKeys.PARTITION_VERIFICATION_ENABLE)
        ? verifier
        : (question, deadlineMs) ->
            question.adds()
                ? verifier.verify(question, deadlineMs)
                : Future.succeededFuture(Errors.NONE);
  }

  /** How {@code __transaction_state} is made. */
  CoordinatorTopic topic(Controller controller) {
    return new CoordinatorTopic(
        controller,
        CoordinatorTopic.TRANSACTIONS,
        new CoordinatorTopic.Shape(
            settings.get(TransactionKeys.TOPIC_NUM_PARTITIONS),
            settings.get(TransactionKeys.TOPIC_REPLICATION_FACTOR),
            settings.get(TransactionKeys.TOPIC_SEGMENT_BYTES),
            Map.of(
                "compression.type",
                "uncompressed",
                "min.insync.replicas",
                Integer.toString(settings.get(TransactionKeys.TOPIC_MIN_ISR)),
                "unclean.leader.election.enable",
                "false")));
  }

  /**
   * What producers and administrators ask.
   *
   * @param offsets brings the topic into being that offsets are committed to
   */
  List<RequestHandler> handlers(ProducerIdAllocator ids, CoordinatorTopic offsets) {
    return List.of(
        new AddPartitionsToTxnHandler(runtime),
        new AddOffsetsToTxnHandler(runtime, offsets, images),
        new EndTxnHandler(runtime, ids),
        new WriteTxnMarkersHandler(localPartitions(), WriteTxnMarkersHandler.WAIT_OF_CLIENTS_MS),
        new DescribeTransactionsHandler(runtime),
        new ListTransactionsHandler(runtime));
  }

  /** What the other nodes ask. */
  List<RequestHandler> ofNodes() {
    return List.of(
        new AddPartitionsToTxnHandler(runtime),
        new WriteTxnMarkersHandler(localPartitions(), WriteTxnMarkersHandler.WAIT_OF_NODES_MS),
        new OpenPartsHandler(runtime));
  }
}
