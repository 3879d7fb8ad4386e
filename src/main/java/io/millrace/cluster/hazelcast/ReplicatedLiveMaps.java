package io.millrace.cluster.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import io.millrace.cluster.LiveCodec;
import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.Member;
import io.millrace.cluster.NodeLive;
import io.millrace.cluster.PartitionLive;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live picture in one replicated map of Hazelcast: each member has all of it, so that reading
 * asks nobody. An entry belongs to the membership that its key names, and counts as long as that
 * membership is in the view:
 *
 * <pre>
 * key "n/MEMBER-UUID"            value: {@link LiveCodec} node
 * key "t/MEMBER-UUID/TOPIC-ID"   value: {@link LiveCodec} topic, what this member leads of it
 * </pre>
 *
 * <p>One thread of its own publishes and looks, once an interval. It publishes what has changed, at
 * most so many bytes at a time, the topic that waited longest first. Whatever waits for Hazelcast,
 * it is this thread.
 *
 * <p>Owner: its thread; what is published and what is read are immutable snapshots.
 */
final class ReplicatedLiveMaps implements LiveMaps {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicatedLiveMaps.class);
  private static final String NODE = "n/";
  private static final String TOPIC = "t/";

  /** What a node publishes in one interval at most. */
  private static final int MOST_BYTES = 512 << 10;

  /** How often an entry must be seen without its owner before it is removed. */
  private static final int LOOKS_BEFORE_REMOVAL = 15;

  /** A membership of this node and where it publishes. */
  private record Home(HazelcastInstance instance, UUID uuid) {}

  /** All there is to read. */
  private record Picture(
      Map<Integer, NodeLive> nodes, Map<TopicIdPartition, PartitionLive> partitions) {}

  /** An entry's bytes and what they mean. */
  private static final class Decoded {
    private final byte[] bytes;
    // null = not a node.
    private final NodeLive node;
    private final List<PartitionLive> partitions;

    Decoded(byte[] bytes, NodeLive node, List<PartitionLive> partitions) {
      this.bytes = bytes;
      this.node = node;
      this.partitions = partitions;
    }
  }

  private final ScheduledThreadPoolExecutor thread;

  private volatile NodeLive ownNode;
  private volatile Collection<PartitionLive> ownPartitions = List.of();
  // null = no membership runs.
  private volatile Home home;
  private volatile List<Member> members = List.of();
  private volatile Picture picture = new Picture(Map.of(), Map.of());

  // Only used on the thread.
  private Home publishedAt;
  private final Map<String, byte[]> published = new HashMap<>();
  private Collection<PartitionLive> groupedFrom = List.of();
  // What has to go out, by key, the longest waiting first; null = removal.
  private final Map<String, Collection<PartitionLive>> waiting = new LinkedHashMap<>();
  private final Map<String, Decoded> decoded = new HashMap<>();
  private final Map<String, Integer> orphans = new HashMap<>();

  ReplicatedLiveMaps(long intervalMs) {
    thread = Threads.single("millrace-live");
    Threads.repeat(thread, intervalMs, this::turn);
  }

  @Override
  public void publishNode(NodeLive node) {
    ownNode = node;
  }

  @Override
  public void publishPartitions(Collection<PartitionLive> led) {
    ownPartitions = List.copyOf(led);
  }

  @Override
  public Map<Integer, NodeLive> nodes() {
    return picture.nodes;
  }

  @Override
  public Map<TopicIdPartition, PartitionLive> partitions() {
    return picture.partitions;
  }

  /** From any thread: where to publish from now on; null = nowhere. */
  void publishAt(HazelcastInstance instance, UUID uuid) {
    home = instance == null ? null : new Home(instance, uuid);
  }

  /** From any thread: whose entries count. */
  void countOnly(List<Member> present) {
    members = present;
  }

  void close() {
    thread.shutdownNow();
  }

  private void turn() {
    Home here = home;
    try {
      if (here == null) {
        show(Map.of());
        return;
      }
      if (!here.equals(publishedAt)) {
        publishedAt = here;
        published.clear();
        waiting.clear();
        groupedFrom = List.of();
      }
      Map<String, byte[]> map = here.instance.getReplicatedMap(HazelcastSettings.LIVE_MAP);
      publish(here, map);
      Map<String, byte[]> seen = new HashMap<>();
      map.forEach(seen::put);
      publishLostAgain(seen);
      show(seen);
      removeOrphans(here, map, seen.keySet());
    } catch (RuntimeException e) {
      // The membership ends, merges or starts again; the next turn tries anew.
      publishedAt = null;
      LOG.debug("The live picture is not up to date", e);
    }
  }

  private void publish(Home here, Map<String, byte[]> map) {
    NodeLive node = ownNode;
    if (node != null) {
      put(map, NODE + here.uuid, LiveCodec.encode(node));
    }
    groupAnew(here);
    long budget = MOST_BYTES;
    var next = waiting.entrySet().iterator();
    while (budget > 0 && next.hasNext()) {
      Map.Entry<String, Collection<PartitionLive>> entry = next.next();
      if (entry.getValue() == null) {
        map.remove(entry.getKey());
        published.remove(entry.getKey());
      } else {
        budget -= put(map, entry.getKey(), LiveCodec.encode(entry.getValue()));
      }
      next.remove();
    }
  }

  /** Topics that wait already keep their place and get the new values. */
  private void groupAnew(Home here) {
    Collection<PartitionLive> led = ownPartitions;
    if (led == groupedFrom) {
      return;
    }
    groupedFrom = led;
    Map<String, Collection<PartitionLive>> topics = new LinkedHashMap<>();
    for (PartitionLive partition : led) {
      TopicId id = partition.partition().topicId();
      String key = TOPIC + here.uuid + "/" + id;
      topics.computeIfAbsent(key, any -> new ArrayList<>()).add(partition);
    }
    waiting.keySet().removeIf(key -> !topics.containsKey(key) && !published.containsKey(key));
    waiting.putAll(topics);
    for (String key : published.keySet()) {
      if (key.startsWith(TOPIC) && !topics.containsKey(key)) {
        waiting.put(key, null);
      }
    }
  }

  private int put(Map<String, byte[]> map, String key, byte[] value) {
    if (Arrays.equals(value, published.get(key))) {
      return 0;
    }
    map.put(key, value);
    published.put(key, value);
    return value.length;
  }

  /** What this node published and does not have itself was lost, in a merge say. */
  private void publishLostAgain(Map<String, byte[]> seen) {
    if (published
        .entrySet()
        .removeIf(entry -> !Arrays.equals(entry.getValue(), seen.get(entry.getKey())))) {
      groupedFrom = List.of();
    }
  }

  private void show(Map<String, byte[]> seen) {
    decoded.keySet().retainAll(seen.keySet());
    Set<UUID> present = uuids();
    Map<Integer, NodeLive> nodes = new HashMap<>();
    Map<TopicIdPartition, PartitionLive> partitions = new HashMap<>();
    for (Map.Entry<String, byte[]> entry : seen.entrySet()) {
      if (!present.contains(owner(entry.getKey()))) {
        continue;
      }
      Decoded value = decode(entry.getKey(), entry.getValue());
      if (value.node != null) {
        nodes.put(value.node.nodeId(), value.node);
      }
      for (PartitionLive partition : value.partitions) {
        partitions.merge(
            partition.partition(),
            partition,
            (one, other) -> one.leaderEpoch() >= other.leaderEpoch() ? one : other);
      }
    }
    picture = new Picture(Map.copyOf(nodes), Map.copyOf(partitions));
  }

  private Decoded decode(String key, byte[] bytes) {
    Decoded known = decoded.get(key);
    if (known != null && Arrays.equals(known.bytes, bytes)) {
      return known;
    }
    Decoded fresh = new Decoded(bytes, null, List.of());
    try {
      fresh =
          key.startsWith(NODE)
              ? new Decoded(bytes, LiveCodec.decodeNode(bytes), List.of())
              : new Decoded(bytes, null, LiveCodec.decodeTopic(bytes));
    } catch (IOException e) {
      LOG.debug("The entry {} of the live picture cannot be read", key, e);
    }
    decoded.put(key, fresh);
    return fresh;
  }

  /** The oldest member tidies up; a member that others see first is given time to be seen here. */
  private void removeOrphans(Home here, Map<String, byte[]> map, Set<String> keys) {
    List<Member> view = members;
    if (view.isEmpty() || !view.get(0).memberUuid().equals(here.uuid)) {
      orphans.clear();
      return;
    }
    Set<UUID> present = uuids();
    Set<String> lost = new HashSet<>();
    for (String key : keys) {
      if (!present.contains(owner(key))) {
        lost.add(key);
      }
    }
    orphans.keySet().retainAll(lost);
    for (String key : lost) {
      if (orphans.merge(key, 1, Integer::sum) > LOOKS_BEFORE_REMOVAL) {
        map.remove(key);
        orphans.remove(key);
      }
    }
  }

  private Set<UUID> uuids() {
    Set<UUID> present = new HashSet<>();
    members.forEach(member -> present.add(member.memberUuid()));
    return present;
  }

  /** null = not a key of ours. */
  private static UUID owner(String key) {
    String[] parts = key.split("/", -1);
    try {
      return parts.length < 2 ? null : UUID.fromString(parts[1]);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
