package io.millrace.server;

import io.millrace.client.Peers;
import io.millrace.config.ScrubKeys;
import io.millrace.config.Settings;
import io.millrace.http.ScrubView;
import io.millrace.log.HealthyReplicas;
import io.millrace.log.LogDirectory;
import io.millrace.log.ScrubResources;
import io.millrace.log.ScrubSettings;
import io.millrace.log.ScrubStatus;
import io.millrace.metadata.ClusterImage;
import io.millrace.replication.ReplicaCopies;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * The scrub of the node: its settings, its directories, and the nodes that help it.
 *
 * <p>Owner: any thread.
 */
final class Scrubbing {
  private final ScrubResources resources;
  private final List<Supplier<ScrubStatus>> directories = new CopyOnWriteArrayList<>();

  /**
   * Not begun.
   *
   * @param peers null = the node is alone
   */
  Scrubbing(NodeParts node, Peers peers, Supplier<? extends ClusterImage> image) {
    HealthyReplicas replicas =
        peers == null ? HealthyReplicas.NONE : new ReplicaCopies(node.nodeId(), peers, image);
    resources = new ScrubResources(from(node.settings()), replicas, node.metrics());
    node.live().on(Set.copyOf(ScrubKeys.ALL), Scrubbing::from, Runnable::run, resources::settings);
  }

  private static ScrubSettings from(Settings settings) {
    return new ScrubSettings(
        settings.get(ScrubKeys.LOG_SCRUB_ENABLE),
        settings.get(ScrubKeys.LOG_SCRUB_IO_MAX_BYTES_PER_SECOND),
        settings.get(ScrubKeys.LOG_SCRUB_INTERVAL_MS));
  }

  /** Begins in these directories; once, after all their logs are open. */
  void start(List<LogDirectory> all) {
    all.forEach(directory -> directories.add(directory.startScrub(resources)));
  }

  ScrubView view() {
    return new ScrubView(
        resources.settings(),
        directories.stream().map(Supplier::get).toList(),
        resources.bad().all());
  }
}
