package io.millrace.log;

import io.millrace.metrics.Metrics;

/**
 * What the scrubs of all log directories of a node share: the settings, where healthy replicas are
 * read, what was found, and the figures about it.
 *
 * <p>Owner: any thread.
 */
public final class ScrubResources {
  private final HealthyReplicas replicas;
  private final Metrics metrics;
  private final BadBatches bad = new BadBatches();
  private final Metrics.Counter readBytes;
  private final Metrics.Counter found;
  private final Metrics.Counter repaired;
  private final Metrics.Counter rebuilt;
  private volatile ScrubSettings settings;

  /** Resources of a node. */
  public ScrubResources(ScrubSettings settings, HealthyReplicas replicas, Metrics metrics) {
    this.settings = settings;
    this.replicas = replicas;
    this.metrics = metrics;
    readBytes = metrics.counter("log_scrub_read_bytes", "Bytes of segments read to check them");
    found = metrics.counter("log_scrub_bad_batches", "Places found where a batch is damaged");
    repaired =
        metrics.counter(
            "log_scrub_repaired_batches", "Damaged places that were taken from another replica");
    rebuilt =
        metrics.counter("log_scrub_rebuilt_indexes", "Indexes made anew that were found damaged");
    metrics.gauge(
        "log_scrub_unrepaired_batches",
        "Places that are damaged now: clients that read there fail",
        bad::count);
  }

  /** New settings, at once. */
  public void settings(ScrubSettings now) {
    settings = now;
  }

  public ScrubSettings settings() {
    return settings;
  }

  /** What is bad, and what was repaired. */
  public BadBatches bad() {
    return bad;
  }

  HealthyReplicas replicas() {
    return replicas;
  }

  Metrics metrics() {
    return metrics;
  }

  void onRead(long bytes) {
    readBytes.add(bytes);
  }

  void onFound(BadBatches.Found place) {
    if (bad.onFound(place)) {
      found.increment();
    }
  }

  void onRepaired(BadBatches.Found place, int fromNode, long nowMs) {
    repaired.increment();
    bad.onRepaired(place, fromNode, nowMs);
  }

  void onRebuilt() {
    rebuilt.increment();
  }
}
