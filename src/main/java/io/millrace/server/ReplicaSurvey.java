package io.millrace.server;

import io.millrace.cluster.PartitionLive;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.partition.Replica;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks the replicas of this node, every few seconds, how far they and their followers are: all
 * those of a loop in one hop, a bounded number in each turn of it.
 *
 * <p>Owner: a context of its own; what was seen is for any thread.
 */
final class ReplicaSurvey {
  private static final long EVERY_MS = 2_000;

  /** Partitions asked in one turn of their loop, which does other things in between. */
  private static final int SLICE = 256;

  /**
   * What the last round has found.
   *
   * @param led what this node leads
   * @param maxFollowerLag what the replica here lacks that is furthest behind its leader, in
   *     offsets
   */
  record Seen(Map<TopicIdPartition, PartitionLive> led, long maxFollowerLag) {
    Seen {
      led = Map.copyOf(led);
    }
  }

  private final Vertx vertx;
  private final Context home;
  private final PartitionTable partitions;
  private volatile Seen seen = new Seen(Map.of(), 0);
  private volatile long timer = -1;

  // Owned by home. Invariant: loops of the round that are not back yet.
  private int away;
  private final Map<TopicIdPartition, PartitionLive> led = new HashMap<>();
  private long maxFollowerLag;

  ReplicaSurvey(Vertx vertx, PartitionTable partitions) {
    this.vertx = vertx;
    this.home = vertx.getOrCreateContext();
    this.partitions = partitions;
  }

  void start() {
    home.runOnContext(
        any -> {
          round();
          timer = vertx.setPeriodic(EVERY_MS, again -> round());
        });
  }

  void close() {
    vertx.cancelTimer(timer);
  }

  /** The newest round; may be some seconds old. */
  Seen seen() {
    return seen;
  }

  private void round() {
    if (away > 0) {
      // A loop is busy: it is not asked more often than it answers.
      return;
    }
    led.clear();
    maxFollowerLag = 0;
    Map<Loop, Walk> walks = new IdentityHashMap<>();
    for (Partition partition : partitions.all()) {
      walks.computeIfAbsent(partition.loop(), Walk::new).partitions.add(partition);
    }
    away = walks.size();
    if (away == 0) {
      seen = new Seen(Map.of(), 0);
    }
    walks.values().forEach(walk -> walk.loop.execute(walk));
  }

  private void onBack(Walk walk) {
    walk.led.forEach(live -> led.put(live.partition(), live));
    maxFollowerLag = Math.max(maxFollowerLag, walk.maxFollowerLag);
    if (--away == 0) {
      seen = new Seen(led, maxFollowerLag);
    }
  }

  /** Goes through the partitions of one loop, on that loop. */
  private final class Walk implements Runnable {
    private final Loop loop;
    private final List<Partition> partitions = new ArrayList<>();
    private final List<PartitionLive> led = new ArrayList<>();
    private long maxFollowerLag;
    private int next;

    Walk(Loop loop) {
      this.loop = loop;
    }

    @Override
    public void run() {
      int end = Math.min(partitions.size(), next + SLICE);
      for (; next < end; next++) {
        Replica replica = partitions.get(next).replica();
        PartitionLive live = replica.live();
        if (live != null) {
          led.add(live);
        }
        maxFollowerLag = Math.max(maxFollowerLag, replica.followerLag());
      }
      if (next < partitions.size()) {
        loop.execute(this);
      } else {
        home.runOnContext(any -> onBack(this));
      }
    }
  }
}
