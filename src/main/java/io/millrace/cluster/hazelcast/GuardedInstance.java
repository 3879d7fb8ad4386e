package io.millrace.cluster.hazelcast;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.DefaultNodeContext;
import com.hazelcast.instance.impl.DefaultNodeExtension;
import com.hazelcast.instance.impl.HazelcastInstanceFactory;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.instance.impl.NodeExtension;
import com.hazelcast.internal.networking.InboundHandler;
import com.hazelcast.internal.server.Server;
import com.hazelcast.internal.server.ServerConnection;
import com.hazelcast.internal.server.ServerContext;
import com.hazelcast.internal.server.tcp.LocalAddressRegistry;
import com.hazelcast.internal.server.tcp.ServerSocketRegistry;
import com.hazelcast.nio.MemberSocketInterceptor;

/**
 * Makes an instance of Hazelcast whose connections pass a {@link MemberGate} and have a {@link
 * PacketLimit}, and which is a {@link QuietServer}. The free edition has a socket interceptor in
 * its configuration and the code that calls it, and no way but this to give it one.
 *
 * <p>This is internal API, checked with Hazelcast 5.7.0; a test tells when another release no
 * longer asks here.
 *
 * <p>Owner: immutable.
 */
final class GuardedInstance {
  private GuardedInstance() {}

  static HazelcastInstance start(Config config, MemberGate gate) {
    HazelcastInstance started =
        HazelcastInstanceFactory.newHazelcastInstance(
            config, config.getInstanceName(), new Context(gate));
    QuietServer.stopCounting(started);
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

    @Override
    public Server createServer(
        Node node, ServerSocketRegistry sockets, LocalAddressRegistry addresses) {
      return QuietServer.of(node, sockets, addresses);
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
