package io.millrace.api.cluster;

import io.millrace.api.RequestContext;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The brokers as one client reaches them: by the listener it came by, and by the address that it
 * used itself where a broker has none of its own to give.
 *
 * <p>Owner: immutable.
 */
public final class ReachableBrokers {
  /**
   * A broker that has the client's listener.
   *
   * @param rack null = none
   */
  public record Reached(int nodeId, String host, int port, String rack, boolean fenced) {}

  private final Map<Integer, Reached> byId = new TreeMap<>();
  private final ClusterImage image;
  private final OwnStanding own;

  /** The brokers of this image as the one who sent the request reaches them. */
  public ReachableBrokers(ClusterImage image, RequestContext context, OwnStanding own) {
    this.image = image;
    this.own = own;
    for (BrokerImage broker : image.brokers().values()) {
      Reached reached = reached(broker, context);
      if (reached != null) {
        byId.put(broker.nodeId(), reached);
      }
    }
  }

  private static Reached reached(BrokerImage broker, Endpoint endpoint, InetSocketAddress local) {
    return new Reached(
        broker.nodeId(),
        endpoint.host().isEmpty() ? hostOf(local) : endpoint.host(),
        endpoint.port() == 0 ? local.getPort() : endpoint.port(),
        broker.rack(),
        broker.fenced());
  }

  /** The address as a client can use it: without the zone, which means something only here. */
  private static String hostOf(InetSocketAddress local) {
    InetAddress address = local.getAddress();
    if (address == null) {
      return local.getHostString();
    }
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  /** One of them, without looking at the others; null = as in {@link #get}. */
  public static Reached reached(ClusterImage image, RequestContext context, int nodeId) {
    BrokerImage broker = image.brokers().get(nodeId);
    return broker == null ? null : reached(broker, context);
  }

  /** null = the broker has not got the client's listener. */
  private static Reached reached(BrokerImage broker, RequestContext context) {
    for (Endpoint endpoint : broker.endpoints()) {
      if (endpoint.listener().equals(context.listener())) {
        return reached(broker, endpoint, context.localAddress());
      }
    }
    return null;
  }

  /** All of them by node id, fenced ones too. */
  Collection<Reached> all() {
    return byId.values();
  }

  /** Those that serve, by node id. */
  List<Reached> alive() {
    List<Reached> alive = new ArrayList<>(byId.size());
    for (Reached broker : byId.values()) {
      if (!broker.fenced()) {
        alive.add(broker);
      }
    }
    return alive;
  }

  /** null = the cluster does not know the node, or not on the client's listener. */
  public Reached get(int nodeId) {
    return byId.get(nodeId);
  }

  /** Whether the broker is registered at all. */
  boolean isRegistered(int nodeId) {
    return image.brokers().containsKey(nodeId);
  }

  private boolean isAlive(int nodeId) {
    Reached broker = byId.get(nodeId);
    return broker != null && !broker.fenced();
  }

  /**
   * The replicas on nodes that do not serve, and those whose logs cannot be used; mostly none, and
   * then nothing is allocated.
   */
  List<Integer> offline(TopicId topic, PartitionImage partition) {
    List<Integer> offline = List.of();
    for (Integer replica : partition.replicas()) {
      if (!isAlive(replica)
          || image.condition(replica, topic, partition.partition()) == ReplicaCondition.OFFLINE) {
        offline = offline.isEmpty() ? new ArrayList<>(partition.replicas().size()) : offline;
        offline.add(replica);
      }
    }
    return offline;
  }

  /** The replicas on nodes that serve; the same list if that is all of them. */
  List<Integer> online(List<Integer> replicas) {
    return replicas.stream().allMatch(this::isAlive)
        ? replicas
        : replicas.stream().filter(this::isAlive).toList();
  }

  /**
   * The leader to name to clients; null = none. A node that is cut off has an old image. The
   * controller, which does not hear of it either, has fenced it by now, and others may lead what it
   * led: clients are told to look again, until one of the others tells them. What nobody else has
   * it goes on to lead.
   */
  public Reached leaderOf(PartitionImage partition) {
    boolean perhapsMoved =
        partition.leader() == own.nodeId() && partition.replicas().size() > 1 && own.cutOff();
    return perhapsMoved ? null : byId.get(partition.leader());
  }

  /**
   * The node to name as controller. Every broker forwards what only the controller does, so while
   * the controller is no broker of this listener, or not known, any broker is as good (as in Kafka
   * since KRaft). Not always the same one: that may be just the one that is cut off, and clients
   * would never get away from it; and for the same reason not this node, if it is the one that does
   * not know the controller. -1 = there is no broker.
   */
  int controllerId() {
    int controller = image.controllerId();
    if (controller >= 0 && (controller != own.nodeId() || !own.cutOff()) && isAlive(controller)) {
      return controller;
    }
    List<Reached> alive = alive();
    if (controller < 0 || own.cutOff()) {
      List<Reached> others = new ArrayList<>(alive);
      others.removeIf(broker -> broker.nodeId() == own.nodeId());
      alive = others.isEmpty() ? alive : others;
    }
    return alive.isEmpty()
        ? -1
        : alive.get(ThreadLocalRandom.current().nextInt(alive.size())).nodeId();
  }
}
