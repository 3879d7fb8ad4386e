package io.millrace.server;

import io.millrace.controller.ControllerFigures;
import io.millrace.metrics.Metrics;
import io.millrace.quorum.QuorumView;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * What the node tells {@code /metrics} about the cluster, the controller and the quorum. What has
 * no value now (the lag of other nodes, on a node that does not lead) is NaN.
 *
 * <p>Owner: immutable.
 */
final class ClusterFigures {
  /** How long one count through the image serves the figures of a scrape. */
  private static final long COUNT_NANOS = 500_000_000;

  private final Supplier<ControllerFigures> count;
  private final Supplier<QuorumView> quorum;
  // Replaced as one; two threads that count at the same time do no harm.
  private volatile Counted counted;

  private record Counted(ControllerFigures figures, long atNanos) {}

  private ClusterFigures(Supplier<ControllerFigures> count, Supplier<QuorumView> quorum) {
    this.count = count;
    this.quorum = quorum;
  }

  /**
   * Registers the gauges.
   *
   * @param count counts once through the image; null = nothing is known yet
   * @param quorum as this node sees it; null = not open yet
   */
  static void register(
      Metrics metrics, Supplier<ControllerFigures> count, Supplier<QuorumView> quorum) {
    ClusterFigures figures = new ClusterFigures(count, quorum);
    figures.ofController(metrics);
    figures.ofQuorum(metrics);
  }

  private void ofController(Metrics metrics) {
    controller(
        metrics,
        "active_controller",
        "Whether this node is the active controller: the sum over all nodes is 1",
        f -> f.active() ? 1 : 0);
    controller(
        metrics,
        "offline_partitions",
        "Partitions of the cluster without a leader",
        ControllerFigures::offlinePartitions);
    controller(
        metrics,
        "active_brokers",
        "Registered brokers that serve",
        ControllerFigures::activeBrokers);
    controller(
        metrics,
        "fenced_brokers",
        "Registered brokers that do not serve",
        ControllerFigures::fencedBrokers);
    controller(metrics, "cluster_topics", "Topics of the cluster", ControllerFigures::topics);
    controller(
        metrics, "cluster_partitions", "Partitions of the cluster", ControllerFigures::partitions);
    controller(
        metrics,
        "preferred_replica_imbalance",
        "Partitions that their first replica does not lead",
        ControllerFigures::preferredReplicaImbalance);
    controller(
        metrics,
        "possible_loss_partitions",
        "Partitions whose leader may have lost records",
        ControllerFigures::possibleLosses);
    controller(
        metrics,
        "controller_commands_under_way",
        "Commands that the controller has decided and not committed yet",
        ControllerFigures::commandsUnderWay);
    controller(
        metrics,
        "metadata_applied_offset",
        "Offset of the last record of the metadata log that this node has applied",
        ControllerFigures::lastAppliedOffset);
  }

  private void ofQuorum(Metrics metrics) {
    quorum(metrics, "quorum_term", "Newest term of the quorum that is known", QuorumView::term);
    quorum(
        metrics,
        "quorum_leader_id",
        "Node that leads the quorum; -1 = nobody is known to",
        QuorumView::leaderNode);
    quorum(
        metrics,
        "quorum_high_watermark",
        "End (exclusive) of what is committed of the metadata log",
        QuorumView::committedEnd);
    quorum(
        metrics,
        "quorum_log_end_offset",
        "End (exclusive) of this node's metadata log",
        QuorumView::logEnd);
    quorum(
        metrics,
        "quorum_max_voter_lag",
        "How far the slowest voter is behind, on the leader",
        ClusterFigures::maxVoterLag);
    quorum(
        metrics,
        "quorum_voters",
        "Voters of the metadata log",
        view -> view.replicas().stream().filter(QuorumView.Replica::voter).count());
    quorum(
        metrics,
        "quorum_damaged",
        "Whether this node should vote and does not, because of its disk",
        view -> view.problem() == null ? 0 : 1);
    quorum(
        metrics,
        "quorum_messages_dropped",
        "Messages of other nodes that were not understood, or too many",
        QuorumView::dropped);
    metrics.gauge(
        "metadata_lag",
        "Committed records of the metadata log that this node has not applied yet",
        this::lag);
  }

  private double lag() {
    QuorumView view = quorum.get();
    ControllerFigures figures = figures();
    return view == null || figures == null
        ? Double.NaN
        : Math.max(0, view.committedEnd() - 1 - figures.lastAppliedOffset());
  }

  private static double maxVoterLag(QuorumView view) {
    if (!view.active()) {
      return Double.NaN;
    }
    long lag = 0;
    for (QuorumView.Replica replica : view.replicas()) {
      if (replica.voter() && !replica.id().equals(view.self())) {
        lag = Math.max(lag, view.logEnd() - Math.max(0, replica.endOffset()));
      }
    }
    return lag;
  }

  private void controller(
      Metrics metrics, String name, String help, ToDoubleFunction<ControllerFigures> value) {
    metrics.gauge(
        name,
        help,
        () -> {
          ControllerFigures figures = figures();
          return figures == null ? Double.NaN : value.applyAsDouble(figures);
        });
  }

  private void quorum(
      Metrics metrics, String name, String help, ToDoubleFunction<QuorumView> value) {
    metrics.gauge(
        name,
        help,
        () -> {
          QuorumView view = quorum.get();
          return view == null ? Double.NaN : value.applyAsDouble(view);
        });
  }

  private ControllerFigures figures() {
    Counted last = counted;
    long now = System.nanoTime();
    if (last == null || now - last.atNanos() > COUNT_NANOS) {
      last = new Counted(count.get(), now);
      counted = last;
    }
    return last.figures();
  }
}
