package io.millrace.controller;

import io.millrace.controller.state.ConfigChanges;
import io.millrace.controller.state.Decision;
import io.millrace.controller.state.PartitionAddition;
import io.millrace.controller.state.Registrations;
import io.millrace.controller.state.TopicCreation;
import io.millrace.controller.state.TopicDeletion;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.ImageFeed;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.model.TopicId;
import io.millrace.model.TopicPartition;
import io.millrace.quorum.CommitListener;
import io.millrace.quorum.Quorum;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.state.Entry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The controller of a node that is a voter. A command is decided at once, upon the image as it will
 * be when all earlier decisions are committed; its records go to the quorum; when they are
 * committed, they are applied to the published image, and then the command completes. So commands
 * overlap on their way to the disk, and one fsync serves many of them. The verticle only queues and
 * delegates: {@code controller.state} decides.
 *
 * <p>A command that changes nothing (a refusal, say) still waits until the decisions it rests upon
 * are committed. When the term ends, all commands under way fail with {@link QuorumException}, and
 * what will be is again what is.
 *
 * <p>Owner: controller context.
 */
public final class ControllerVerticle extends VerticleBase implements Controller {
  private static final Logger LOG = LoggerFactory.getLogger(ControllerVerticle.class);
  private static final int NO_TERM = -1;

  /** Opens the quorum for a listener; see {@code QuorumVerticle.open}. */
  public interface QuorumOpener {
    Future<Quorum> open(Vertx vertx, CommitListener listener);
  }

  private record Command<T>(long lastOffset, T reply, Promise<T> promise) {
    void complete() {
      promise.complete(reply);
    }
  }

  private final ControllerConfig config;
  private final ConfigRules rules;
  private final QuorumOpener opener;
  private final Random random;
  private final TopicCreation creation;
  private final ImageFeed feed = new ImageFeed();
  private final ArrayDeque<Command<?>> underWay = new ArrayDeque<>();

  private Context home;
  private Quorum quorum;
  private int term = NO_TERM;

  /** The published image with every decision under way. */
  private MetadataImage pending = MetadataImage.EMPTY;

  private QuorumException whyNoTerm =
      new QuorumException(Errors.NOT_CONTROLLER, "The controller has not started yet");

  /**
   * A controller; deploy it.
   *
   * @param random the source of placements
   */
  public ControllerVerticle(
      ControllerConfig config, ConfigRules rules, QuorumOpener opener, Random random) {
    this.config = config;
    this.rules = rules;
    this.opener = opener;
    this.random = random;
    this.creation = new TopicCreation(config, rules, random);
  }

  /** Where the node finds its image; usable at once, empty until the controller has started. */
  public ImagePublisher images() {
    return feed;
  }

  /**
   * Completes when this node leads the quorum, everything committed is in the image, and the
   * cluster has its id.
   */
  @Override
  public Future<?> start() {
    home = context;
    return opener
        .open(vertx, new Commits())
        .compose(
            opened -> {
              quorum = opened;
              // Hops behind what the quorum has told this context so far.
              return execute(this::identify);
            })
        .compose(wrong -> wrong.isEmpty() ? Future.succeededFuture() : Future.failedFuture(wrong))
        .recover(
            why ->
                quorum == null
                    ? Future.failedFuture(why)
                    : quorum.close().transform(closed -> Future.failedFuture(why)));
  }

  /** Gives a new cluster its id; the reply is what is wrong with the id of an old one, or empty. */
  private Decision<String> identify(MetadataImage image) {
    String wanted = config.clusterId();
    String id = image.clusterId();
    if (id == null) {
      String fresh = wanted == null ? TopicId.random().toString() : wanted;
      return new Decision<>(List.of(new MetadataRecord.ClusterId(fresh)), "");
    }
    return Decision.unchanged(
        wanted == null || wanted.equals(id)
            ? ""
            : "cluster.id is "
                + wanted
                + ", but the metadata log of this node belongs to cluster "
                + id
                + ". Use another data directory, or take cluster.id back");
  }

  @Override
  public Future<?> stop() {
    return quorum.close();
  }

  private <T> Future<T> execute(Function<MetadataImage, Decision<T>> command) {
    Context caller = Vertx.currentContext();
    Promise<T> promise =
        caller == null ? Promise.promise() : ((ContextInternal) caller).<T>promise();
    home.runOnContext(ignored -> decide(command, promise));
    return promise.future();
  }

  private <T> void decide(Function<MetadataImage, Decision<T>> command, Promise<T> promise) {
    if (term == NO_TERM) {
      promise.fail(whyNoTerm);
      return;
    }
    Decision<T> decision;
    try {
      decision = command.apply(pending);
      if (!decision.records().isEmpty()) {
        pending =
            new ImageBuilder(pending)
                .apply(pending.offset() + 1, decision.records())
                .build()
                .image();
      }
    } catch (RuntimeException bug) {
      LOG.error("A command to the controller failed", bug);
      promise.fail(bug);
      return;
    }
    Command<T> decided = new Command<>(pending.offset(), decision.reply(), promise);
    if (decision.records().isEmpty() && underWay.isEmpty()) {
      decided.complete();
      return;
    }
    underWay.add(decided);
    if (!decision.records().isEmpty()) {
      int inTerm = term;
      quorum
          .propose(inTerm, decision.records())
          .onFailure(why -> home.runOnContext(ignored -> onProposalFailed(inTerm, why)));
    }
  }

