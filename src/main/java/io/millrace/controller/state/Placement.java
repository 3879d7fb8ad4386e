package io.millrace.controller.state;

import io.millrace.metadata.BrokerImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * Chooses the brokers of new partitions: leaders go round all unfenced brokers, the other replicas
 * follow with a distance that changes each round, and no rack gets a second replica before each has
 * one. Fenced brokers are taken only when the others do not suffice, and never as the first
 * replica.
 *
 * <p>Owner: whoever made it; for one request.
 */
final class Placement {
  private final List<BrokerImage> ring;
  private final List<BrokerImage> fenced = new ArrayList<>();
  private final int racks;
  private int next;

  /** Distance of the second replica, less one, as it is in this round. */
  private int shift;

  Placement(Collection<BrokerImage> brokers, Random random) {
    List<BrokerImage> unfenced = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (BrokerImage broker : new TreeMap<>(byId(brokers)).values()) {
      names.add(broker.rack());
      (broker.active() ? unfenced : fenced).add(broker);
    }
    racks = names.size();
    Collections.shuffle(unfenced, random);
    Collections.shuffle(fenced, random);
    ring = alternateRacks(unfenced);
    if (!ring.isEmpty()) {
      next = random.nextInt(ring.size());
      shift = random.nextInt(ring.size());
    }
  }

  private static Map<Integer, BrokerImage> byId(Collection<BrokerImage> brokers) {
    Map<Integer, BrokerImage> byId = new HashMap<>();
    brokers.forEach(broker -> byId.put(broker.nodeId(), broker));
    return byId;
  }

  /** The same brokers, such that neighbours are in different racks as far as possible. */
  private static List<BrokerImage> alternateRacks(List<BrokerImage> brokers) {
    Map<String, List<BrokerImage>> byRack = new HashMap<>();
    List<List<BrokerImage>> inOrder = new ArrayList<>();
    for (BrokerImage broker : brokers) {
      byRack
          .computeIfAbsent(
              broker.rack(),
              rack -> {
                List<BrokerImage> added = new ArrayList<>();
                inOrder.add(added);
                return added;
              })
          .add(broker);
    }
    List<BrokerImage> ring = new ArrayList<>();
    for (int i = 0; ring.size() < brokers.size(); i++) {
      for (List<BrokerImage> rack : inOrder) {
        if (i < rack.size()) {
          ring.add(rack.get(i));
        }
      }
    }
    return ring;
  }

  /** Refuses a replication factor that these brokers cannot give. */
  void check(int replicationFactor) throws Refusal {
    String why = null;
    if (ring.isEmpty()) {
      why = "no broker is registered and unfenced";
    } else if (replicationFactor > ring.size() + fenced.size()) {
      why = "only " + (ring.size() + fenced.size()) + " broker(s) are registered";
    }
    if (why != null) {
      throw new Refusal(
          Errors.INVALID_REPLICATION_FACTOR,
          "Unable to replicate the partition " + replicationFactor + " time(s): " + why);
    }
  }

  /** Replicas of the next partition, the preferred leader first; {@link #check} has passed. */
  List<Integer> next(int replicationFactor) {
    int first = next;
    if (++next == ring.size()) {
      next = 0;
      shift++;
    }
    List<Integer> replicas = new ArrayList<>(replicationFactor);
    if (replicationFactor == 1) {
      replicas.add(ring.get(first).nodeId());
      return replicas;
    }
    List<BrokerImage> candidates = new ArrayList<>(ring.size() + fenced.size());
    candidates.add(ring.get(first));
    int others = ring.size() - 1;
    for (int i = 0; i < others; i++) {
      candidates.add(ring.get((first + 1 + (shift + i) % others) % ring.size()));
    }
    candidates.addAll(fenced);
    Set<String> usedRacks = new HashSet<>();
    boolean anyRack = false;
    while (replicas.size() < replicationFactor) {
      for (BrokerImage broker : candidates) {
        if (replicas.size() < replicationFactor
            && !replicas.contains(broker.nodeId())
            && (anyRack || usedRacks.add(broker.rack()))) {
          replicas.add(broker.nodeId());
          anyRack = usedRacks.size() == racks;
        }
      }
      anyRack = true;
    }
    return replicas;
  }
}
