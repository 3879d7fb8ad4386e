package io.millrace.server;

import io.millrace.controller.Controller;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the controller which replicas of this node cannot do their part, and which can again. It
 * compares, twice a second, what is with what is committed, and says what differs, until it does so
 * no more: whatever request was lost, and whoever is the controller. Only that there is space again
 * waits, if it was so a moment ago ({@link RecentRelief}).
 *
 * <p>Owner: a context of its own.
 */
final class ConditionReports {
  private static final Logger LOG = LoggerFactory.getLogger(ConditionReports.class);
  private static final long EVERY_MS = 500;

  /** In one request, so that its records fit into one change of the metadata. */
  private static final int MAX_REPORTS = 2_000;

  /** Rounds that are left out while the image may not have yet what was said. */
  private static final int PAUSE = 1;

  private static final int PAUSE_AFTER_FAILURE = 5;

  /** For ten seconds a replica is not reported once more to have space again. */
  private static final int CALM = 20;

  /**
   * What it is given.
   *
   * @param brokerEpoch under which this node is registered; -1 = it is not
   */
  record Parts(
      int nodeId,
      LongSupplier brokerEpoch,
      Supplier<Controller> controller,
      Supplier<ClusterImage> image,
      PartitionTable partitions) {}

  private final Vertx vertx;
  private final Context home;
  private final Parts parts;
  // Owned by home.
  private boolean asking;
  private int pause;
  private boolean told;
  private List<ReplicaReport> last = List.of();
  private final RecentRelief relief = new RecentRelief(CALM);
  private boolean closed;
  private volatile long timer = -1;

  ConditionReports(Vertx vertx, Parts parts) {
    this.vertx = vertx;
    this.home = vertx.getOrCreateContext();
    this.parts = parts;
  }

  /**
   * Begins. Completes when the controller has answered what there is to say now, or after {@code
   * patienceMs}; it does not fail.
   */
  Future<Void> start(long patienceMs) {
    Promise<Void> first = Promise.promise();
    home.runOnContext(
        any -> {
          vertx.setTimer(patienceMs, late -> first.tryComplete());
          timer = vertx.setPeriodic(EVERY_MS, again -> round());
          round().onComplete(done -> first.tryComplete());
        });
    return first.future();
  }

  void close() {
    home.runOnContext(
        any -> {
          closed = true;
          vertx.cancelTimer(timer);
        });
  }

  // ---- home

  /** Completes, in any case, when what is said now is answered. */
  private Future<Void> round() {
    relief.onRound();
    long epoch = parts.brokerEpoch().getAsLong();
    if (closed || asking || epoch < 0 || pause-- > 0) {
      return Future.succeededFuture();
    }
    pause = 0;
    ClusterImage image = parts.image().get();
    List<ReplicaReport> reports = differences(image);
    if (reports.isEmpty() || image.metadataVersion() < MetadataVersion.KNOWS_CONDITIONS) {
      return Future.succeededFuture();
    }
    asking = true;
    Promise<Void> answered = Promise.promise();
    Future.<Void>succeededFuture()
        .compose(any -> parts.controller().get().reportReplicas(parts.nodeId(), epoch, reports))
        .onComplete(
            done ->
                home.runOnContext(
                    any -> {
                      onAnswer(reports, done);
                      answered.complete();
                    }));
    return answered.future();
  }

  private List<ReplicaReport> differences(ClusterImage image) {
    List<ReplicaReport> reports = new ArrayList<>();
    for (Partition partition : parts.partitions().all()) {
      ReplicaCondition condition = partition.condition();
      TopicIdPartition id = partition.id();
      if (condition != null
          && condition != image.condition(parts.nodeId(), id.topicId(), id.partition())) {
        compare(image, id, condition, reports);
      }
      if (reports.size() == MAX_REPORTS) {
        break;
      }
    }
    return reports;
  }

  private void compare(
      ClusterImage image,
      TopicIdPartition id,
      ReplicaCondition condition,
      List<ReplicaReport> reports) {
    TopicImage topic = image.topic(id.topicId());
    PartitionImage partition = topic == null ? null : topic.partition(id.partition());
    if (partition == null || !partition.replicas().contains(parts.nodeId())) {
      return;
    }
    // Where there is no other replica, nobody could take over for lack of space.
    boolean says = condition != ReplicaCondition.FULL || partition.replicas().size() > 1;
    ReplicaCondition now = says ? condition : ReplicaCondition.ONLINE;
    ReplicaCondition known = image.condition(parts.nodeId(), id.topicId(), id.partition());
    ReplicaReport report = new ReplicaReport(id.topicId(), id.partition(), now);
    if (now != known && !relief.keepsBack(report, known)) {
      reports.add(report);
    }
  }

  private void onAnswer(List<ReplicaReport> reports, AsyncResult<Outcome> done) {
    asking = false;
    String wrong = wrong(done);
    if (wrong == null) {
      told = false;
      relief.onTold(reports);
      // A node that cannot write its copy of the metadata does not see what is committed.
      boolean again = reports.equals(last);
      pause = again ? PAUSE_AFTER_FAILURE : PAUSE;
      last = reports;
      if (again) {
        return;
      }
      for (ReplicaCondition condition : ReplicaCondition.values()) {
        long count = reports.stream().filter(r -> r.condition() == condition).count();
        if (count > 0) {
          LOG.info("The controller knows that {} replicas here are {}", count, condition);
        }
      }
      return;
    }
    pause = PAUSE_AFTER_FAILURE;
    if (!told) {
      told = true;
      LOG.warn("The controller cannot be told of {} replicas yet: {}", reports.size(), wrong);
    }
  }

  /** null = nothing. */
  private static String wrong(AsyncResult<Outcome> done) {
    if (done.failed()) {
      return String.valueOf(done.cause().getMessage());
    }
    Outcome outcome = done.result();
    return outcome.error() == Errors.NONE ? null : outcome.error() + ": " + outcome.message();
  }
}