  private void onProposalFailed(int inTerm, Throwable why) {
    if (inTerm == term) {
      resign(
          why instanceof QuorumException known
              ? known
              : new QuorumException(Errors.UNKNOWN_SERVER_ERROR, why.toString(), why));
    }
  }

  private void resign(QuorumException why) {
    term = NO_TERM;
    whyNoTerm = why;
    pending = feed.image();
    List<Command<?>> failed = new ArrayList<>(underWay);
    underWay.clear();
    failed.forEach(command -> command.promise().fail(why));
  }

  private void commit(ImageBuilder.Derived next) {
    try {
      feed.publish(next);
    } catch (RuntimeException bug) {
      LOG.error("A listener to the image at offset {} failed", next.image().offset(), bug);
    }
    while (!underWay.isEmpty() && underWay.peek().lastOffset() <= next.image().offset()) {
      underWay.poll().complete();
    }
  }

  /** Brings what the quorum says to the controller's context. */
  private final class Commits implements CommitListener {
    @Override
    public void onSnapshot(long lastOffset, List<MetadataRecord> records) {
      home.runOnContext(
          ignored ->
              commit(new ImageBuilder(feed.image()).applySnapshot(lastOffset, records).build()));
    }

    @Override
    public void onCommitted(List<Entry> entries) {
      home.runOnContext(
          ignored -> {
            try {
              ImageBuilder builder = new ImageBuilder(feed.image());
              entries.forEach(entry -> builder.apply(entry.baseOffset(), entry.records()));
              commit(builder.build());
            } catch (IllegalStateException damaged) {
              LOG.error("The metadata log does not fit together", damaged);
              resign(
                  new QuorumException(Errors.UNKNOWN_SERVER_ERROR, damaged.getMessage(), damaged));
            }
          });
    }

    @Override
    public void onLeader(int newTerm) {
      home.runOnContext(
          ignored -> {
            commit(new ImageBuilder(feed.image()).controller(config.nodeId()).build());
            term = newTerm;
            pending = feed.image();
          });
    }

    @Override
    public void onResigned(QuorumException why) {
      home.runOnContext(ignored -> resign(why));
    }

    @Override
    public void onSnapshotWanted() {
      home.runOnContext(
          ignored -> {
            MetadataImage image = feed.image();
            if (quorum != null) {
              quorum.snapshot(image.offset(), image.toRecords());
            }
          });
    }
  }

  @Override
  public Future<List<CreatedTopic>> createTopics(List<NewTopic> topics, boolean validateOnly) {
    return execute(image -> creation.decide(image, topics, validateOnly));
  }

  @Override
  public Future<List<DeletedTopic>> deleteTopics(List<TopicRef> topics) {
    return execute(image -> TopicDeletion.decide(image, topics, config.deleteTopicEnable()));
  }

  @Override
  public Future<Map<String, Outcome>> createPartitions(
      List<NewPartitions> topics, boolean validateOnly) {
    return execute(image -> PartitionAddition.decide(image, topics, validateOnly, random));
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> incrementalAlterConfigs(
      Map<ConfigResource, List<ConfigOp>> changes, boolean validateOnly) {
    return execute(image -> ConfigChanges.incremental(image, changes, validateOnly, rules));
  }

  @Override
  public Future<Map<ConfigResource, Outcome>> alterConfigs(
      Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
    return execute(image -> ConfigChanges.replace(image, configs, validateOnly, rules));
  }

  @Override
  public Future<ProducerIdBlock> allocateProducerIds() {
    return execute(Registrations::producerIds);
  }

  @Override
  public Future<Registered> registerBroker(BrokerRegistration registration) {
    return execute(
        image ->
            Registrations.broker(
                image,
                registration.nodeId(),
                registration.endpoints(),
                registration.rack(),
                registration.logsMayBeCut()));
  }

  @Override
  public Future<HeartbeatReply> heartbeat(Heartbeat heartbeat) {
    return notYet();
  }

  @Override
  public Future<IsrReply> alterPartitions(int nodeId, long brokerEpoch, List<IsrChange> changes) {
    return notYet();
  }

  @Override
  public Future<Map<TopicPartition, Outcome>> electLeaders(
      ElectionType type, Set<TopicPartition> partitions) {
    return notYet();
  }

  @Override
  public Future<Outcome> unregisterBroker(int nodeId) {
    return notYet();
  }

  @Override
  public Future<Map<String, Outcome>> updateFeatures(
      Map<String, FeatureUpdate> updates, boolean validateOnly) {
    return notYet();
  }

  private static <T> Future<T> notYet() {
    return Future.failedFuture(new UnsupportedOperationException("not yet"));
  }
}
