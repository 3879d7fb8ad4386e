package io.millrace.controller;

import io.millrace.fault.FaultPoint;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.ImageFeed;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.CommitListener;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.PreviousLeader;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the node's image out of what the quorum commits, and tells the controller when its node
 * leads. Everything the quorum says is brought to the controller's context first. A log that this
 * node must not follow, or that does not fit together, leaves the image as it is for good.
 *
 * <p>Owner: controller context; {@link #problem} and {@link #known} are for any thread.
 */
final class MetadataFollower implements CommitListener {
  private static final Logger LOG = LoggerFactory.getLogger(MetadataFollower.class);

  /** What becomes of it on this node; every call comes on the controller's context. */
  interface Listener {
    /** The image is published. */
    void onApplied(MetadataImage image);

    /** This node leads; all that was committed before is in the image. */
    void onLeader(int lead, PreviousLeader previous);

    /** It leads no longer, or did not; may come more than once. */
    void onResigned(QuorumException why);

    /** The image stays as it is for good: so this node must not lead any more. */
    void onFailed(QuorumException why);

    /** As {@link CommitListener#onSnapshotWanted}. */
    void onSnapshotWanted(MetadataImage image);
  }

  private final ControllerConfig config;
  private final ImageFeed feed;
  private final Executor home;
  private final Listener listener;
  private final Promise<Void> known = Promise.promise();
  // Written by the controller context.
  private volatile String problem;

  /**
   * A follower, which publishes to the feed.
   *
   * @param home runs a task on the controller's context, not before it returns
   */
  MetadataFollower(ControllerConfig config, ImageFeed feed, Executor home, Listener listener) {
    this.config = config;
    this.feed = feed;
    this.home = home;
    this.listener = listener;
  }

  /**
   * Why this node's image does not follow the cluster's any more, with what to do; null = it does.
   */
  String problem() {
    return problem;
  }

  /** Completes when the cluster has its id and a controller, on this node or another. */
  Future<Void> known() {
    return known.future();
  }

  @Override
  public void onSnapshot(long lastOffset, List<MetadataRecord> records) {
    onHome(() -> apply(builder -> builder.applySnapshot(lastOffset, records)));
  }

  @Override
  public void onCommitted(List<Entry> entries) {
    onHome(
        () ->
            apply(
                builder -> {
                  FaultPoint.METADATA_COMMITTED.reached();
                  entries.forEach(entry -> builder.apply(entry.baseOffset(), entry.records()));
                }));
  }

  @Override
  public void onLeader(int lead, PreviousLeader previous) {
    onHome(
        () -> {
          publish(new ImageBuilder(feed.image()).controller(config.nodeId()).build());
          if (problem == null) {
            listener.onLeader(lead, previous);
          }
        });
  }

  @Override
  public void onLeaderKnown(int nodeId, int newestTerm) {
    onHome(
        () -> {
          if (feed.image().controllerId() != nodeId) {
            publish(new ImageBuilder(feed.image()).controller(nodeId).build());
          }
        });
  }

  @Override
  public void onResigned(QuorumException why) {
    onHome(() -> listener.onResigned(why));
  }

  @Override
  public void onSnapshotWanted() {
    onHome(() -> listener.onSnapshotWanted(feed.image()));
  }

  private void onHome(Runnable step) {
    home.execute(
        () -> {
          if (problem == null) {
            step.run();
          }
        });
  }

  private void apply(Consumer<ImageBuilder> change) {
    ImageBuilder.Derived next;
    try {
      ImageBuilder builder = new ImageBuilder(feed.image());
      change.accept(builder);
      next = builder.build();
    } catch (RuntimeException damaged) {
      // A bug too: an image without these records must not go on with those behind them.
      LOG.error("The metadata log does not fit together", damaged);
      fail(damaged instanceof IllegalStateException ? damaged.getMessage() : damaged.toString());
      return;
    }
    publish(next);
  }

  private void publish(ImageBuilder.Derived next) {
    String wrong = problemOf(next.image());
    if (wrong != null) {
      fail(wrong);
      return;
    }
    try {
      feed.publish(next);
    } catch (RuntimeException bug) {
      LOG.error("A listener to the image at offset {} failed", next.image().offset(), bug);
    }
    FaultPoint.METADATA_PUBLISHED.reached();
    listener.onApplied(next.image());
    if (next.image().controllerId() >= 0 && next.image().clusterId() != null) {
      known.tryComplete();
    }
  }

  private String problemOf(MetadataImage image) {
    String wanted = config.clusterId();
    if (wanted != null && image.clusterId() != null && !wanted.equals(image.clusterId())) {
      return "cluster.id is "
          + wanted
          + ", but the metadata log of this node belongs to cluster "
          + image.clusterId()
          + ". Use another data directory, or take cluster.id back";
    }
    if (image.metadataVersion() > config.cluster().metadataVersion()) {
      return "The cluster uses level "
          + image.metadataVersion()
          + " of metadata.version, this node can work with up to "
          + config.cluster().metadataVersion()
          + ": start a newer release here";
    }
    return null;
  }

  /** The image stays as it is, and this node controls nothing more. */
  private void fail(String why) {
    LOG.error("{}; this node no longer follows the metadata", why);
    problem = why;
    listener.onFailed(new QuorumException(Errors.NOT_CONTROLLER, why));
  }
}
