package io.millrace.server;

import io.millrace.config.Settings;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.network.Loops;
import io.vertx.core.Vertx;
import java.util.concurrent.Executor;

/**
 * What all layers of a node are built upon.
 *
 * @param worker runs what takes long and needs no disk
 *     <p>Owner: immutable.
 */
record NodeParts(
    Vertx vertx,
    Loops loops,
    Settings settings,
    int nodeId,
    Executor worker,
    PrometheusMetrics metrics) {}
