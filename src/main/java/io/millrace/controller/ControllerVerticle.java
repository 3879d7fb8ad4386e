package io.millrace.controller;

import io.millrace.client.RepeatedWarnings;
import io.millrace.controller.state.ConfigChanges;
import io.millrace.controller.state.Decision;
import io.millrace.controller.state.PossibleLosses;
import io.millrace.controller.state.QuotaChanges;
import io.millrace.controller.state.Registrations;
import io.millrace.controller.state.TopicDeletion;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.ImageFeed;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.TransactionVersion;
import io.millrace.model.Clock;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import io.millrace.quorum.CommitListener;
import io.millrace.quorum.Quorum;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.state.PreviousLeader;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's part in the control of the cluster. On every node the image is made out of what the
 * quorum commits ({@link MetadataFollower}); on the node that leads the quorum this is the active
 * controller. A command is decided at once, upon the image as it will be when all earlier decisions
 * are committed; its records go to the quorum; when they are committed, they are applied to the
 * published image, and then the command completes. So commands overlap on their way to the disk,
 * and one fsync serves many of them. The verticle only queues and delegates: {@code
 * controller.state} decides.
 *
 * <p>A command that changes nothing (a refusal, say) still waits until the decisions it rests upon
 * are committed, or, when there are none, until a majority confirms that this node leads. When the
 * lead ends, all commands under way fail with {@link QuorumException}, and what will be is again
 * what is. On a node that does not lead, commands fail with NOT_CONTROLLER.
 *
 * <p>Owner: controller context.
 */
public final class ControllerVerticle extends VerticleBase implements Controller {
  private static final Logger LOG = LoggerFactory.getLogger(ControllerVerticle.class);

  private static final long MAX_TICK_MS = 500;

  /** Opens the quorum for a listener; see {@code QuorumVerticle.open}. */
  public interface QuorumOpener {
    Future<Quorum> open(Vertx vertx, CommitListener listener);
  }

  /** Of what is looked at again and again. */
  private final RepeatedWarnings warnings = new RepeatedWarnings(LOG);

  private final ControllerConfig config;
  private final ConfigRules configRules;
  private final QuorumOpener opener;
  private final Clock clock;
  private final Rules rules;
  private final Upkeep upkeep;
  private final ImageFeed feed = new ImageFeed();
  private final CommandQueue queue = new CommandQueue(this::resign);
  private final MetadataFollower follower;

  private volatile Context home;
  private Quorum quorum;

  private long ticks = -1;
  private long balances = -1;

  // Written by the controller context.
  private volatile boolean active;

  /**
   * A controller on the system's clock; deploy it.
   *
   * @param random the source of placements
   */
  public ControllerVerticle(
      ControllerConfig config, ConfigRules rules, QuorumOpener opener, Random random) {
    this(config, rules, opener, random, Clock.SYSTEM);
  }

  /** As the other one, on a clock of the caller. */
  public ControllerVerticle(
      ControllerConfig config,
      ConfigRules configRules,
      QuorumOpener opener,
      Random random,
      Clock clock) {
    this.config = config;
    this.configRules = configRules;
    this.opener = opener;
    this.clock = clock;
    this.rules = Rules.of(config, configRules, random);
    this.upkeep = new Upkeep(rules, config);
    this.follower =
        new MetadataFollower(
            config, feed, task -> home.runOnContext(ignored -> task.run()), new Followed());
    feed.subscribe(this::warnOfLosses);
  }

  /** Where the node finds its image; usable at once, empty until the controller has started. */
  public ImagePublisher images() {
    return feed;
  }

  /**
   * Subscribes a listener that must see everything: first it is told what there is, as if it were
   * new, then each later delta; on the controller's context. Completes when it was told the first.
   */
  public Future<Void> follow(Consumer<ImageDelta> listener) {
    Promise<Void> told = Promise.promise();
    home.runOnContext(
        ignored -> {
          listener.accept(ImageDelta.ofAll(feed.image()));
          feed.subscribe(listener);
          told.complete();
        });
    return told.future();
  }

  /** What there is to see, from any thread; walks through the image. */
  public ControllerFigures figures() {
    return ControllerFigures.of(feed.image(), active, queue.size());
  }

  /**
   * Why this node's image does not follow the cluster's any more, with what to do; null = it does.
   */
  public String problem() {
    return follower.problem();
  }

  /** Completes when the cluster has its id and a controller, on this node or another. */
  public Future<Void> known() {
    return follower.known();
  }

  /**
   * Completes when what this node knows to be committed is in the image; on a node that leads by
   * then, alone say, when the cluster has its id too.
   */
  @Override
  public Future<?> start() {
    home = context;
    return opener
        .open(vertx, follower)
        .compose(
            opened -> {
              quorum = opened;
              queue.open(opened, home);
              // Hops behind what the quorum has told this context so far.
              Promise<Void> promise = Promise.promise();
              home.runOnContext(ignored -> onOpened(promise));
              return promise.future();
            })
        .recover(
            why ->
                quorum == null
                    ? Future.failedFuture(why)
                    : quorum.close().transform(closed -> Future.failedFuture(why)));
  }

