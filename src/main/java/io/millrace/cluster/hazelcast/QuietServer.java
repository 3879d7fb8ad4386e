package io.millrace.cluster.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.internal.metrics.ProbeLevel;
import com.hazelcast.internal.metrics.impl.MetricsRegistryImpl;
import com.hazelcast.internal.networking.nio.NioNetworking;
import com.hazelcast.internal.server.Server;
import com.hazelcast.internal.server.tcp.LocalAddressRegistry;
import com.hazelcast.internal.server.tcp.ServerSocketRegistry;
import com.hazelcast.internal.server.tcp.TcpServer;
import com.hazelcast.internal.server.tcp.TcpServerConnectionChannelErrorHandler;
import com.hazelcast.internal.server.tcp.TcpServerContext;
import com.hazelcast.spi.impl.executionservice.impl.ExecutionServiceImpl;
import com.hazelcast.spi.properties.ClusterProperty;
import com.hazelcast.spi.properties.HazelcastProperties;
import java.util.concurrent.Future;

/**
 * Hazelcast's server without what wakes up an idle member for nobody: figures of its threads and of
 * the garbage collector, counted every second also when its metrics are off, and a look at futures
 * ten times a second. That was a third of what an idle node took.
 *
 * <p>This is internal API, checked with Hazelcast 5.7.0; a test tells when another release does
 * these things in another way.
 *
 * <p>Owner: immutable.
 */
final class QuietServer {
  /** Hazelcast's task, by a name that shows in the text of what is scheduled. */
  static final String FUTURES_TASK = "CompletableFutureTask";

  private QuietServer() {}

  /** As {@link com.hazelcast.instance.impl.DefaultNodeContext} makes it, except for its figures. */
  static Server of(Node node, ServerSocketRegistry sockets, LocalAddressRegistry addresses) {
    stopLookingForFutures(node);
    MetricsRegistryImpl none =
        new MetricsRegistryImpl(node.getLogger(MetricsRegistryImpl.class), ProbeLevel.MANDATORY);
    TcpServerContext context = new TcpServerContext(node, node.getNodeEngine());
    return new TcpServer(
        node.getConfig(),
        context,
        sockets,
        addresses,
        none,
        networking(node, none),
        node.getNodeExtension().createChannelInitializerFn(context));
  }

  private static NioNetworking networking(Node node, MetricsRegistryImpl figures) {
    HazelcastProperties properties = node.getProperties();
    return new NioNetworking(
        new NioNetworking.Context()
            .loggingService(node.getLoggingService())
            .metricsRegistry(figures)
            .threadNamePrefix(node.hazelcastInstance.getName())
            .errorHandler(
                new TcpServerConnectionChannelErrorHandler(
                    node.getLogger(TcpServerConnectionChannelErrorHandler.class)))
            .inputThreadCount(properties.getInteger(ClusterProperty.IO_INPUT_THREAD_COUNT))
            .outputThreadCount(properties.getInteger(ClusterProperty.IO_OUTPUT_THREAD_COUNT))
            .balancerIntervalSeconds(
                properties.getInteger(ClusterProperty.IO_BALANCER_INTERVAL_SECONDS))
            .writeThroughEnabled(properties.getBoolean(ClusterProperty.IO_WRITE_THROUGH_ENABLED))
            .concurrencyDetection(node.getNodeEngine().getConcurrencyDetection()));
  }

  /** They are of management operations, which nobody calls here. The first look is yet to come. */
  private static void stopLookingForFutures(Node node) {
    if (node.getNodeEngine().getExecutionService() instanceof ExecutionServiceImpl service) {
      for (Runnable task : service.getScheduledExecutorService().getQueue()) {
        if (task instanceof Future<?> future && task.toString().contains(FUTURES_TASK)) {
          future.cancel(false);
        }
      }
    }
  }

  /** The rest of its figures, when it has started. */
  static void stopCounting(HazelcastInstance started) {
    if (started instanceof HazelcastInstanceProxy proxy
        && proxy.getOriginal().node.getNodeEngine().getMetricsRegistry()
            instanceof MetricsRegistryImpl figures) {
      figures.shutdown();
    }
  }
}
