package io.millrace.server;

import io.millrace.metrics.EventLoopLag;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.network.ConnectionLimits;
import io.millrace.network.RequestMemory;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionSupervisor;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.ArrayList;
import java.util.List;

/**
 * What the node tells {@code /metrics} about itself, besides what its parts count.
 *
 * <p>Owner: immutable.
 */
final class NodeFigures {
  private NodeFigures() {}

  static void register(
      PrometheusMetrics metrics,
      RequestMemory memory,
      ConnectionLimits limits,
      PartitionSupervisor partitions,
      LogDirectories directories,
      Vertx vertx,
      int loopCount) {
    metrics.gauge("request_memory_bytes", "Bytes of requests in memory", memory::usedBytes);
    metrics.gauge("connections", "Open client connections", limits::count);
    metrics.logDirs(directories.configured());
    metrics.partitions(
        visitor -> {
          for (Partition partition : partitions.all()) {
            Partition.Status status = partition.status();
            visitor.partition(
                partition.id().topic(),
                partition.id().partition(),
                status.sizeInBytes(),
                status.logStartOffset(),
                status.highWatermark(),
                status.lastStableOffset(),
                status.logEndOffset(),
                status.leader());
          }
        });
    List<Context> loops = new ArrayList<>();
    VertxInternal internal = (VertxInternal) vertx;
    // Contexts are given to the loops in turn: as many as there are loops reach each of them.
    for (int i = 0; i < loopCount; i++) {
      loops.add(internal.createEventLoopContext());
    }
    new EventLoopLag(metrics, loops, System::nanoTime);
  }
}