  private void onOpened(Promise<Void> started) {
    if (follower.problem() != null) {
      started.fail(follower.problem());
    } else if (!queue.isLeading()) {
      started.complete();
    } else {
      identify().onComplete(started);
    }
  }

  /** A new cluster gets its id, the formats of its log, and what its nodes must agree upon. */
  private Future<Void> identify() {
    Promise<Void> promise = Promise.promise();
    queue.decide(
        image -> {
          List<MetadataRecord> records = new ArrayList<>();
          if (image.clusterId() == null) {
            String wanted = config.clusterId();
            records.add(
                new MetadataRecord.ClusterId(
                    wanted == null ? TopicId.random().toString() : wanted));
            records.add(
                new MetadataRecord.Feature(
                    MetadataVersion.FEATURE, config.cluster().metadataVersion()));
            records.add(
                new MetadataRecord.Feature(TransactionVersion.FEATURE, TransactionVersion.NEWEST));
            records.addAll(
                rules.clusterDefaults().ofNewCluster(config.cluster().metadataVersion()));
          }
          return new Decision<>(records, null);
        },
        promise,
        /* confirmed= */ false);
    return promise.future();
  }

  @Override
  public Future<?> stop() {
    stopTimers();
    return quorum == null ? Future.succeededFuture() : quorum.close();
  }

  /** Everybody applies it; the controller says it. */
  private void warnOfLosses(ImageDelta delta) {
    if (active) {
      PossibleLosses.warning(delta).ifPresent(LOG::warn);
    }
  }

