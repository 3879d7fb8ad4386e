package io.millrace.cluster.hazelcast;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.DefaultNodeContext;
import com.hazelcast.instance.impl.DefaultNodeExtension;
import com.hazelcast.instance.impl.HazelcastInstanceFactory;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.instance.impl.NodeExtension;
import com.hazelcast.internal.metrics.ProbeLevel;
import com.hazelcast.internal.metrics.impl.MetricsRegistryImpl;
import com.hazelcast.internal.networking.InboundHandler;
import com.hazelcast.internal.networking.nio.NioNetworking;
import com.hazelcast.internal.server.Server;
import com.hazelcast.internal.server.ServerConnection;
import com.hazelcast.internal.server.ServerContext;
import com.hazelcast.internal.server.tcp.LocalAddressRegistry;
import com.hazelcast.internal.server.tcp.ServerSocketRegistry;
import com.hazelcast.internal.server.tcp.TcpServer;
import com.hazelcast.internal.server.tcp.TcpServerConnectionChannelErrorHandler;
import com.hazelcast.internal.server.tcp.TcpServerContext;
import com.hazelcast.nio.MemberSocketInterceptor;
import com.hazelcast.spi.impl.executionservice.impl.ExecutionServiceImpl;
import com.hazelcast.spi.properties.ClusterProperty;
import com.hazelcast.spi.properties.HazelcastProperties;
import java.util.concurrent.Future;

/**
 * Makes an instance of Hazelcast whose connections pass a {@link MemberGate} and have a {@link
 * PacketLimit}, and which does not wake up for figures that nobody reads. The free edition has a
 * socket interceptor in its configuration and the code that calls it, and no way but this to give
 * it one.
 *
 * <p>This is internal API, checked with Hazelcast 5.7.0; a test tells when another release no
 * longer asks here.
 *
 * <p>Owner: immutable.
 */
final class GuardedInstance {
  /** Hazelcast's task, by a name that shows in the text of what is scheduled. */
  static final String FUTURES_TASK = "CompletableFutureTask";

  private GuardedInstance() {}

  static HazelcastInstance start(Config config, MemberGate gate) {
    HazelcastInstance started =
        HazelcastInstanceFactory.newHazelcastInstance(
            config, config.getInstanceName(), new Context(gate));
    if (started instanceof HazelcastInstanceProxy proxy
        && proxy.getOriginal().node.getNodeEngine().getMetricsRegistry()
            instanceof MetricsRegistryImpl figures) {
      figures.shutdown(); // those of the garbage collector, all that are left
    }
    return started;
  }

  private static final class Context extends DefaultNodeContext {
    private final MemberGate gate;

    Context(MemberGate gate) {
      this.gate = gate;
    }

    @Override
    public NodeExtension createNodeExtension(Node node) {
      return new Extension(node, gate);
    }

    /** As Hazelcast's own, but without what it counts every second on all of its threads. */
    @Override
    public Server createServer(
        Node node, ServerSocketRegistry sockets, LocalAddressRegistry addresses) {
      stopLookingForFutures(node);
      MetricsRegistryImpl none =
          new MetricsRegistryImpl(node.getLogger(MetricsRegistryImpl.class), ProbeLevel.MANDATORY);
      TcpServerContext context = new TcpServerContext(node, node.getNodeEngine());
      HazelcastProperties properties = node.getProperties();
      NioNetworking networking =
          new NioNetworking(
              new NioNetworking.Context()
                  .loggingService(node.getLoggingService())
                  .metricsRegistry(none)
                  .threadNamePrefix(node.hazelcastInstance.getName())
                  .errorHandler(
                      new TcpServerConnectionChannelErrorHandler(
                          node.getLogger(TcpServerConnectionChannelErrorHandler.class)))
                  .inputThreadCount(properties.getInteger(ClusterProperty.IO_INPUT_THREAD_COUNT))
                  .outputThreadCount(properties.getInteger(ClusterProperty.IO_OUTPUT_THREAD_COUNT))
                  .balancerIntervalSeconds(
                      properties.getInteger(ClusterProperty.IO_BALANCER_INTERVAL_SECONDS))
                  .writeThroughEnabled(
                      properties.getBoolean(ClusterProperty.IO_WRITE_THROUGH_ENABLED))
                  .concurrencyDetection(node.getNodeEngine().getConcurrencyDetection()));
      return new TcpServer(
          node.getConfig(),
          context,
          sockets,
          addresses,
          none,
          networking,
          node.getNodeExtension().createChannelInitializerFn(context));
    }

    /**
     * Ten times a second Hazelcast looks whether futures of its management operations are done,
     * which nobody calls here. It has not begun yet.
     */
    private static void stopLookingForFutures(Node node) {
      if (node.getNodeEngine().getExecutionService() instanceof ExecutionServiceImpl service) {
        for (Runnable task : service.getScheduledExecutorService().getQueue()) {
          if (task instanceof Future<?> future && task.toString().contains(FUTURES_TASK)) {
            future.cancel(false);
          }
        }
      }
    }
  }

  private static final class Extension extends DefaultNodeExtension {
    private final MemberGate gate;

    Extension(Node node, MemberGate gate) {
      super(node);
      this.gate = gate;
    }

    @Override
    public MemberSocketInterceptor getSocketInterceptor(EndpointQualifier endpoint) {
      return gate;
    }

    @Override
    @SuppressWarnings("rawtypes") // Hazelcast's signature
    public InboundHandler[] createInboundHandlers(
        EndpointQualifier endpoint, ServerConnection connection, ServerContext context) {
      return new InboundHandler[] {
        new PacketLimit(connection, node.getNodeEngine().getPacketDispatcher())
      };
    }
  }
}
