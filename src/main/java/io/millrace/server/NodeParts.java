package io.millrace.server;

import io.millrace.config.Settings;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.network.Loops;
import io.vertx.core.Vertx;
import java.util.concurrent.Executor;

/**
 * What all layers of a node are built upon.
 *
 * @param settings as they were at the start, for what does not change while the node runs
 * @param worker runs what takes long and needs no disk
 * @param live the settings while it runs, to be followed
 *     <p>Owner: immutable.
 */
record NodeParts(
    Vertx vertx,
    Loops loops,
    Settings settings,
    int nodeId,
    Executor worker,
    PrometheusMetrics metrics,
    NodeSettings live) {}