  private long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(clock.nanos());
  }

  private <T> Future<T> execute(Function<MetadataImage, Decision<T>> command) {
    return execute(command, /* confirmed= */ true);
  }

  /**
   * Decides and commits.
   *
   * @param confirmed whether a reply without records must be what the cluster's one controller says
   */
  private <T> Future<T> execute(Function<MetadataImage, Decision<T>> command, boolean confirmed) {
    Context caller = Vertx.currentContext();
    Promise<T> promise =
        caller == null ? Promise.promise() : ((ContextInternal) caller).<T>promise();
    Context to = home;
    if (to == null) {
      promise.fail(queue.whyNotLeading());
    } else {
      to.runOnContext(ignored -> queue.decide(command, promise, confirmed));
    }
    return promise.future();
  }

  private void resign(QuorumException why) {
    active = false;
    stopTimers();
    queue.end(why);
  }

  private void begin(int lead, PreviousLeader previous) {
    queue.begin(lead, feed.image());
    upkeep.begin(feed.image(), nowMs(), previous);
    active = true; // who sees it may rely on the sessions of the brokers
    stopTimers();
    long tickMs = Math.max(1, Math.min(MAX_TICK_MS, config.cluster().sessionTimeoutMs() / 12));
    ticks = vertx.setPeriodic(tickMs, ignored -> tick());
    if (config.cluster().autoBalance()) {
      balances =
          vertx.setPeriodic(
              config.cluster().balanceIntervalMs(),
              ignored -> queue.perform(rules.balance()::decide));
    }
    if (queue.isOpen()) {
      identify().onFailure(why -> LOG.warn("The new term did not begin well: {}", why.toString()));
    }
  }

  private void stopTimers() {
    vertx.cancelTimer(ticks);
    vertx.cancelTimer(balances);
  }

  private void tick() {
    if (queue.isOpen()) {
      upkeep.duties(queue.pending(), nowMs()).forEach(queue::perform);
    }
  }

  /** What becomes of what the quorum commits. */
  private final class Followed implements MetadataFollower.Listener {
    @Override
    public void onApplied(MetadataImage image) {
      queue.onApplied(image);
    }

    @Override
    public void onLeader(int lead, PreviousLeader previous) {
      begin(lead, previous);
    }

    @Override
    public void onResigned(QuorumException why) {
      resign(why);
    }

    /** It leaves the quorum too: as its leader it would leave the cluster without a controller. */
    @Override
    public void onFailed(QuorumException why) {
      resign(why);
      if (quorum != null) {
        quorum
            .close()
            .onFailure(failed -> LOG.warn("Cannot leave the quorum in good order", failed));
      }
    }

    @Override
    public void onSnapshotWanted(MetadataImage image) {
      if (quorum != null) {
        quorum.snapshot(image.offset(), image.toRecords());
      }
    }
  }

  /**
   * The membership lost a node. It is fenced at once if its connections are closed too; else its
   * heartbeats decide.
   */
  public void onMemberGone(int nodeId, boolean connectionClosed) {
    Context to = home;
    if (to != null) {
      to.runOnContext(ignored -> memberGone(nodeId, connectionClosed));
    }
  }

  private void memberGone(int nodeId, boolean connectionClosed) {
    BrokerImage broker = queue.pending().brokers().get(nodeId);
    if (!queue.isOpen() || nodeId == config.nodeId() || broker == null || broker.fenced()) {
      return;
    }
    if (!connectionClosed) {
      warnings.warn(
          "gone " + nodeId,
          "Broker "
              + nodeId
              + " is no longer a member, but its connection is open: its heartbeats decide");
      return;
    }
    LOG.warn("Broker {} is fenced: its process is gone", nodeId);
    rules.sessions().lose(nodeId);
    queue.perform(image -> upkeep.fence(image, nodeId, nowMs()));
  }

  @Override
  public Future<List<CreatedTopic>> createTopics(List<NewTopic> topics, boolean validateOnly) {
    return execute(image -> rules.creation().decide(image, topics, validateOnly));
  }

  @Override
  public Future<List<DeletedTopic>> deleteTopics(List<TopicRef> topics) {
    return execute(image -> TopicDeletion.decide(image, topics, config.deleteTopicEnable()));
  }

  @Override
  public Future<Map<String, Outcome>> createPartitions(
      List<NewPartitions> topics, boolean validateOnly) {
    return execute(image -> rules.addition().decide(image, topics, validateOnly));
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> incrementalAlterConfigs(
      Map<ConfigResource, List<ConfigOp>> changes, boolean validateOnly) {
    return execute(
        image ->
            rules
                .consequences()
                .complete(
                    image, ConfigChanges.incremental(image, changes, validateOnly, configRules)));
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> alterConfigs(
      Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
    return execute(
        image ->
            rules
                .consequences()
                .complete(image, ConfigChanges.replace(image, configs, validateOnly, configRules)));
  }

  @Override
  public Future<Map<QuotaEntity, Outcome>> alterClientQuotas(
      Map<QuotaEntity, Map<String, Double>> changes, boolean validateOnly) {
    return execute(image -> QuotaChanges.decide(image, changes, validateOnly));
  }

  @Override
  public Future<ProducerIdBlock> allocateProducerIds() {
    return execute(Registrations::producerIds);
  }

  @Override
  public Future<Registered> registerBroker(BrokerRegistration node) {
    return execute(
        image -> {
          long nowMs = nowMs();
          boolean alive = upkeep.isAlive(node.nodeId(), nowMs);
          boolean here = node.nodeId() == config.nodeId();
          Decision<Registered> decision =
              rules
                  .registrations()
                  .register(
                      image,
                      node,
                      new Registrations.Standing(
                          here, alive, other -> rules.sessions().isHeard(other, nowMs)));
          Registered reply = decision.reply();
          if (reply.outcome().error() != Errors.NONE) {
            LOG.warn("Node {} is not registered: {}", node.nodeId(), reply.outcome().message());
          } else if (node.broker()) {
            upkeep.onRegistered(node.nodeId(), reply.epoch(), nowMs);
          }
          return decision;
        });
  }

  @Override
  public Future<HeartbeatReply> heartbeat(Heartbeat heartbeat) {
    return execute(
        image -> {
          BrokerImage broker = image.brokers().get(heartbeat.nodeId());
          if (broker != null && broker.epoch() == heartbeat.brokerEpoch()) {
            rules
                .sessions()
                .heard(
                    heartbeat.nodeId(),
                    heartbeat.brokerEpoch(),
                    heartbeat.metadataOffset(),
                    nowMs());
          }
          Decision<HeartbeatReply> decision = rules.heartbeats().decide(image, heartbeat);
          if (!decision.records().isEmpty()) {
            LOG.info(
                "Broker {} {}",
                heartbeat.nodeId(),
                heartbeat.wantShutDown()
                    ? "is about to stop"
                    : decision.reply().fenced() ? "wants to be fenced" : "serves");
          }
          return decision;
        },
        /* confirmed= */ false);
  }

  @Override
  public Future<IsrReply> alterPartitions(int nodeId, long brokerEpoch, List<IsrChange> changes) {
    return execute(image -> rules.isrChanges().decide(image, nodeId, brokerEpoch, changes));
  }

  @Override
  public Future<Outcome> reportReplicas(int nodeId, long brokerEpoch, List<ReplicaReport> reports) {
    return execute(image -> rules.replicaReports().decide(image, nodeId, brokerEpoch, reports));
  }

  @Override
  public Future<Outcome> reportLogEnds(int nodeId, long brokerEpoch, List<LogEnd> ends) {
    return execute(
        image -> rules.recovery().report(image, nodeId, brokerEpoch, ends, nowMs()),
        /* confirmed= */ false);
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> electLeaders(
      ElectionType type, Set<TopicPartition> partitions) {
    return execute(image -> rules.elections().decide(image, type, partitions));
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> alterPartitionReassignments(
      Map<TopicPartition, List<Integer>> wanted, boolean allowFactorChange) {
    return execute(image -> rules.reassignments().decide(image, wanted, allowFactorChange));
  }

  @Override
  public Future<Outcome> unregisterBroker(int nodeId) {
    return execute(image -> rules.unregistration().decide(image, nodeId));
  }

  @Override
  public Future<Map<String, Outcome>> updateFeatures(
      Map<String, FeatureUpdate> updates, boolean validateOnly) {
    return execute(image -> rules.features().decide(image, updates, validateOnly));
  }
}
