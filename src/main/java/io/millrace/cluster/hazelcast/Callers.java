package io.millrace.cluster.hazelcast;

import com.hazelcast.cluster.Address;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.server.ServerConnection;
import java.util.ArrayList;
import java.util.List;

/**
 * Who has a connection to this member, member or not. When two parts of a cluster find each other,
 * the part that has to give way must ask the other; if only the other has it in its seeds, they
 * would stay apart for ever. So whoever asks is asked in turn.
 *
 * <p>This looks into Hazelcast's internals, for which a test with two such parts stands.
 *
 * <p>Owner: immutable.
 */
final class Callers {
  private Callers() {}

  static List<Address> of(HazelcastInstance instance) {
    List<Address> addresses = new ArrayList<>();
    if (instance instanceof HazelcastInstanceProxy proxy) {
      for (ServerConnection connection :
          proxy
              .getOriginal()
              .node
              .getServer()
              .getConnectionManager(EndpointQualifier.MEMBER)
              .getConnections()) {
        Address remote = connection.getRemoteAddress();
        if (remote != null && connection.isAlive()) {
          addresses.add(remote);
        }
      }
    }
    return addresses;
  }
}
